import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

from skdrift import ForestStudent, TwoFamilyStudent
from tests.round_trips import ROUND_TRIPS

X, y = load_iris(return_X_y=True)
P = RandomForestClassifier(50, random_state=0).fit(X, y).predict_proba(X)


def test_probabilities_are_the_root_of_the_product():
    student = TwoFamilyStudent(20, random_state=0).fit(X, P)
    scaled = (X.astype(np.float32) - student.means_) / student.scales_
    both = [student.forest_.predict_proba(X), student.linear_.predict_proba(scaled)]
    expected = np.sqrt(np.clip(both[0], 1e-4, 1) * np.clip(both[1], 1e-4, 1))
    expected /= expected.sum(axis=1, keepdims=True)
    assert student.predict_proba(X) == pytest.approx(expected, abs=1e-5)
    assert np.mean(student.predict(X) == P.argmax(axis=1)) > 0.95


def test_beyond_the_range_it_does_not_follow_trees():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 3))
    sure = (rows[:, :1] - rows[:, 1:2] > 0).astype(float)
    soft = np.hstack([1 - sure, sure])
    both = TwoFamilyStudent(50, random_state=0).fit(rows, soft)
    trees = ForestStudent(50, random_state=0).fit(rows, soft)
    # Both columns in another unit: trees say what they say at the edge of the range.
    far = np.abs(rng.normal(size=(200, 3))) * [100, 1000, 1]
    assert trees.predict_proba(far)[:, 0].mean() < 0.8
    assert both.predict_proba(far)[:, 0].mean() > 0.85


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
