import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import DistillationScorer
from skdrift.models._resolve import student_proba
from skdrift.models._table_encoder import TableEncoder
from skdrift.scoring._ask_students import students_proba


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
