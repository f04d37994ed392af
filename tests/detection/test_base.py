import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdrift import BaseDriftTest, DriftMonitor, KSDriftTest


@pytest.fixture
def reference():
    return np.random.default_rng(0).normal(size=(200, 2))


@pytest.fixture
def batch():
    return np.random.default_rng(1).normal(size=(50, 2))


class MeanShift(BaseDriftTest):
    def test_batches(self, reference, batches):
        shift = batches.mean(axis=-1) - reference.mean(axis=-1)[:, None]
        return shift, np.exp(-abs(shift)), "rough"


def test_a_subclass_brings_its_own_statistic(reference, batch):
    test = MeanShift(correction="holm").fit(reference)
    result = test.predict(batch)
    np.testing.assert_allclose(
        result.statistic, batch.mean(axis=0) - reference.mean(axis=0)
    )
    assert result.p_value_method.tolist() == ["rough", "rough"]
    together = test.predict(batch, groups=np.repeat([0, 1], 25))
    assert together.statistic[0] == pytest.approx(test.predict(batch[:25]).statistic)
    assert DriftMonitor(test).update(batch).batch == 1


@pytest.mark.parametrize("policy", ["raise", "omit"])
def test_groups_give_what_single_batches_give(reference, policy):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 2))
    if policy == "omit":
        X[rng.random(X.shape) < 0.1] = np.nan
        reference = np.where(rng.random(reference.shape) < 0.1, np.nan, reference)
        reference[:3, 1] = np.inf
    groups = rng.choice(["a", "b", "c", "d"], p=[0.1, 0.2, 0.3, 0.4], size=300)
    test = KSDriftTest(nan_policy=policy).fit(reference)
    together = test.predict(X, groups=groups)
    for k, label in enumerate(together.group_labels):
        alone = test.predict(X[groups == label])
        assert alone.is_drift == together.is_drift[k]
        assert alone.p_value == together.p_value[k]
        for field in ("statistic", "feature_p_values", "feature_is_drift"):
            np.testing.assert_array_equal(
                getattr(alone, field), getattr(together, field)[k]
            )


def test_equal_sizes_in_and_out_of_order(reference):
    rng = np.random.default_rng(3)
    X, groups = rng.normal(size=(400, 2)), np.repeat(np.arange(8), 50)
    test = KSDriftTest().fit(reference)
    expected = np.asarray(test.predict(X, groups=groups))
    shuffled = rng.permutation(400)
    np.testing.assert_array_equal(
        np.asarray(test.predict(X[shuffled], groups=groups[shuffled])), expected
    )


def test_one_group_is_still_a_set_of_batches(reference, batch):
    result = KSDriftTest().fit(reference).predict(batch, groups=["only"] * 50)
    assert result.is_drift.shape == result.p_value.shape == (1,)
    assert result.statistic.shape == (1, 2)


def test_batch_and_feature_level_agree(reference):
    X = np.random.default_rng(4).normal([0, 0.45], size=(50, 2))
    for correction, factor in (("bonferroni", 2), ("holm", 2), (None, 1)):
        test = KSDriftTest(correction=correction).fit(reference)
        result = test.predict(X)
        smallest = result.feature_p_values.min()
        assert result.p_value == pytest.approx(min(1, factor * smallest))
        assert result.is_drift == (result.p_value <= 0.05)
        assert result.is_drift == result.feature_is_drift.any()


def test_min_effect_silences_what_is_significant_and_small():
    rng = np.random.default_rng(5)
    test = KSDriftTest().fit(rng.normal(size=(10_000, 1)))
    X = rng.normal(0.05, size=(100_000, 1))
    plain = test.predict(X)
    assert plain.is_drift
    assert 0.01 < plain.statistic[0] < 0.05
    calm = test.set_params(min_effect=0.05).predict(X)
    assert not calm.is_drift
    assert not calm.feature_is_drift.any()
    assert calm.p_value == plain.p_value
    assert test.predict(X + 1.0).is_drift
    test.set_params(min_effect=float(plain.statistic[0]))
    assert not test.predict(X).is_drift


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_with_their_place(reference, batch, bad):
    test = KSDriftTest().fit(reference)
    spoilt = batch.copy()
    spoilt[7, 1] = bad
    message = r"1 value\(s\).* NaN or infinity.* row 7, column 1"
    for call in (test.predict, test.count, test.partial_fit, clone(test).fit):
        with pytest.raises(ValueError, match=message):
            call(spoilt)
    frame = pd.DataFrame(spoilt, columns=["age", "income"])
    with pytest.raises(ValueError, match="column 'income'"):
        KSDriftTest().fit(frame)


