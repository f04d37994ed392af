import copy
import pickle

import numpy as np
import pytest

from skdrift import DriftResult, KSDriftTest


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


def test_it_is_a_named_tuple_of_five_fields(one):
    assert isinstance(one, tuple)
    assert DriftResult._fields == (
        "is_drift",
        "p_value",
        "statistic",
        "feature_p_values",
        "feature_is_drift",
    )
    is_drift, p_value, statistic, feature_p_values, feature_is_drift = one
    assert is_drift is True
    assert isinstance(p_value, float)
    assert statistic.shape == feature_p_values.shape == feature_is_drift.shape == (2,)
    assert feature_is_drift.tolist() == [False, True]
    assert repr(one).startswith("DriftResult(is_drift=True, p_value=")


def test_truth_of_one_batch_and_of_several(one, several):
    assert bool(one) is True
    assert bool(one._replace(is_drift=False)) is False
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


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy])
def test_copies_keep_what_is_beside_the_fields(several, duplicate):
    twin = duplicate(several)
    assert isinstance(twin, DriftResult)
    assert twin.group_labels.tolist() == several.group_labels.tolist()
    twin = pickle.loads(pickle.dumps(several))
    np.testing.assert_array_equal(np.asarray(twin), np.asarray(several))
    assert twin.p_value_method.tolist() == several.p_value_method.tolist()
    assert twin.feature_names.tolist() == several.feature_names.tolist()
