"""Corruptions of time series, at five severities, of any length and channel count."""

import numpy as np
from scipy import ndimage
from sklearn.utils import check_random_state

from skdrift.datasets._images import check_severity

# Amounts are in standard deviations of a channel of a series, times in shares of its
# length, so that a severity means about the same for all series.
_NOISE_STD = (0.1, 0.25, 0.5, 1.0, 2.0)
_DRIFT_STD = (0.25, 0.5, 1.0, 2.0, 4.0)
_SPIKE_SHARE = (0.005, 0.01, 0.02, 0.05, 0.1)
_SPIKE_STD = 5.0
_SCALE_FACTOR = (1.2, 1.5, 2.0, 3.0, 5.0)
_CLIP_QUANTILE = (0.05, 0.1, 0.2, 0.3, 0.45)
_MISSING_SHARE = (0.05, 0.1, 0.2, 0.4, 0.7)
_SILENT_SHARE = (0.1, 0.2, 0.4, 0.7, 1.0)
_WARP_SHARE = (0.02, 0.04, 0.07, 0.1, 0.14)
_SHIFT_SHARE = (0.02, 0.05, 0.1, 0.2, 0.35)
_SMOOTH_SHARE = (0.005, 0.01, 0.02, 0.05, 0.1)


def corrupt_series(X, kind, severity, random_state=None):
    """Return a corrupted copy of a set of time series.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, n_times)
        The series. They are not changed.
    kind : str
        One of `SERIES_CORRUPTIONS`, with what severities 1 to 5 stand for. Standard
        deviations are those of a channel of the series in question.

        - ``"noise"``: Gaussian noise of .1, .25, .5, 1, 2 standard deviations;
        - ``"spikes"``: a share of .005, .01, .02, .05, .1 of the values, and one at
          least, is 5 standard deviations too large or too small;
        - ``"drift"``: the base line moves evenly by .25, .5, 1, 2, 4 standard
          deviations, up or down;
        - ``"scale"``: all values are multiplied by 1.2, 1.5, 2, 3, 5;
        - ``"clip"``: values are clipped at the quantiles .05, .1, .2, .3, .45 of the
          channel from below and from above;
        - ``"smooth"``: a Gaussian of .005, .01, .02, .05, .1 of the length blurs them;
        - ``"dropout"``: one channel is 0 for .1, .2, .4, .7, 1 of the time;
        - ``"stuck"``: one channel stays where it is for that time;
        - ``"missing"``: a share of .05, .1, .2, .4, .7 of the values is missing;
        - ``"warp"``: time goes faster in places and slower in others, by up to .02,
          .04, .07, .1, .14 of the length;
        - ``"shift"``: the series comes too early or too late by .02, .05, .1, .2, .35
          of the length; what comes into view repeats the border.
    severity : int
        From 1 (slight) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed of the noise, places and directions. The corruption of a series does not
        depend on the series after it.

    Returns
    -------
    ndarray of shape (n_samples, n_channels, n_times)
        The corrupted series, of the type of `X` where it can hold them: integers are
        rounded, become wider where they would overflow and floats where values are
        missing.

    Raises
    ------
    ValueError
        If the kind or the severity is unknown, or `X` is empty, does not hold numbers
        or does not have three dimensions.

    See Also
    --------
    corrupt_images : The same for images.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift.datasets import corrupt_series
    >>> X = np.sin(np.linspace(0, 6, 50)).reshape(1, 1, 50)
    >>> print(X.max().round(2), corrupt_series(X, "clip", 3).max().round(2))
    1.0 0.81
    """
    if not isinstance(kind, str) or kind not in _CORRUPTIONS:
        raise ValueError(
            f"Unknown kind {kind!r}; expected one of {', '.join(SERIES_CORRUPTIONS)}."
        )
    level = check_severity(severity) - 1
    series = _check_series(X)
    corrupt, amounts = _CORRUPTIONS[kind]
    seeds = check_random_state(random_state).randint(2**31, size=len(series))
    result = np.empty(series.shape)
    for row, (channels, seed) in enumerate(zip(series, seeds)):
        rng = np.random.default_rng(seed)
        result[row] = corrupt(channels.astype(float), amounts[level], rng)
    return _as_type(result, series.dtype)