def test_one_nan_does_not_hide_a_shift(reference, batch):
    shifted = batch + 5
    shifted[3, 0] = np.nan
    test = KSDriftTest(nan_policy="omit").fit(reference)
    result = test.predict(shifted)
    assert result.is_drift
    assert np.isfinite(result.feature_p_values).all()
    expected = (
        KSDriftTest().fit(reference[:, [0]]).predict(np.delete(shifted, 3, 0)[:, [0]])
    )
    assert result.feature_p_values[0] == expected.p_value


def test_huge_finite_values_are_no_infinities():
    X = np.full((5, 1), np.finfo(np.float32).max, dtype=np.float32)
    test = KSDriftTest().fit(X)
    assert test.predict(X).p_value == 1.0


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((5, 3)), ValueError, "3 features.*expecting 2 features"),
        (np.zeros((0, 2)), ValueError, "0 sample"),
        (np.zeros((5, 0)), ValueError, "0 feature"),
        (np.zeros(5), ValueError, "Expected 2D array, got 1D array"),
        (np.zeros((5, 2, 1)), ValueError, "dim 3"),
        (np.array([["a", "b"]]), ValueError, "could not convert string to float"),
        (
            np.array([[{}, 1]], dtype=object),
            TypeError,
            "must be a string or a.* number",
        ),
        (np.zeros((5, 2), dtype=complex), ValueError, "Complex data not supported"),
        (3.0, ValueError, "Expected 2D array, got scalar"),
    ],
)
def test_wrong_batches_are_refused(reference, X, error, message):
    test = KSDriftTest().fit(reference)
    for call in (test.predict, test.count, test.partial_fit):
        with pytest.raises(error, match=message):
            call(X)


def test_wrong_names_are_refused(reference, batch):
    test = KSDriftTest().fit(pd.DataFrame(reference, columns=["a", "b"]))
    with pytest.raises(ValueError, match="feature names should match"):
        test.predict(pd.DataFrame(batch, columns=["b", "a"]))
    result = test.predict(pd.DataFrame(batch, columns=["a", "b"]))
    assert result.feature_names.tolist() == ["a", "b"]


def test_numbers_in_object_arrays_are_taken_as_numbers(reference, batch):
    test = KSDriftTest().fit(reference.astype(object))
    assert test.predict(batch.astype(object)).p_value == test.predict(batch).p_value


def test_integers_and_booleans_are_taken_as_numbers():
    test = KSDriftTest().fit([[0], [1], [1], [1]])
    assert test.predict([[True], [False]]).statistic[0] == 0.25


def test_one_row(reference):
    test = KSDriftTest().fit(reference)
    result = test.predict([[0.0, 99.0]])
    # One value above all 200: the two extreme ones of 201 places.
    assert result.feature_p_values[1] == pytest.approx(2 / 201)
    single = KSDriftTest().fit([[1.0]])
    assert single.predict([[2.0]]).p_value == 1.0


def test_constant_columns():
    test = KSDriftTest().fit(np.full((50, 1), 3.0))
    same = test.predict(np.full((20, 1), 3.0))
    assert (same.is_drift, same.p_value, same.statistic[0]) == (False, 1.0, 0.0)
    moved = test.predict(np.full((20, 1), 3.1))
    assert moved.is_drift
    assert moved.statistic[0] == 1.0


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("alpha", 0),
        ("alpha", 1),
        ("alpha", 7),
        ("alpha", "small"),
        ("alternative", "bogus"),
        ("method", "fast"),
        ("correction", "sidak"),
        ("min_effect", -0.1),
        ("min_effect", 1.0),
        ("window", "first"),
        ("max_reference", 0),
        ("max_reference", 2.5),
        ("nan_policy", "propagate"),
        ("random_state", "seed"),
    ],
)
def test_unknown_options_are_refused(reference, batch, parameter, value):
    message = re.escape(f"The {parameter!r} parameter of KSDriftTest must be")
    with pytest.raises(ValueError, match=message):
        KSDriftTest(**{parameter: value}).fit(reference)
    fitted = KSDriftTest().fit(reference).set_params(**{parameter: value})
    with pytest.raises(ValueError, match=message):
        fitted.predict(batch)


@pytest.mark.parametrize(
    ("groups", "error"),
    [(["a"] * 49, ValueError), (np.zeros((50, 1)), ValueError), ("a", ValueError)],
)
def test_groups_of_the_wrong_length_are_refused(reference, batch, groups, error):
    with pytest.raises(error, match="one label for each of the 50 rows"):
        KSDriftTest().fit(reference).predict(batch, groups=groups)


