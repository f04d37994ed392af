import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift import DistillationScorer, SupportScorer
from skdrift.performance._reader import Donors, Reader, lend, typical_rows
from skdrift.performance._strange import StrangeValues
from skdrift.scoring._table_numbers import TableNumbers


def table(n, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    return pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=n), "c": rng.random(n)})


def read(X, fold=None):
    reference = table(400, 0)
    clf = LogisticRegression().fit(reference, reference["a"] > 0)
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0).fit(reference)
    support = SupportScorer().fit(reference)
    donors = Donors(reference, support.reference_indices_, "table", 0)
    reader = Reader(scorer, StrangeValues(reference), TableNumbers(reference), True)
    return reader.read(X, support, donors, fold)


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_known_rows_are_not_repaired():
    reading = read(table(50, 1).clip(-2, 2))
    assert not reading.repaired.any()
    assert reading.P.shape == reading.Q.shape == (50, 2)
    assert reading.strange.shape == (50, 3)


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_repair_changes_decisions_only_where_values_count():
    clean = table(100, 1).clip(-2, 2)
    for name, value, matters in (("a", 50.0, True), ("c", 2.0, False)):
        broken = clean.assign(**{name: value})
        assert (read(broken).repaired.mean() > 0.2) == matters


@pytest.mark.filterwarnings("ignore:The student decides as the teacher")
def test_fold_decides_which_student_answers():
    X = table(30, 1)
    one, other = (read(X, np.full(30, fold)) for fold in (0, 1))
    assert (one.P == other.P).all()
    assert (one.Q != other.Q).any()


def test_lent_values_keep_the_types_of_the_donors():
    donors = pd.DataFrame({"n": [1, 2], "c": pd.Categorical(["u", "v"])})
    X = pd.DataFrame({"n": [9.5, 2.0], "c": ["new", "u"]}, index=[5, 7])
    where = np.array([[True, True], [False, False]])
    lent = lend(X, where, donors, np.array([1, 0]))
    assert lent["n"].tolist() == [2, 2]
    assert lent["c"].tolist() == ["v", "u"]
    assert lent["n"].dtype == donors["n"].dtype
    assert X["n"].tolist() == [9.5, 2.0]


def test_typical_rows():
    X = pd.DataFrame({"a": [1.0, 5.0, 90.0, np.nan], "b": ["x", "y", "y", None]})
    rows = typical_rows(X)
    assert X["a"][rows[0]] == 5.0
    assert X["b"][rows[1]] == "y"
