"""Tests of the scaling by instance."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from skdrift import InstanceScaler


@parametrize_with_checks([InstanceScaler()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The checks about names mix arrays and frames between fit and transform.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.filterwarnings("ignore:X has feature names, but:UserWarning")
@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_param_validation,
        check_set_output_transform,
        check_set_output_transform_pandas,
        check_transformer_get_feature_names_out,
        check_transformer_get_feature_names_out_pandas,
    ],
    ids=lambda check: check.__name__,
)
def test_further_scikit_learn_checks(check):
    check("InstanceScaler", InstanceScaler())


@pytest.mark.parametrize("shape", [(20, 7), (20, 8, 8), (20, 9, 7, 3), (5, 2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_have_mean_0_and_standard_deviation_1(shape, dtype):
    X = np.random.default_rng(0).gamma(2, 30, shape).astype(dtype)
    before = X.copy()
    scaled = InstanceScaler().fit_transform(X)
    assert_array_equal(X, before)
    assert scaled.shape == shape
    assert scaled.dtype == dtype
    rows = scaled.reshape(len(X), -1).astype(np.float64)
    atol = 1e-6 if dtype == np.float32 else 1e-14
    assert_allclose(rows.mean(axis=1), 0, atol=atol)
    assert_allclose(rows.std(axis=1), 1, atol=atol)
    expected = X.reshape(len(X), -1).astype(np.float64)
    expected -= expected.mean(axis=1, keepdims=True)
    expected /= expected.std(axis=1, keepdims=True)
    assert_allclose(rows, expected, atol=10 * atol)


def test_brightness_and_contrast_of_an_image_do_not_matter():
    X = np.random.default_rng(0).random((10, 8, 8, 3))
    scaler = InstanceScaler().fit(X)
    assert_allclose(scaler.transform(3 * X + 7), scaler.transform(X), atol=1e-12)


def test_integers_become_floats():
    X = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    scaled = InstanceScaler().fit_transform(X)
    assert scaled.dtype == np.float64
    assert_array_equal(scaled, InstanceScaler().fit_transform(X.astype(np.float64)))


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, -1e300, 1e-320, 1e15 + 0.3])
def test_constant_rows_become_zero(value):
    X = np.full((2, 11, 13, 3), value)
    assert_array_equal(InstanceScaler().fit_transform(X), 0)


def test_huge_and_tiny_values_do_not_overflow():
    X = np.array([[1e308, -1e308, 0.0], [3e-310, -3e-310, 0.0], [1e200, 1e-200, 0.0]])
    scaled = InstanceScaler().fit_transform(X)
    one = np.sqrt(1.5)
    expected = [[one, -one, 0], [one, -one, 0], [np.sqrt(2), *[-np.sqrt(0.5)] * 2]]
    assert_allclose(scaled, expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_row_does_not_depend_on_the_others(dtype, monkeypatch):
    X = np.random.default_rng(0).random((50, 8, 8, 3)).astype(dtype)
    scaler = InstanceScaler().fit(X)
    together = scaler.transform(X)
    apart = np.concatenate([scaler.transform(X[i : i + 1]) for i in range(50)])
    assert_array_equal(together, apart)
    assert_array_equal(together[::-3], scaler.transform(X[::-3]))
    assert_array_equal(together, scaler.transform(np.asfortranarray(X)))
    monkeypatch.setattr("skdrift.models._instance_scaler._SLICE_VALUES", 7 * 8 * 8 * 3)
    assert_array_equal(together, scaler.transform(X))


def test_stateless_and_picklable():
    X = np.random.default_rng(0).random((6, 4, 4))
    unfitted = InstanceScaler().transform(X)
    fitted = InstanceScaler().fit(X)
    assert_array_equal(unfitted, fitted.transform(X))
    assert_array_equal(unfitted, pickle.loads(pickle.dumps(fitted)).transform(X))
    assert_array_equal(unfitted, clone(fitted).transform(X))


def test_pipeline_on_images():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 60)
    X = rng.standard_normal((120, 6, 6, 2))
    X[y == 1, :3] += 2.0
    # Every image has its own brightness and contrast, which hide the difference.
    X = X * rng.gamma(2, 10, (120, 1, 1, 1)) + 100 * rng.standard_normal((120, 1, 1, 1))
    flatten = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    model = make_pipeline(InstanceScaler(), flatten, LogisticRegression())
    scaled = model.fit(X[::2], y[::2]).score(X[1::2], y[1::2])
    unscaled = make_pipeline(flatten, LogisticRegression(max_iter=10_000))
    assert scaled > 0.95
    assert unscaled.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) < scaled - 0.03


def test_frames_and_names():
    frame = pd.DataFrame({"a": [1.0, 5.0], "b": [3.0, 7.0]})
    scaler = InstanceScaler().set_output(transform="pandas").fit(frame)
    scaled = scaler.transform(frame)
    assert list(scaled.columns) == ["a", "b"]
    assert_allclose(scaled, [[-1, 1], [-1, 1]])
    assert list(scaler.get_feature_names_out()) == ["a", "b"]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([[1.0, np.nan]]), "NaN"),
        (np.array([[[1.0, np.inf]]]), "infinity"),
        (np.ones(4), "2D array"),
        (np.array([["a", "b"]]), "could not convert"),
    ],
)
def test_bad_input(X, message):
    with pytest.raises(ValueError, match=message):
        InstanceScaler().fit(X)
    with pytest.raises(ValueError, match=message):
        InstanceScaler().transform(X)


def test_another_width_than_in_fit():
    scaler = InstanceScaler().fit(np.ones((3, 4)))
    with pytest.raises(
        ValueError, match="5 features, but InstanceScaler is expecting 4"
    ):
        scaler.transform(np.ones((3, 5)))
