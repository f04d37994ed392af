import copy
import dataclasses
import pickle

import numpy as np
import pytest

from skdrift import DriftResult, KSDriftTest
from skdrift.detection._result import DriftCounts


@pytest.fixture
def fitted():
    return KSDriftTest().fit(np.random.default_rng(0).normal(size=(100, 2)))


@pytest.fixture
def one(fitted):
    return fitted.predict(np.random.default_rng(1).normal([0, 3], size=(50, 2)))


@pytest.fixture
def several(fitted):
    X = np.random.default_rng(2).normal(size=(60, 2))
    X[20:40] += 3
    return fitted.predict(X, groups=np.repeat(["c", "a", "b"], 20))


def test_it_unpacks_and_indexes_like_its_first_five_fields(one):
    assert len(one) == 5
    assert one[0] is one.is_drift
    assert one[-1] is one.feature_is_drift
    assert one[1:4] == (one.p_value, one.statistic, one.feature_p_values)
    with pytest.raises(IndexError):
        one[5]
    is_drift, p_value, statistic, feature_p_values, feature_is_drift = one
    assert is_drift is True
    assert isinstance(p_value, float)
    assert statistic.shape == feature_p_values.shape == feature_is_drift.shape == (2,)
    assert feature_is_drift.tolist() == [False, True]
    assert repr(one).startswith("DriftResult(is_drift=True, p_value=")


def test_truth_of_one_batch_and_of_several(one, several):
    assert bool(one) is True
    assert bool(one._replace(is_drift=False)) is False
    assert bool(one) is True
    with pytest.raises(ValueError, match=r"3 batches.*any\(\)"):
        bool(several)


def test_shapes_of_several_batches(several):
    assert several.is_drift.tolist() == [True, False, False]
    assert several.p_value.shape == (3,)
    assert several.statistic.shape == (3, 2)
    assert several.feature_p_values.shape == (3, 2)
    assert several.feature_is_drift.shape == (3, 2)
    assert several.group_labels.tolist() == ["a", "b", "c"]


def test_frame_of_one_batch(one):
    frame = one.to_frame()
    assert frame.columns.tolist() == [
        "feature",
        "statistic",
        "p_value",
        "is_drift",
        "batch_p_value",
        "batch_is_drift",
        "p_value_method",
        "n_tested",
        "n_omitted",
        "min_effect",
    ]
    assert frame["feature"].tolist() == ["x0", "x1"]
    np.testing.assert_array_equal(frame["p_value"], one.feature_p_values)
    np.testing.assert_array_equal(frame["batch_p_value"], [one.p_value] * 2)
    assert frame["is_drift"].dtype == bool
    assert frame["batch_is_drift"].dtype == bool


def test_frame_of_several_batches(several):
    frame = several.to_frame()
    assert frame["group"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert frame["feature"].tolist() == ["x0", "x1"] * 3
    for row in range(6):
        batch, feature = divmod(row, 2)
        assert frame["statistic"][row] == several.statistic[batch, feature]
        assert frame["p_value"][row] == several.feature_p_values[batch, feature]
        assert frame["batch_p_value"][row] == several.p_value[batch]


def test_frame_of_a_bare_result_numbers_batches_and_features():
    result = DriftResult(
        np.array([True, False]),
        np.array([0.01, 0.5]),
        np.array([[0.9], [0.1]]),
        np.array([[0.01], [0.5]]),
        np.array([[True], [False]]),
    )
    frame = result.to_frame()
    assert frame["group"].tolist() == [0, 1]
    assert frame["feature"].tolist() == ["x0", "x0"]


def test_as_an_array_it_has_one_row_for_each_batch(one, several):
    np.testing.assert_array_equal(
        np.asarray(one), [1, one.p_value, *one.statistic, *one.feature_p_values, 0, 1]
    )
    assert np.asarray(several).shape == (3, 8)


def test_as_an_array_of_another_type(one):
    assert np.asarray(one, dtype=np.float32).dtype == np.float32


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda result: pickle.loads(pickle.dumps(result)),
    "replace": dataclasses.replace,
    "_replace": lambda result: result._replace(),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_keep_everything(one, several, name):
    for result in (one, several):
        twin = COPIES[name](result)
        assert twin is not result
        assert twin == result
        assert repr(twin) == repr(result)
        assert twin.to_frame().equals(result.to_frame())
        for part in dataclasses.fields(DriftResult):
            kept, given = getattr(twin, part.name), getattr(result, part.name)
            np.testing.assert_array_equal(kept, given)


def test_equality_is_true_or_false(fitted, one, several):
    X = np.random.default_rng(1).normal([0, 3], size=(50, 2))
    assert fitted.predict(X) == one
    assert (fitted.predict(X) != one) is False
    assert one != several
    assert one != tuple(one)
    for part in dataclasses.fields(DriftResult):
        value = getattr(several, part.name)
        changed = "other" if part.name == "p_value_method" else 7
        other = np.full(np.shape(value), changed) if np.ndim(value) else changed
        assert several._replace(**{part.name: other}) != several, part.name
    lost = one._replace(feature_p_values=np.array([np.nan, 0.1]))
    assert lost == one._replace(feature_p_values=np.array([np.nan, 0.1]))
    assert lost != one
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_it_cannot_be_changed(one):
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.p_value = 0.5
    with pytest.raises(TypeError, match="positional arguments"):
        DriftResult(*one, one.group_labels)


def test_the_smallest_effect_that_counts_stands_beside_the_p_values(fitted):
    X = np.random.default_rng(1).normal([0, 3], size=(50, 2))
    frame = fitted.set_params(min_effect=0.3).predict(X).to_frame()
    assert frame["min_effect"].tolist() == [0.3, 0.3]
    exceeds = frame["statistic"] > frame["min_effect"]
    assert (frame["is_drift"] == exceeds & (2 * frame["p_value"] <= 0.05)).all()


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 2)).round(2), rng.normal(0.1, size=(3000, 2))


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n_pieces", [1, 7, 3000])
def test_the_sum_over_pieces_gives_the_whole_batch(data, alternative, n_pieces):
    reference, X = data
    X = X[:300] if n_pieces == 3000 else X
    test = KSDriftTest(alternative=alternative).fit(reference)
    pieces = np.array_split(X, min(n_pieces, len(X)))
    result = test.predict_counts(sum(test.count(piece) for piece in pieces))
    whole = test.predict(X)
    np.testing.assert_array_equal(result.statistic, whole.statistic)
    np.testing.assert_allclose(
        result.feature_p_values, whole.feature_p_values, rtol=1e-10
    )
    assert result.is_drift is whole.is_drift


