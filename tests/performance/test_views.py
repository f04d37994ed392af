import numpy as np
import pytest

from skdrift.performance._views import (
    SUMS,
    Calibration,
    Reading,
    best_share,
    expected_classes,
    row_sums,
)


def reading(n, seed=0, n_classes=2):
    """Rows on which a classifier is as often right as it says."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(n_classes, 0.5), n)
    return Reading(
        P=P,
        Q=0.7 * P + 0.3 / n_classes,
        decision=P.argmax(axis=1),
        distance=rng.exponential(0.4, n),
        strange=rng.random((n, 3)) < 0.1,
        missing=np.zeros(n),
        repaired=np.zeros(n),
        mixed=rng.random(n),
        values=rng.normal(size=(n, 2)),
    )


def labelled(n, seed=0, **more):
    one = reading(n, seed, **more)
    return one, np.random.default_rng(seed + 1).random(n) < one.own


def test_confidence_is_how_often_the_classifier_is_right():
    one, right = labelled(4000)
    confidence = Calibration(one, right, 2).confidence(one)
    for low in np.arange(0.5, 1.0, 0.1):
        own = (one.own >= low) & (one.own < low + 0.1)
        assert confidence[own].mean() == pytest.approx(right[own].mean(), abs=0.03)


def test_overconfident_classifier_is_taken_down():
    one, right = labelled(4000)
    sure = Reading(**{**one.__dict__, "P": np.eye(2)[one.decision] * 0.98 + 0.01})
    calibration = Calibration(sure, right, 2)
    assert calibration.confidence(sure).mean() == pytest.approx(right.mean(), abs=0.01)
    assert calibration.wrong(sure).mean() == pytest.approx(1 - right.mean(), abs=0.02)


def test_trees_hear_the_row_itself():
    one, _ = labelled(4000)
    # A subgroup on which the classifier is right less often than it says.
    group = one.values[:, 0] > 1
    rng = np.random.default_rng(5)
    right = rng.random(4000) < np.where(group, 0.5 * one.own, one.own)
    half = np.arange(4000) < 2000
    calibration = Calibration(one[half], right[half], 2)
    other, group, right = one[~half], group[~half], right[~half]
    said, confidence = calibration.right_by_trees(other), calibration.confidence(other)
    off = [abs(way[group].mean() - right[group].mean()) for way in (said, confidence)]
    assert off[0] < 0.5 * off[1]
    assert said[~group].mean() == pytest.approx(right[~group].mean(), abs=0.03)


def test_best_share_has_the_least_squared_error():
    rng = np.random.default_rng(0)
    model, trees = rng.random((2, 500))
    right = rng.random(500) < 0.3 * model + 0.7 * trees
    share = best_share(model, trees, right)
    errors = [
        np.mean((model + one * (trees - model) - right) ** 2)
        for one in (share, share - 0.01, share + 0.01)
    ]
    assert min(errors) == errors[0]
    assert best_share(model, trees, model) == 0
    assert best_share(model, trees, trees + (trees - model)) == 1
    assert best_share(model, model, right) == 0.5


def test_right_lies_between_linear_model_and_trees():
    one, right = labelled(500)
    calibration = Calibration(one, right, 2)
    ends = 1 - calibration.wrong(one), calibration.right_by_trees(one)
    for share, end in zip((0, 1), ends):
        assert calibration.weighed(share).right(one) == pytest.approx(end)
    sums = row_sums(one, calibration.weighed(0.3))
    assert sums[:, SUMS.index("right")] == pytest.approx(0.7 * ends[0] + 0.3 * ends[1])


def test_share_above_the_threshold_is_the_accuracy():
    one, right = labelled(2000)
    sums = row_sums(one, Calibration(one, right, 2))
    above = sums[:, SUMS.index("above_threshold")].mean()
    assert above == pytest.approx(right.mean(), abs=0.01)


def test_sums_of_parts_add_up():
    one, right = labelled(500)
    calibration = Calibration(one, right, 2)
    whole = row_sums(one, calibration).sum(axis=0)
    parts = [
        row_sums(one[rows], calibration).sum(axis=0)
        for rows in (slice(0, 100), slice(100, 500))
    ]
    assert sum(parts) == pytest.approx(whole)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_expected_classes_are_probabilities(n_classes):
    one, right = labelled(300, n_classes=n_classes)
    calibration = Calibration(one, right, n_classes)
    classes = expected_classes(one, calibration.confidence(one))
    assert classes.sum(axis=1) == pytest.approx(1)
    own = classes[np.arange(300), one.decision]
    assert own == pytest.approx(calibration.confidence(one))


def test_sure_decision_leaves_the_other_classes_alike():
    one, right = labelled(50, n_classes=3)
    sure = Reading(**{**one.__dict__, "P": np.eye(3)[one.decision]})
    calibration = Calibration(sure, right, 3)
    classes = expected_classes(sure, calibration.confidence(sure))
    others = np.sort(classes, axis=1)[:, :2]
    assert others[:, 0] == pytest.approx(others[:, 1])


@pytest.mark.parametrize("right", [True, False])
def test_classifier_that_is_always_right_or_wrong(right):
    one = reading(60)
    calibration = Calibration(one, np.full(60, right), 2)
    assert np.isfinite(row_sums(one, calibration)).all()
    assert (calibration.wrong(one).mean() < 0.5) == right
