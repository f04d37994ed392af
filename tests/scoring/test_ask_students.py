import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift import DistillationScorer, ForestStudent, TwoFamilyStudent
from skdrift.models._resolve import student_proba
from skdrift.models._table_encoder import TableEncoder
from skdrift.scoring._ask_students import are_trees, ask_students, students_proba


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "height": rng.normal(size=n),
            "count": rng.integers(0, 9, size=n),
            "region": rng.choice(["east", "west", None], size=n),
            "seen": pd.to_datetime("2024-01-01") + pd.to_timedelta(range(n), unit="h"),
        }
    )


@pytest.fixture(scope="module")
def scorer():
    X = table(600)
    y = (X["height"] + (X["region"] == "east") > 0).astype(int)
    numbers = ["height", "count"]

    class Teacher(HistGradientBoostingClassifier):
        def fit(self, X, y):
            return super().fit(X[numbers], y)

        def predict_proba(self, X):
            return super().predict_proba(X[numbers])

    teacher = Teacher(max_iter=10).fit(X, y)
    return DistillationScorer(FrozenEstimator(teacher), random_state=0).fit(X)


def by_hand(scorer, X, fold):
    Q = np.empty((len(X), 2))
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        Q[rows] = student_proba(scorer.students_[k], X.iloc[rows], scorer.classes_)
    return Q


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_rows_are_asked_about_in_chunks(scorer, n_jobs):
    X, fold = table(200, seed=1), np.arange(200) % 5
    np.testing.assert_array_equal(
        ask_students(scorer.students_, X, fold, scorer.classes_, 33, n_jobs),
        students_proba(scorer.students_, X, fold, scorer.classes_),
    )


def test_same_as_each_student_asked_alone(scorer):
    X = table(200, seed=1)
    X.loc[3, "region"] = "north"
    fold = np.arange(200) % 5
    np.testing.assert_array_equal(
        students_proba(scorer.students_, X, fold, scorer.classes_),
        by_hand(scorer, X, fold),
    )


def test_a_table_is_read_once_for_all_folds(scorer, monkeypatch):
    read = TableEncoder.read
    calls = []

    def counted(self, X):
        calls.append(len(X))
        return read(self, X)

    monkeypatch.setattr(TableEncoder, "read", counted)
    scorer.transform(table(100, seed=2))
    assert calls == [100]


def test_students_that_read_in_other_ways_are_asked_one_by_one(scorer):
    X = table(100, seed=3)
    students = list(scorer.students_)
    other = TableEncoder().fit(X.assign(height=X["height"].round().astype(str)))
    assert other.kinds_ != students[0][0].kinds_
    students[1] = type(students[0])(
        [("encoder", students[1][0]), ("s", students[1][1])]
    )
    students[1].steps[0] = ("encoder", other)
    fold = np.zeros(100, dtype=int)
    np.testing.assert_array_equal(
        students_proba(students, X, fold, scorer.classes_), by_hand(scorer, X, fold)
    )


@pytest.mark.parametrize(
    "student", [ForestStudent(5), TwoFamilyStudent(5)], ids=["forest", "two families"]
)
def test_an_array_is_checked_once_for_all_folds(student, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    teacher = LogisticRegression().fit(X, X[:, 0] > 0)
    scorer = DistillationScorer(FrozenEstimator(teacher), student=student)
    scorer.set_params(random_state=0).fit(X)
    fresh = 3 * rng.normal(size=(80, 4))
    fold = np.arange(80) % 5
    expected = np.empty((80, 2))
    for k, own in enumerate(scorer.students_):
        rows = np.flatnonzero(fold == k)
        expected[rows] = student_proba(own, fresh[rows], scorer.classes_)
    read = type(student).read
    calls = []

    def counted(self, X):
        calls.append(len(X))
        return read(self, X)

    monkeypatch.setattr(type(student), "read", counted)
    Q = students_proba(scorer.students_, fresh, fold, scorer.classes_)
    np.testing.assert_array_equal(Q, expected)
    assert calls == [80]
    with pytest.raises(ValueError, match=r"5 features, but .* 4 features"):
        students_proba(scorer.students_, np.ones((80, 5)), fold, scorer.classes_)


def test_many_rows_are_answered_in_threads_and_alike(scorer):
    X = table(400, seed=4)
    alone = clone_of(scorer).set_params(batch_size=50)
    together = clone_of(scorer).set_params(batch_size=50, n_jobs=2)
    np.testing.assert_array_equal(together.transform(X), alone.transform(X))
    np.testing.assert_array_equal(alone.transform(X), scorer.transform(X))


def test_only_our_own_students_are_asked_in_threads(scorer):
    assert are_trees(scorer.students_)
    assert are_trees([student[-1] for student in scorer.students_])
    assert not are_trees([*scorer.students_, LogisticRegression()])


def clone_of(scorer):
    return copy.deepcopy(scorer)