def test_random_cases_with_ties_and_partitions():
    rng = np.random.default_rng(1)
    for _ in range(100):
        n, m = rng.integers(1, 60, size=2)
        reference = rng.integers(0, 20, size=(n, 1)) / 2
        X = rng.integers(-2, 44, size=(m, 1)) / 4
        alternative = rng.choice(["two-sided", "greater", "less"])
        test = KSDriftTest(alternative=alternative).fit(reference)
        cuts = np.sort(rng.integers(1, m + 1, size=2))
        pieces = [piece for piece in np.split(X, cuts) if len(piece)]
        rng.shuffle(pieces)
        counts = pieces and sum(map(test.count, pieces))
        result = test.predict_counts(counts)
        assert result.statistic == test.predict(X).statistic
        assert result.p_value >= test.predict(X).p_value * (1 - 1e-9)


def test_addition_is_associative_and_starts_from_zero(data):
    reference, X = data
    test = KSDriftTest().fit(reference)
    a, b, c = (test.count(piece) for piece in np.array_split(X, 3))
    assert (a + b) + c == a + (b + c) == c + a + b == sum([b, c, a])
    assert a + b != a
    assert a.n_values.tolist() == [1000, 1000]
    assert repr(a) == "DriftCounts(n_values=[1000, 1000])"
    assert a.__add__(1) is NotImplemented
    assert a.__eq__(1) is NotImplemented
    with pytest.raises(TypeError, match="unsupported operand"):
        a + 1
    with pytest.raises(TypeError, match="unsupported operand"):
        1 + a


def test_its_size_depends_on_the_reference_alone(data):
    reference, X = data
    test = KSDriftTest().fit(reference)
    small, large = test.count(X[:10]), sum(test.count(X) for _ in range(10))
    assert len(pickle.dumps(large)) <= len(pickle.dumps(small)) + 100
    assert pickle.loads(pickle.dumps(large)) == large


def test_float32_chunks_are_counted_as_they_are(data):
    reference, X = data
    test = KSDriftTest().fit(reference)
    single = X.astype(np.float32)
    counts = test.count(single[:1000]) + test.count(single[1000:])
    coarse = KSDriftTest().fit(reference.astype(np.float32))
    np.testing.assert_array_equal(
        test.predict_counts(counts).statistic, coarse.predict(single).statistic
    )


def test_omitted_values_are_not_counted(data):
    reference, X = data
    X = X.copy()
    X[::30, 0] = np.nan
    X[1::7, 1] = np.inf
    test = KSDriftTest(nan_policy="omit").fit(reference)
    counts = test.count(X[:1500]) + test.count(X[1500:])
    assert counts.n_values.tolist() == [2900, 3000]
    assert counts.n_omitted.tolist() == [100, 0]
    whole = test.predict(X)
    np.testing.assert_array_equal(
        test.predict_counts(counts).statistic, whole.statistic
    )


def test_counts_of_different_references_do_not_mix(data):
    reference, X = data
    test, other = KSDriftTest().fit(reference), KSDriftTest().fit(reference[1:])
    with pytest.raises(ValueError, match="different references"):
        test.count(X) + other.count(X)
    with pytest.raises(ValueError, match="another reference"):
        test.predict_counts(other.count(X))
    counts = test.count(X)
    test.partial_fit(reference[:1])
    with pytest.raises(ValueError, match="another reference"):
        test.predict_counts(counts)


@pytest.mark.parametrize("wrong", [0, None, {"n": 3}])
def test_what_is_no_counts_is_refused(data, wrong):
    test = KSDriftTest().fit(data[0])
    with pytest.raises(TypeError, match="counts must be what `count` returned"):
        test.predict_counts(wrong)


def test_method_is_told_for_each_feature(data):
    reference, X = data
    test = KSDriftTest().fit(reference)
    few = test.predict_counts(test.count(X[:2]))
    assert few.p_value_method.tolist() == ["exact", "exact"]
    assert test.predict_counts(test.count(X)).p_value_method.tolist() == [
        "upper_bound",
        "upper_bound",
    ]
    test.set_params(method="asymptotic")
    assert test.predict_counts(test.count(X)).p_value_method.tolist() == [
        "asymptotic",
        "asymptotic",
    ]
    assert isinstance(test.count(X), DriftCounts)
