import warnings
from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from skdrift import DriftMonitor, KSDriftTest, TailDriftTest


@pytest.fixture
def reference():
    return np.random.default_rng(0).normal(size=(200, 2))


@pytest.fixture
def batch():
    return np.random.default_rng(1).normal(size=(50, 2))


def omit(test=KSDriftTest, **parameters):
    return test(nan_policy="omit", **parameters)


@pytest.mark.parametrize("test", [KSDriftTest, TailDriftTest])
@pytest.mark.parametrize("sign", [1, -1])
def test_infinity_is_ranked_beyond_all_numbers(reference, batch, test, sign):
    """As any number would be that is as extreme and as often tied."""
    spoilt, ranked = batch.copy(), batch.copy()
    spoilt[:15], ranked[:15] = sign * np.inf, sign * 1e9
    known, known_ranked = reference.copy(), reference.copy()
    known[3], known_ranked[3] = sign * np.inf, sign * 1e9
    fitted = omit(test).fit(known)
    result = fitted.predict(spoilt)
    assert result == omit(test).fit(known_ranked).predict(ranked)
    assert fitted.predict_counts(fitted.count(spoilt)).p_value == result.p_value
    assert result.n_tested.tolist() == [50, 50]
    if sign == 1:
        assert result.is_drift


def test_what_was_tested_and_what_was_missing_is_told(reference):
    X = np.random.default_rng(7).normal(size=(90, 2))
    X[:4, 0] = np.nan
    X[30:33, 1] = np.nan
    X[5, 1] = np.inf
    test = omit().fit(reference)
    result = test.predict(X)
    assert result.n_tested.tolist() == [86, 87]
    assert result.n_omitted.tolist() == [4, 3]
    days = test.predict(X, groups=np.repeat([1, 2, 3], 30))
    assert days.n_tested.tolist() == [[26, 30], [30, 27], [30, 30]]
    assert days.n_omitted.tolist() == [[4, 0], [0, 3], [0, 0]]
    assert days.to_frame()["n_omitted"].tolist() == [4, 0, 0, 3, 0, 0]
    counted = test.predict_counts(test.count(X[:40]) + test.count(X[40:]))
    assert counted.n_omitted.tolist() == [4, 3]
    clean = KSDriftTest().fit(reference).predict(reference[:9])
    assert clean.n_tested.tolist() == [9, 9]
    assert clean.n_omitted.tolist() == [0, 0]


@pytest.mark.parametrize("known", [0.0, 0.3])
def test_a_jump_of_the_missing_share_is_a_warning(known):
    rng = np.random.default_rng(8)

    def rows(n, share):
        X = rng.normal(size=(n, 2))
        X[rng.random(n) < share, 1] = np.nan
        return pd.DataFrame(X, columns=["age", "income"])

    test = omit().fit(rows(500, known))
    for _ in range(20):
        test.predict(rows(100, known))
    with pytest.warns(UserWarning, match=r"'income' is missing in up to \d+% of"):
        result = test.predict(rows(100, known + 0.4))
    assert not result.is_drift


def empty_in(X, rows, column=1):
    X = X.copy()
    X[rows, column] = np.nan
    return X


def test_a_column_that_vanished_is_an_alarm_and_the_others_get_results(reference):
    X = np.random.default_rng(9).normal(size=(90, 2))
    spoilt = empty_in(X, slice(30, 60))
    groups = np.repeat(["a", "b", "c"], 30)
    test = omit().fit(reference)
    with pytest.warns(UserWarning, match=r"'x1' has nothing to test in 1 of 3 batch"):
        result = test.predict(spoilt, groups=groups)
    full = test.predict(X, groups=groups)
    for field in ("statistic", "feature_p_values"):
        expected = getattr(full, field).copy()
        expected[1, 1] = np.nan
        np.testing.assert_array_equal(getattr(result, field), expected)
    flagged = [[False, False], [False, True], [False, False]]
    assert result.feature_is_drift.tolist() == flagged
    assert result.is_drift.tolist() == [False, True, False]
    assert result.p_value_method[1].tolist() == ["exact", "missing"]
    # All thirty missing values of 230 rows are in the batch; there are two features.
    assert result.p_value[1] == pytest.approx(2 / comb(230, 30), rel=1e-12)
    assert result.to_frame()["n_tested"].tolist() == [30, 30, 30, 0, 30, 30]
    with pytest.warns(UserWarning, match="nothing to test in 1 of 1"):
        alone = test.predict(spoilt[30:60])
    assert alone.p_value == result.p_value[1]
    counts = sum(map(test.count, np.split(spoilt[30:60], 3)))
    with pytest.warns(UserWarning, match="nothing to test"):
        counted = test.predict_counts(counts)
    assert counted.is_drift
    assert counted.p_value == alone.p_value
    with pytest.warns(UserWarning, match="nothing to test"):
        assert test.set_params(min_effect=0.5).predict(spoilt[30:60]).is_drift


