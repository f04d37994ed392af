import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from skdrift import ForestStudent, TwoFamilyStudent
from tests.round_trips import ROUND_TRIPS

X, y = load_iris(return_X_y=True)
P = RandomForestClassifier(50, random_state=0).fit(X, y).predict_proba(X)


def bent(rows):
    """Soft labels of a classifier that a linear model follows in part only."""
    score = 3 * rows[:, 0] + 4 * (np.abs(rows[:, 1]) > 1)
    sure = 1 / (1 + np.exp(-score))
    return np.column_stack([1 - sure, sure])


@pytest.fixture(scope="module")
def heard():
    rows = np.random.default_rng(0).normal(size=(800, 3))
    return rows, TwoFamilyStudent(50, random_state=0).fit(rows, bent(rows))


def test_within_the_range_the_forest_answers_alone(heard):
    rows, student = heard
    assert 0 < student.linear_weight_ <= 0.8
    assert (student.predict_proba(rows) == student.forest_.predict_proba(rows)).all()


def test_far_beyond_the_range_the_linear_model_is_heard_in_full(heard):
    _, student = heard
    far = np.random.default_rng(1).normal(size=(200, 3)) * [1, 1, 1] + [50, 0, 0]
    scaled = (far - student.means_) / student.scales_
    both = [student.forest_.predict_proba(far), student.linear_.predict_proba(scaled)]
    weight = student.linear_weight_
    expected = (1 - weight) * both[0] + weight * both[1]
    assert student.predict_proba(far) == pytest.approx(expected, abs=1e-6)


def test_between_the_weight_grows_with_the_lead_of_the_linear_model(heard):
    _, student = heard
    logit = student.linear_.estimator_.decision_function
    step = np.zeros((1, 3))
    slope = float((logit(step + [1, 0, 0]) - logit(step))[0])
    # Where the linear model is half again as sure as on any row of training.
    at = (1.5 * student.reach_ - float(logit(step)[0])) / slope
    row = student.means_ + student.scales_ * [at, 0, 0]
    Q, trees = student.predict_proba([row]), student.forest_.predict_proba([row])
    linear = student.linear_.predict_proba([[at, 0, 0]])
    half = student.linear_weight_ / 2
    assert pytest.approx((1 - half) * trees + half * linear, abs=1e-4) == Q


def test_a_linear_teacher_is_followed_by_trees_alone():
    rows = np.random.default_rng(0).normal(size=(800, 3))
    sure = 1 / (1 + np.exp(-2 * rows[:, :1] + rows[:, 1:2]))
    student = TwoFamilyStudent(20, random_state=0)
    student.fit(rows, np.hstack([1 - sure, sure]))
    assert student.linear_weight_ == 0
    far = 100 * rows
    assert (student.predict_proba(far) == student.forest_.predict_proba(far)).all()


def test_a_unit_mistake_that_trees_agree_on_is_seen():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 4)) * [1, 1, 5, 5] + [0, 0, 20, 20]
    line = rows[:, 0] + (rows[:, 2] - rows[:, 3]) / 5 + 2 * (np.abs(rows[:, 1]) > 1)
    teacher = HistGradientBoostingClassifier(random_state=0).fit(rows, line > 0.6)
    clean = rng.normal(size=(3000, 4)) * [1, 1, 5, 5] + [0, 0, 20, 20]
    proba = teacher.predict_proba(clean)
    far = clean * [1, 1, 100, 300]
    decided = teacher.predict_proba(far).argmax(axis=1)
    loss = {}
    for student in (TwoFamilyStudent(50), ForestStudent(50)):
        Q = student.set_params(random_state=0).fit(clean, proba).predict_proba(far)
        loss[type(student)] = -np.log(Q[decided == 1, 1] + 1e-7)
    # The last column rules the linear model; trees see no more of it than its edge.
    assert np.mean(decided == 1) > 0.2
    assert np.median(loss[TwoFamilyStudent]) > np.median(loss[ForestStudent]) + 0.5


def test_a_class_without_weight_stays_at_zero():
    rows = np.random.default_rng(0).normal(size=(800, 3))
    P = np.insert(bent(rows), 1, 0.0, axis=1)
    student = TwoFamilyStudent(20, random_state=0).fit(rows, P)
    Q = student.predict_proba(1000 * rows)
    assert student.linear_weight_ > 0
    assert (Q[:, 1] == 0).all()
    assert Q.sum(axis=1) == pytest.approx(1)


def test_missing_and_infinite_values():
    rows = X.copy()
    rows[::5, 0] = np.nan
    student = TwoFamilyStudent(10, random_state=0).fit(rows, P)
    assert np.isfinite(student.predict_proba(rows)).all()
    far = X.copy()
    far[:, 1] = 1e38
    assert np.isfinite(student.predict_proba(far)).all()


def test_class_labels_are_learnt_too():
    labels = np.array(["a", "b", "c"])[y]
    student = TwoFamilyStudent(10, random_state=0).fit(X, labels)
    assert student.classes_.tolist() == ["a", "b", "c"]
    assert np.mean(student.predict(X) == labels) > 0.9


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read(way):
    student = TwoFamilyStudent(10, random_state=0).fit(X, P)
    again = ROUND_TRIPS[way](student)
    assert (again.predict_proba(X) == student.predict_proba(X)).all()
