"""Hypergeometric probabilities of many cases at once, accurate far into the tail."""

import numpy as np
from scipy.special import gammaln

# Standard deviations beyond which the terms of a sum are far below rounding.
_REACH = 12


def log_pmf(x, total, marked, drawn):
    """Log probability of x marked items among those drawn.

    Parameters
    ----------
    x, total, marked, drawn : array-like of int
        ``drawn`` of ``total`` items are drawn without replacement; ``marked`` of all
        items are marked. Arrays broadcast.

    Returns
    -------
    log_probability : ndarray
        Minus infinity for an impossible x.

    Examples
    --------
    >>> np.exp(log_pmf([0, 1, 2, 3], total=6, marked=2, drawn=3)).round(3)
    array([0.2, 0.6, 0.2, 0. ])
    """
    x, total, marked, drawn = np.broadcast_arrays(x, total, marked, drawn)
    possible = (x >= 0) & (x <= marked) & (x <= drawn) & (drawn - x <= total - marked)
    chosen = np.where(possible, x, np.maximum(marked + drawn - total, 0))
    log_probability = (
        _log_binomial(drawn, chosen)
        + _log_binomial(total - drawn, marked - chosen)
        - _log_binomial(total, marked)
    )
    return np.where(possible, log_probability, -np.inf)


def _log_binomial(n, k):
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def reach(total, marked, drawn):
    """Distance from the mean at which probabilities have become negligible."""
    share = marked / total
    variance = drawn * share * (1 - share) * (total - drawn) / max(total - 1, 1)
    return np.ceil(_REACH * np.sqrt(variance)).astype(np.int64) + 50


def log_upper_tail(x, total, marked, drawn):
    """Log probability of at least x marked items among those drawn.

    Parameters
    ----------
    x, drawn : ndarray of int, shape (n_cases,)
        Cases.
    total, marked : int
        As in `log_pmf`.

    Returns
    -------
    log_probability : ndarray of shape (n_cases,)

    Examples
    --------
    >>> tail = log_upper_tail(np.array([0, 1, 2]), 6, 2, np.array([3, 3, 3]))
    >>> np.exp(tail).round(3)
    array([1. , 0.8, 0.2])
    """
    x, drawn = np.broadcast_arrays(x, drawn)
    least = np.maximum(marked + drawn - total, 0)
    most = np.minimum(marked, drawn)
    mean = drawn * (marked / total)
    distance = reach(total, marked, drawn)
    start = np.maximum(x, np.maximum(least, np.floor(mean).astype(int) - distance))
    stop = np.minimum(np.maximum(start, np.ceil(mean).astype(int)) + distance, most)
    width = max(int((stop - start).max(initial=0)) + 1, 1)
    terms = start[:, None] + np.arange(width)
    logs = log_pmf(terms, total, marked, drawn[:, None])
    with np.errstate(divide="ignore"):
        peak = logs.max(axis=1)
        shift = np.where(np.isfinite(peak), peak, 0.0)
        # A plain sum's rounding would depend on the cases handled together.
        sums = np.add.accumulate(np.exp(logs - shift[:, None]), axis=1)[:, -1]
        tail = shift + np.log(sums)
    return np.where(x <= least, 0.0, np.minimum(tail, 0.0))
