"""Tests of the corruptions of time series."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdrift.datasets import SERIES_CORRUPTIONS, corrupt_series

SILENT = (0.1, 0.2, 0.4, 0.7, 1.0)


def make_series(n=30, n_channels=2):
    steps = np.random.default_rng(0).normal(size=(n, n_channels, 400))
    return 3 + steps.cumsum(axis=2) * np.array([1, 10])[:n_channels, np.newaxis]


def by_severity(name, amounts):
    cases = list(enumerate(amounts, start=1))
    return pytest.mark.parametrize(("severity", name), cases)


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
@pytest.mark.parametrize("shape", [(5, 1, 40), (3, 4, 7), (2, 1, 1)])
def test_shape_and_type_are_kept_and_the_input_untouched(kind, dtype, shape):
    X = (50 * np.random.default_rng(0).random(shape)).astype(dtype)
    before = X.copy()
    for severity in range(1, 6):
        shifted = corrupt_series(X, kind, severity, random_state=0)
        assert_array_equal(X, before)
        assert not np.shares_memory(X, shifted)
        assert shifted.shape == shape
        lost = np.isnan(shifted).any()
        assert shifted.dtype == (np.float64 if lost and dtype == np.int16 else dtype)
        assert lost == (kind == "missing") or kind == "missing"


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
def test_distance_to_the_clean_series_grows_with_severity(kind):
    X = make_series()
    distances = [
        np.abs(np.nan_to_num(corrupt_series(X, kind, s, random_state=0)) - X).mean()
        for s in range(1, 6)
    ]
    assert distances[0] > 0
    assert np.all(np.diff(distances) > 0)


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
def test_same_seed_same_result_and_later_series_do_not_matter(kind):
    X = make_series()
    shifted = corrupt_series(X, kind, 3, random_state=1)
    assert_array_equal(shifted, corrupt_series(X, kind, 3, random_state=1))
    assert_array_equal(shifted[:4], corrupt_series(X[:4], kind, 3, random_state=1))
    changed = X.copy()
    changed[4:] = 0
    again = corrupt_series(changed, kind, 3, random_state=1)
    assert_array_equal(shifted[:4], again[:4])
    if kind not in ("scale", "clip", "smooth"):
        other = corrupt_series(X, kind, 3, random_state=2)
        assert not np.array_equal(shifted, other, equal_nan=True)


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
def test_units_do_not_matter(kind):
    X = make_series()
    shifted = corrupt_series(X, kind, 3, random_state=0)
    assert_allclose(corrupt_series(1000 * X, kind, 3, random_state=0), 1000 * shifted)


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
def test_missing_and_constant_values(kind):
    X = make_series(4)
    X[0, 0, 5:9] = np.nan
    X[1, 1] = np.nan
    X[2, 0] = 7
    X[3, 0, 3] = np.inf
    shifted = corrupt_series(X, kind, 3, random_state=0)
    assert shifted.shape == X.shape
    if kind in ("noise", "spikes", "drift", "clip", "warp", "shift", "smooth"):
        assert_allclose(shifted[2, 0], 7)
        assert np.isnan(shifted[1, 1]).all()


@by_severity("std", (0.1, 0.25, 0.5, 1, 2))
def test_noise_in_standard_deviations_of_each_channel(severity, std):
    X = make_series()
    noise = corrupt_series(X, "noise", severity, random_state=0) - X
    assert_allclose(
        (noise / X.std(axis=2, keepdims=True)).std(axis=(0, 2)), std, rtol=0.05
    )


@by_severity("share", (0.005, 0.01, 0.02, 0.05, 0.1))
def test_spikes(severity, share):
    X = make_series()
    moved = (corrupt_series(X, "spikes", severity, 0) - X) / X.std(
        axis=2, keepdims=True
    )
    is_spike = np.abs(moved) > 1
    assert_array_equal(is_spike.sum(axis=(1, 2)), round(share * 800))
    assert_allclose(np.abs(moved[is_spike]), 5)
    assert set(np.sign(moved[is_spike])) == {-1, 1}
    one = corrupt_series(np.array([[[1.0, 2.0, 3.0]]]), "spikes", 1, random_state=0)
    assert (one != [1, 2, 3]).sum() == 1


@by_severity("std", (0.25, 0.5, 1, 2, 4))
def test_drift_of_the_base_line(severity, std):
    X = make_series()
    moved = corrupt_series(X, "drift", severity, random_state=0) - X
    assert_allclose(np.diff(moved, n=2), 0, atol=1e-12)
    assert_allclose(moved[..., 0], 0)
    end = moved[..., -1] / X.std(axis=2)
    assert_allclose(np.abs(end), std)
    assert set(np.sign(end.ravel())) == {-1, 1}


def test_scale_and_clip():
    X = make_series()
    assert_allclose(corrupt_series(X, "scale", 5), 5 * X)
    low, high = np.quantile(X, [0.2, 0.8], axis=2, keepdims=True)
    assert_allclose(corrupt_series(X, "clip", 3), np.clip(X, low, high))


@by_severity("share", SILENT)
@pytest.mark.parametrize("kind", ["dropout", "stuck"])
def test_one_channel_is_silent_for_a_while(kind, severity, share):
    X = make_series()
    shifted = corrupt_series(X, kind, severity, random_state=0)
    channels = set()
    for old, new in zip(X, shifted):
        (channel,) = np.flatnonzero((old != new).any(axis=1))
        times = np.flatnonzero(old[channel] != new[channel])
        first, last = times[0] - (kind == "stuck"), times[-1]
        value = 0 if kind == "dropout" else old[channel, first]
        assert last - first + 1 == round(share * 400)
        assert_array_equal(new[channel, first : last + 1], value)
        channels.add(int(channel))
    assert channels == {0, 1}


@by_severity("share", (0.05, 0.1, 0.2, 0.4, 0.7))
def test_share_of_missing_values(severity, share):
    lost = np.isnan(corrupt_series(make_series(), "missing", severity, random_state=0))
    assert_allclose(lost.mean(), share, atol=0.01)


@by_severity("share", (0.02, 0.05, 0.1, 0.2, 0.35))
def test_shift_in_time(severity, share):
    X = np.broadcast_to(np.arange(100.0), (20, 1, 100))
    moved = corrupt_series(X, "shift", severity, random_state=0) - X
    assert_allclose(np.abs(moved[..., 50]), 100 * share)
    assert set(np.sign(moved[..., 50].ravel())) == {-1, 1}
    shifted = corrupt_series(X, "shift", severity, random_state=0)
    assert (shifted.min(), shifted.max()) == (0, 99)


@by_severity("share", (0.02, 0.04, 0.07, 0.1, 0.14))
def test_warped_time_runs_forward_between_the_same_ends(severity, share):
    X = np.broadcast_to(np.arange(201.0), (20, 1, 201))
    warped = corrupt_series(X, "warp", severity, random_state=0)
    assert_allclose(warped[..., [0, -1]], X[..., [0, -1]], atol=1e-9)
    assert (np.diff(warped) > 0).all()
    assert_allclose(np.abs(warped - X).max(axis=2), 200 * share, rtol=1e-3)


def test_smooth_series_vary_less():
    X = make_series() + np.random.default_rng(0).normal(size=(30, 2, 400))
    steps = [
        np.abs(np.diff(corrupt_series(X, "smooth", s))).mean() for s in range(1, 6)
    ]
    assert np.all(np.diff([np.abs(np.diff(X)).mean(), *steps]) < 0)
    assert_allclose(corrupt_series(X, "smooth", 1).mean(), X.mean(), rtol=0.01)


def test_integers_become_wider_where_they_must():
    X = np.array([[[1, 100, -50]]], dtype=np.int8)
    shifted = corrupt_series(X, "scale", 5)
    assert shifted.dtype == np.int64
    assert_array_equal(shifted, [[[5, 500, -250]]])
    assert corrupt_series(X, "scale", 1).dtype == np.int8


@pytest.mark.parametrize("kind", ["fog", None, 3])
def test_unknown_kind_names_the_known_ones(kind):
    with pytest.raises(ValueError, match="expected one of noise, spikes, drift"):
        corrupt_series(np.ones((1, 1, 3)), kind, 1)


@pytest.mark.parametrize("severity", [0, 6, 1.0, True])
def test_unknown_severity(severity):
    with pytest.raises(ValueError, match="severity must be one of 1, 2, 3, 4, 5"):
        corrupt_series(np.ones((1, 1, 3)), "noise", severity)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((3, 5)), r"got an array of shape \(3, 5\). X\[:, np.newaxis\] makes"),
        (np.ones(5), r"got an array of shape \(5,\).$"),
        (np.ones((0, 1, 5)), r"No series given: the array has shape \(0, 1, 5\)"),
        (np.array([[["a"]]]), "must hold numbers; got values of type <U1"),
        ([np.ones((1, 3)), np.ones((1, 4))], "these differ. Cut or pad them"),
    ],
)
def test_bad_series(X, message):
    with pytest.raises(ValueError, match=message):
        corrupt_series(X, "noise", 1)
