import numpy as np
import pytest
from sklearn import metrics

from skdrift.performance._metrics import (
    chance_accuracy,
    resolve_metric,
    scale_to_accuracy,
)

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, 200)
DECIDED = np.where(RNG.random(200) < 0.7, TRUTH, RNG.integers(0, 3, 200))
CONFUSION = metrics.confusion_matrix(TRUTH, DECIDED)
CLASSES = np.array(["a", "b", "c"])
PRIOR = np.bincount(TRUTH) / len(TRUTH)
EXPECTED = {
    "accuracy": metrics.accuracy_score(TRUTH, DECIDED),
    "balanced_accuracy": metrics.balanced_accuracy_score(TRUTH, DECIDED),
    "f1_macro": metrics.f1_score(TRUTH, DECIDED, average="macro"),
    ("recall", "b"): metrics.recall_score(TRUTH == 1, DECIDED == 1),
    ("precision", "c"): metrics.precision_score(TRUTH == 2, DECIDED == 2),
    ("f1", "a"): metrics.f1_score(TRUTH == 0, DECIDED == 0),
}


@pytest.mark.parametrize("metric", EXPECTED, ids=str)
def test_metrics_are_those_of_scikit_learn(metric):
    found = resolve_metric(metric, CLASSES)(CONFUSION)
    assert found == pytest.approx(EXPECTED[metric])


def test_of_two_classes_the_second_one_is_meant():
    two = CONFUSION[:2, :2]
    found = resolve_metric("recall", np.array([0, 1]))(two)
    assert found == pytest.approx(two[1, 1] / two[1].sum())


def test_own_metric():
    cost = resolve_metric(lambda confusion: -confusion[0, 1], CLASSES)
    assert cost(CONFUSION) == -CONFUSION[0, 1]


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("roc", "metric must be one of"),
        ("recall", "is about one class"),
        (("recall", "z"), "names the class 'z'"),
        (("accuracy", "a"), "metric must be one of"),
    ],
)
def test_wrong_metrics(metric, message):
    with pytest.raises(ValueError, match=message):
        resolve_metric(metric, CLASSES)


@pytest.mark.parametrize("target", [0.0, 0.3, 0.75, 0.9, 1.0])
def test_confusion_takes_the_accuracy_and_keeps_the_decisions(target):
    scaled = scale_to_accuracy(CONFUSION.astype(float), target, PRIOR)
    assert np.trace(scaled) / scaled.sum() == pytest.approx(target)
    assert scaled.sum(axis=0) == pytest.approx(CONFUSION.sum(axis=0))
    assert (scaled >= -1e-9).all()


def test_own_accuracy_changes_nothing():
    own = np.trace(CONFUSION) / CONFUSION.sum()
    assert scale_to_accuracy(CONFUSION.astype(float), own, PRIOR) == pytest.approx(
        CONFUSION
    )


def test_wrong_rows_of_a_faultless_class_spread_evenly():
    scaled = scale_to_accuracy(np.diag([10.0, 10.0, 10.0]), 0.4, np.full(3, 1 / 3))
    assert scaled[1, 0] == scaled[2, 0] == pytest.approx(3.0)


def test_chance_is_the_accuracy_of_shuffled_labels():
    rng = np.random.default_rng(0)
    shuffled = [np.mean(rng.permutation(TRUTH) == DECIDED) for _ in range(4000)]
    found = chance_accuracy(CONFUSION, 200, PRIOR)
    # Shuffled labels of 200 rows: a standard error of 0.0006.
    assert found == pytest.approx(np.mean(shuffled), abs=0.002)
    both = np.stack([CONFUSION, 2 * CONFUSION])
    several = chance_accuracy(both, np.array([200, 400]), PRIOR)
    assert several == pytest.approx(found)


def test_a_loss_goes_towards_decisions_without_a_link():
    unrelated = np.outer(PRIOR, CONFUSION.sum(axis=0))
    chance = np.trace(unrelated) / CONFUSION.sum()
    at_chance = scale_to_accuracy(CONFUSION.astype(float), chance, PRIOR)
    assert at_chance == pytest.approx(unrelated)
    own = np.trace(CONFUSION) / CONFUSION.sum()
    between = scale_to_accuracy(CONFUSION.astype(float), (own + chance) / 2, PRIOR)
    assert between == pytest.approx((CONFUSION + unrelated) / 2)