def test_an_empty_column_that_may_happen_by_chance_is_no_alarm():
    rng = np.random.default_rng(10)
    X = rng.normal(size=(300, 2))
    X[rng.random(300) < 0.5, 0] = np.nan
    test = omit().fit(X)
    with pytest.warns(
        UserWarning, match=r"'x0' has nothing to test.*49% of its values"
    ):
        result = test.predict([[np.nan, 0.1], [np.nan, 0.2]])
    assert np.isnan(result.feature_p_values[0])
    assert result.feature_p_values[1] > 0.05
    assert result.p_value == min(1, 2 * result.feature_p_values[1])
    assert not result.is_drift
    assert result.p_value_method.tolist() == ["untested", "exact"]


def test_a_batch_with_nothing_at_all_is_no_evidence_unless_it_is_impossible(reference):
    test = omit().fit(reference)
    with pytest.warns(UserWarning, match="nothing to test"):
        result = test.predict([[np.nan, np.nan]])
    assert np.isnan(result.p_value)
    assert result.is_drift is False
    with pytest.warns(UserWarning, match="nothing to test"):
        assert test.predict(np.full((20, 2), np.nan)).is_drift


def test_pieces_may_be_empty_in_a_column(reference):
    X = np.random.default_rng(11).normal(size=(90, 2))
    X[30:60, 1] = np.nan
    test = omit().fit(reference)
    with pytest.warns(UserWarning, match="'x1' is missing in up to 33%"):
        whole = test.predict(X)
    for n_pieces in (3, 90):
        counts = sum(test.count(piece) for piece in np.array_split(X, n_pieces))
        with pytest.warns(UserWarning, match="'x1' is missing in up to 33%"):
            result = test.predict_counts(counts)
        np.testing.assert_array_equal(result.statistic, whole.statistic)
    grown = test.partial_fit(X[30:31]).partial_fit(X[40:50])
    assert grown.reference_size_.tolist() == [211, 200]
    with pytest.warns(UserWarning, match="nothing to test"):
        state = DriftMonitor(grown).update(X[31:60])
    assert state.is_alarm


def test_a_reference_may_be_empty_in_a_column_for_a_while(reference):
    rows = np.array([[0.1, np.nan], [0.2, np.nan], [0.3, np.nan]])
    with pytest.raises(ValueError, match="only NaN in column 1"):
        omit().fit(rows)
    test = omit(window="last").partial_fit(rows)
    with pytest.warns(UserWarning, match="'x1' has nothing to test"):
        result = test.predict(reference)
    assert np.isnan(result.feature_p_values[1])
    assert not result.feature_is_drift[1]
    np.testing.assert_array_equal(
        test.partial_fit(reference[:3]).predict(reference).feature_p_values,
        KSDriftTest().fit(reference[:3]).predict(reference).feature_p_values,
    )


@pytest.mark.statistics
def test_missing_values_raise_no_false_alarms():
    """Missing completely at random, often whole batches: a binomial band."""
    rng = np.random.default_rng(12)
    alarms, n_tests = 0, 1500
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(n_tests):
            X = rng.normal(size=(64, 1))
            X[rng.random(64) < 0.5] = np.nan
            alarms += omit(alternative="greater").fit(X[:60]).predict(X[60:]).is_drift
    assert alarms <= binom.ppf(0.9995, n_tests, 0.05)