def _check_series(X):
    try:
        series = np.asarray(X)
    except ValueError:
        raise ValueError(
            "Series must have the same number of channels and times; these differ. Cut "
            "or pad them to one length."
        ) from None
    if series.dtype.kind not in "iuf":
        raise ValueError(
            f"Series must hold numbers; got values of type {series.dtype}."
        )
    if series.ndim != 3:
        raise ValueError(
            "Series must have shape (n_samples, n_channels, n_times); got an array of "
            f"shape {series.shape}."
            + " X[:, np.newaxis] makes one channel of it."
            * (series.ndim == 2)
        )
    if series.size == 0:
        raise ValueError(f"No series given: the array has shape {series.shape}.")
    return series


def _as_type(values, dtype):
    """Floats as the type that they were computed from, or as one that holds them."""
    if dtype.kind == "f":
        return values.astype(dtype)
    if np.isnan(values).any():
        return values
    rounded = np.rint(values)
    for candidate in (dtype, np.int64):
        limits = np.iinfo(candidate)
        if limits.min <= int(rounded.min()) and int(rounded.max()) <= limits.max:
            return rounded.astype(candidate)
    return rounded


def _spread(x):
    """Return the standard deviation of each channel's finite values, 0 without any."""
    present = [channel[np.isfinite(channel)] for channel in x]
    spread = [np.std(values) if len(values) else 0.0 for values in present]
    return np.array(spread)[:, np.newaxis]


def _stretch(x, share, rng):
    """Pick a channel, and a stretch of its times."""
    n_times = x.shape[1]
    length = max(1, round(share * n_times))
    start = int(rng.integers(n_times - length + 1))
    return int(rng.integers(len(x))), start, start + length


def _read_at(x, times):
    """Values of all channels at fractional times, beyond the ends those of the ends."""
    given = np.arange(x.shape[1])
    return np.array([np.interp(times, given, channel) for channel in x])


def _noise(x, std, rng):
    return x + std * _spread(x) * rng.standard_normal(x.shape)


def _spikes(x, share, rng):
    n_spikes = max(1, round(share * x.size))
    places = rng.choice(x.size, n_spikes, replace=False)
    spikes = np.zeros(x.size)
    spikes[places] = rng.choice([-_SPIKE_STD, _SPIKE_STD], n_spikes)
    return x + _spread(x) * spikes.reshape(x.shape)


def _drift(x, std, rng):
    signs = rng.choice([-1.0, 1.0], (len(x), 1))
    return x + std * signs * _spread(x) * np.linspace(0, 1, x.shape[1])


def _scale(x, factor, rng):
    return factor * x


def _clip(x, quantile, rng):
    result = x.copy()
    for channel in result:
        present = channel[np.isfinite(channel)]
        if len(present):
            low, high = np.quantile(present, [quantile, 1 - quantile])
            np.clip(channel, low, high, out=channel)
    return result


def _smooth(x, share, rng):
    std = max(0.5, share * x.shape[1])
    return ndimage.gaussian_filter1d(x, std, axis=1, mode="nearest")


def _dropout(x, share, rng):
    channel, start, stop = _stretch(x, share, rng)
    x[channel, start:stop] = 0.0
    return x


def _stuck(x, share, rng):
    channel, start, stop = _stretch(x, share, rng)
    x[channel, start:stop] = x[channel, start]
    return x


def _missing(x, share, rng):
    return np.where(rng.random(x.shape) < share, np.nan, x)


def _warp(x, share, rng):
    last = x.shape[1] - 1
    times = np.arange(last + 1)
    # One or two waves that begin and end with the series, so that its ends stay. At
    # these amounts time never runs backwards.
    waves = np.sin(np.pi * rng.integers(1, 3) * times / max(last, 1))
    return _read_at(x, times + rng.choice([-1.0, 1.0]) * share * last * waves)


def _shift(x, share, rng):
    distance = rng.choice([-1.0, 1.0]) * max(1.0, share * x.shape[1])
    return _read_at(x, np.arange(x.shape[1]) + distance)


_CORRUPTIONS = {
    "noise": (_noise, _NOISE_STD),
    "spikes": (_spikes, _SPIKE_SHARE),
    "drift": (_drift, _DRIFT_STD),
    "scale": (_scale, _SCALE_FACTOR),
    "clip": (_clip, _CLIP_QUANTILE),
    "smooth": (_smooth, _SMOOTH_SHARE),
    "dropout": (_dropout, _SILENT_SHARE),
    "stuck": (_stuck, _SILENT_SHARE),
    "missing": (_missing, _MISSING_SHARE),
    "warp": (_warp, _WARP_SHARE),
    "shift": (_shift, _SHIFT_SHARE),
}

#: The names that :func:`corrupt_series` knows.
SERIES_CORRUPTIONS = tuple(_CORRUPTIONS)
