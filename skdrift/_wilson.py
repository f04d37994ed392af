"""Confidence intervals of a proportion."""

from functools import lru_cache

import numpy as np
from scipy.stats import binomtest


def wilson_interval(n_hits, n_trials, confidence=0.95):
    """Wilson score interval of the proportions ``n_hits / n_trials``.

    Parameters
    ----------
    n_hits, n_trials : array-like of int, shape (n,)
        Successes and trials of each proportion.
    confidence : float, default=0.95
        Confidence level, in (0, 1).

    Returns
    -------
    low, high : ndarray of shape (n,)
        The bounds; NaN where there were no trials.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927.
    """
    bounds = [
        _interval(int(hits), int(trials), confidence)
        for hits, trials in zip(n_hits, n_trials, strict=True)
    ]
    low, high = np.asarray(bounds, dtype=float).reshape(-1, 2).T
    return low, high


@lru_cache(maxsize=4096)
def _interval(hits, trials, confidence):
    if trials == 0:
        return np.nan, np.nan
    interval = binomtest(hits, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
