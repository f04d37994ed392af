import pickle
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, ks_2samp

from skdrift import DriftMonitor, KSDriftTest, TailDriftTest

TYPES = [np.float16, np.float32, np.float64]


@pytest.fixture
def reference():
    return np.random.default_rng(0).normal(size=(200, 2))


@pytest.fixture
def batch():
    return np.random.default_rng(1).normal(size=(50, 2))


@pytest.mark.parametrize("test", [KSDriftTest, TailDriftTest])
@pytest.mark.parametrize("of_reference", TYPES)
@pytest.mark.parametrize("of_batch", TYPES)
def test_equal_decimals_stay_equal_between_types(test, of_reference, of_batch):
    rng = np.random.default_rng(13)
    reference = rng.exponential(size=(500, 2)).round(1)
    X = rng.exponential(size=(100, 2)).round(1)
    expected = test().fit(reference).predict(X)
    fitted = test().fit(reference.astype(of_reference))
    before = pickle.dumps(fitted)
    assert fitted.predict(X.astype(of_batch)) == expected
    counts = sum(fitted.count(part.astype(of_batch)) for part in np.split(X, 4))
    assert fitted.predict_counts(counts).p_value == expected.p_value
    assert pickle.dumps(fitted) == before
    monitor = DriftMonitor(fitted)
    states = monitor.update(X[:50].astype(of_batch)), monitor.update(X[50:])
    plain = DriftMonitor(test().fit(reference))
    assert states == (plain.update(X[:50]), plain.update(X[50:]))


def test_each_column_has_a_type_of_its_own():
    rng = np.random.default_rng(14)
    reference = pd.DataFrame(
        rng.exponential(size=(500, 2)).round(1), columns=["a", "b"]
    )
    batch = pd.DataFrame(rng.exponential(size=(100, 2)).round(1), columns=["a", "b"])
    expected = KSDriftTest().fit(reference).predict(batch)
    for types in ({"a": "float32"}, {"b": "Float32"}, {"a": "float[pyarrow]"}):
        for known, given in (
            (reference, batch.astype(types)),
            (reference.astype(types), batch),
            (reference.astype(types), batch.astype(types)),
        ):
            assert KSDriftTest().fit(known).predict(given) == expected


def test_a_finer_type_keeps_its_digits():
    reference = 1e9 + np.arange(300.0)[:, None]
    batch = 1e9 + np.arange(200.0, 300.0)[:, None]
    assert KSDriftTest().fit(reference).predict(batch).is_drift
    # In single precision these are a few values, the batch among them.
    coarse = KSDriftTest().fit(reference).predict(batch.astype(np.float32))
    assert coarse.statistic == pytest.approx(
        ks_2samp(*np.float32([reference[:, 0], np.resize(batch, 300)])).statistic,
        abs=0.1,
    )


def test_a_growing_reference_becomes_as_coarse_as_its_coarsest_rows():
    rng = np.random.default_rng(15)
    rows = rng.exponential(size=(400, 1)).round(1)
    test = KSDriftTest().fit(rows[:200]).partial_fit(rows[200:].astype(np.float32))
    assert len(np.unique(test.reference_)) == len(np.unique(rows))
    with pytest.raises(ValueError, match="different floating point types"):
        KSDriftTest().fit(rows).count(rows) + KSDriftTest().fit(rows).count(
            rows.astype(np.float32)
        )


@pytest.mark.statistics
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_single_precision_raises_no_false_alarms(alternative):
    alarms, n_tests = 0, 500
    for seed in range(n_tests):
        rng = np.random.default_rng(seed)
        reference = rng.exponential(size=(300, 1)).round(1)
        batch = rng.exponential(size=(100, 1)).round(1).astype(np.float32)
        alarms += KSDriftTest(alternative=alternative).fit(reference).predict(batch)[0]
    assert alarms <= binom.ppf(0.9995, n_tests, 0.05)


@pytest.mark.parametrize(
    "columns",
    [
        [3, 1],
        ["b", "a"],
        pd.MultiIndex.from_tuples([("x", 1), ("y", 2)]),
        pd.Index([2.5, 3.5]),
    ],
    ids=["integers", "strings", "tuples", "floats"],
)
def test_columns_keep_their_names(reference, batch, columns):
    frame = pd.DataFrame(reference, columns=columns)
    result = KSDriftTest().fit(frame).predict(pd.DataFrame(batch, columns=columns))
    assert result.feature_names.tolist() == list(columns)
    assert result.to_frame()["feature"].tolist() == list(columns)
    bad = pd.DataFrame(reference, columns=columns)
    bad.iloc[4, 1] = np.nan
    with pytest.raises(ValueError, match=re.escape(f"column {list(columns)[1]!r}")):
        KSDriftTest().fit(bad)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (pd.date_range("2024", periods=3), TypeError),
        (pd.date_range("2024", periods=3, tz="UTC"), TypeError),
        (pd.timedelta_range("1h", periods=3), TypeError),
        (pd.period_range("2024", periods=3), TypeError),
        (["rome", "oslo", "bonn"], ValueError),
        (pd.Categorical(["rome", "oslo", "bonn"]), ValueError),
        (pd.array(["rome", "oslo", None], dtype="string"), ValueError),
        ([1, "2024-01-01", None], ValueError),
        ([1, pd.Timestamp("2024"), 2], TypeError),
        ([{}, 1, 2], TypeError),
    ],
)
def test_a_column_that_holds_no_numbers_is_named(values, error):
    frame = pd.DataFrame({"good": [1.0, 2.0, 3.0], "bad": values})
    for test in (KSDriftTest(), KSDriftTest(nan_policy="omit")):
        with pytest.raises(error, match="'bad'"):
            test.fit(frame)
    fitted = KSDriftTest().fit(frame.assign(bad=[1, 2, 3]))
    for call in (fitted.predict, fitted.count, fitted.partial_fit):
        with pytest.raises(error, match="'bad'"):
            call(frame)


def test_dates_without_names_are_refused():
    with pytest.raises(TypeError, match="dates or times, of type datetime64"):
        KSDriftTest().fit(np.zeros((3, 2), dtype="datetime64[s]"))