def test_nothing_is_half_fitted(reference):
    for test, X in (
        (KSDriftTest(), np.array([[np.nan, 1.0]])),
        (KSDriftTest(max_reference=5), reference),
        (KSDriftTest(), pd.DataFrame({"a": [1.0, np.inf]})),
    ):
        before = set(vars(test))
        with pytest.raises(ValueError, match=r"NaN or infinity|max_reference"):
            test.fit(X)
        assert set(vars(test)) == before
    test = KSDriftTest().fit(reference)
    before = pickle.dumps(test)
    with pytest.raises(ValueError, match="NaN"):
        test.partial_fit([[np.nan, 1.0]])
    with pytest.raises(ValueError, match="3 features"):
        test.partial_fit([[1.0, 1.0, 2.0]])
    assert pickle.dumps(test) == before


def test_unfitted(batch):
    for method in ("predict", "count", "predict_counts"):
        with pytest.raises(NotFittedError):
            getattr(KSDriftTest(), method)(batch)


def test_a_test_that_cannot_count_says_so(reference, batch):
    test = MeanShift().fit(reference)
    with pytest.raises(TypeError, match="MeanShift has no method test_counts"):
        test.predict_counts(test.count(batch))
    with pytest.raises(TypeError, match="abstract"):
        BaseDriftTest()


def test_predict_changes_nothing(reference, batch):
    for window in (None, "reservoir"):
        test = KSDriftTest(window=window, random_state=0).fit(reference)
        before = pickle.dumps(test)
        test.predict(batch, groups=np.repeat([0, 1], 25))
        test.predict_counts(test.count(batch))
        assert pickle.dumps(test) == before


def test_a_growing_reference(reference, batch):
    test = KSDriftTest().partial_fit(reference[:50]).partial_fit(reference[50:])
    whole = KSDriftTest().fit(reference)
    np.testing.assert_array_equal(test.reference_, whole.reference_)
    assert test.n_samples_seen_ == 200
    assert test.predict(batch).p_value == whole.predict(batch).p_value


@pytest.mark.parametrize("max_reference", [None, 30, 500])
def test_the_last_rows_as_reference(reference, max_reference):
    test = KSDriftTest(window="last", max_reference=max_reference)
    for start in range(0, 200, 40):
        test.partial_fit(reference[start : start + 40])
    kept = reference[-(max_reference or 40) :]
    np.testing.assert_array_equal(test.reference_, np.sort(kept.T, axis=1))


def test_fit_forgets(reference):
    test = KSDriftTest(window="last", max_reference=50).fit(reference)
    test.fit(reference[:10] + 5)
    np.testing.assert_array_equal(test.reference_, np.sort(reference[:10].T + 5, 1))
    assert test.n_samples_seen_ == 10


def test_a_reservoir_is_repeatable_and_resumes(reference):
    def stream(test, chunks):
        for chunk in chunks:
            test.partial_fit(chunk)
        return test

    chunks = np.array_split(reference, 9)
    test = KSDriftTest(window="reservoir", max_reference=20, random_state=3)
    whole = stream(clone(test), chunks)
    half = stream(clone(test), chunks[:4])
    resumed = stream(pickle.loads(pickle.dumps(half)), chunks[4:])
    copied = stream(copy.deepcopy(half), chunks[4:])
    for other in (resumed, copied, stream(clone(test), chunks)):
        np.testing.assert_array_equal(other.reference_, whole.reference_)
    assert whole.reference_.shape == (2, 20)
    differently = stream(clone(test).set_params(random_state=4), chunks)
    assert (differently.reference_ != whole.reference_).any()


def test_a_limit_without_a_window_is_refused(reference):
    test = KSDriftTest(max_reference=10)
    with pytest.raises(ValueError, match="window='last' or window='reservoir'"):
        test.fit(reference)


def test_a_rolling_reference_absorbs_slow_drift():
    rng = np.random.default_rng(6)
    start = rng.normal(size=(500, 1))
    rolling = KSDriftTest(window="last", max_reference=500).fit(start)
    fixed = KSDriftTest().fit(start)
    alarms = []
    for step in range(60):
        X = rng.normal(0.03 * step, size=(100, 1))
        alarms.append((rolling.predict(X).is_drift, fixed.predict(X).is_drift))
        rolling.partial_fit(X)
    late = np.mean(alarms[30:], axis=0)
    # The values have moved by almost two standard deviations.
    assert late[1] == 1.0
    assert late[0] < 0.5


def test_float32_is_kept(reference):
    test = KSDriftTest().fit(reference.astype(np.float32))
    assert test.reference_.dtype == np.float32
