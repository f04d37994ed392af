import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from skdrift.datasets import make_loans


def test_columns_and_classes():
    X, y = make_loans(2000, random_state=0)
    assert X.shape == (2000, 8)
    assert X.index.equals(pd.RangeIndex(2000))
    categories = X.select_dtypes("category")
    assert list(categories) == ["job", "home", "region"]
    assert all(X[name].cat.categories.is_monotonic_increasing for name in categories)
    assert X.drop(columns="income").notna().all(axis=None)
    assert set(y) == {"grant", "refuse"}
    assert 0.3 < np.mean(y == "refuse") < 0.7


def test_income_is_missing_more_often_of_the_self_employed():
    X, _ = make_loans(random_state=1)
    own = X["job"] == "self-employed"
    missing = X["income"].isna()
    assert 0.25 < missing[own].mean() < 0.35
    assert 0.06 < missing[~own].mean() < 0.1


def test_the_seed_decides():
    (X, y), (again, y_again) = (make_loans(50, random_state=3) for _ in range(2))
    pd.testing.assert_frame_equal(X, again)
    assert (y == y_again).all()
    other, _ = make_loans(50, random_state=4)
    assert not X["amount"].equals(other["amount"])
    drawn = np.random.RandomState(3)
    first, second = (make_loans(50, random_state=drawn)[0] for _ in range(2))
    pd.testing.assert_frame_equal(first, X)
    assert not first["amount"].equals(second["amount"])


def test_categories_stay_in_small_tables():
    X, _ = make_loans(1, random_state=0)
    assert len(X["job"].cat.categories) == len(X["region"].cat.categories) == 4


def test_decisions_can_be_learnt():
    X, y = make_loans(3000, random_state=0)
    clf = HistGradientBoostingClassifier(max_iter=50, random_state=0)
    assert clf.fit(X[:2000], y[:2000]).score(X[2000:], y[2000:]) > 0.75


def test_no_rows():
    with pytest.raises(ValueError, match="n_samples must be at least 1; got 0"):
        make_loans(0)
