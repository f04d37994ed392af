"""Test of how many batch values exceed a quantile of the reference, exact with ties.

Hypergeometric probabilities of many cases are computed at once, accurate far into the
tail.
"""

import numpy as np
from scipy.special import gammaln

# Terms up to which both sums of a tied p-value are carried out.
_TERMS = 2_000


def quantile_rank(q, n):
    """Rank of the reference value that is its q quantile, counted upwards from 1.

    Parameters
    ----------
    q : float
        Between 0 and 1.
    n : int
        Reference size.

    Returns
    -------
    rank : int
        The smallest rank that leaves at most a share 1 - q of the values above it.

    Examples
    --------
    >>> quantile_rank(0.95, 1000), quantile_rank(0.55, 100), quantile_rank(0.5, 1)
    (950, 55, 1)
    """
    # 0.55 * 100 is a little above 55 in binary.
    return max(1, int(np.ceil(q * n * (1 - 1e-12))))


def exceedance_p_values(above, below, n, m, rank, reference_above, reference_below):
    """P-values of the number of batch values above a value of the reference.

    With A the batch values above the reference's ``rank``-th value, the p-value is the
    share of the arrangements of the pooled values, ties kept, in which A is at least as
    large. Without ties that is a hypergeometric tail. If values are tied at the
    quantile, the place and the size of that one tie are all that matters.

    Parameters
    ----------
    above, below : ndarray of int, shape (n_batches,)
        Batch values above, and below, the reference's ``rank``-th value.
    n, m : int
        Reference size and batch size.
    rank : int
        Rank of the reference value, 1 for the smallest.
    reference_above, reference_below : int or ndarray of int, shape (n_batches,)
        Reference values above and below it.

    Returns
    -------
    p_value : ndarray of shape (n_batches,)
    exact : ndarray of bool, shape (n_batches,)
        False where the p-value is an upper bound: with a tie at the quantile in batches
        of many thousands.

    Examples
    --------
    Two of two batch values lie above the third of four reference values. Of the 15
    arrangements three have that:

    >>> p_value, exact = exceedance_p_values(
    ...     np.array([2]), np.array([0]), 4, 2, 3, 1, 2
    ... )
    >>> p_value.round(12), exact
    (array([0.2]), array([ True]))
    """
    cases = np.stack(
        np.broadcast_arrays(above, below, reference_above, reference_below)
    )
    cases, which = np.unique(cases, axis=1, return_inverse=True)
    p_value, exact = _distinct_p_values(*cases, n, m, rank)
    # The shape of the inverse differs between versions of numpy.
    which = which.reshape(-1)
    return p_value[which], exact[which]


def _distinct_p_values(above, below, reference_above, reference_below, n, m, rank):
    total = n + m
    # From the top: the pooled values above the tie, and those with the tie.
    top = reference_above + above
    top_tied = total - reference_below - below
    # The quantile lies below the tie exactly when the latter hold that many batch
    # values; then all of these are above it.
    needed = top_tied - (n - rank)
    first = np.exp(log_upper_tail(above, total, m, top))
    exact = np.ones(above.shape, dtype=bool)
    rest = np.zeros(above.shape)
    for case in np.flatnonzero(top_tied - top > 1):
        rest[case], exact[case] = _below_the_tie(
            above[case], needed[case], total, m, top[case], top_tied[case]
        )
    return np.minimum(first + rest, 1.0), exact


def _below_the_tie(above, needed, total, m, top, top_tied):
    """Probability of fewer than ``above`` at the top but ``needed`` with the tie."""
    size = top_tied - top
    mean = top * (m / total)
    least = max(needed - size, int(mean) - reach(total, m, top), m + top - total, 0)
    if max(above - least, min(size, reach(total - top, m - least, size))) > _TERMS:
        bound = log_upper_tail(np.array([needed]), total, m, np.array([top_tied]))
        return np.exp(bound[0]), False
    at_top = np.arange(least, above)
    if at_top.size == 0:
        return 0.0, True
    log_at_top = log_pmf(at_top, total, m, top)
    in_tie = [
        log_upper_tail(np.array([needed - a]), total - top, m - a, np.array([size]))[0]
        for a in at_top.tolist()
    ]
    return np.exp(log_at_top + in_tie).sum(), True


def exceedance_test(reference, batches, q=0.95):
    """Test of every batch for too many values above its reference's q quantile.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order.
    q : float, default=0.95
        The quantile is the reference value that leaves at most a share 1 - q above it.

    Returns
    -------
    excess : ndarray of shape (n_columns, n_batches)
        Share of the batch minus share of the reference above the quantile.
    p_value : ndarray of shape (n_columns, n_batches)
    exact : ndarray of bool, shape (n_columns, n_batches)
        Whether the p-value is exact given the ties; an upper bound otherwise.

    Examples
    --------
    >>> reference = np.arange(100.0)[None]
    >>> batches = np.array([[[1.5, 40.5, 96.5], [96.5, 97.5, 98.5]]])
    >>> excess, p_value, _ = exceedance_test(reference, batches)
    >>> excess.round(3)
    array([[0.283, 0.95 ]])
    >>> p_value.round(4)
    array([[0.1663, 0.0003]])
    """
    n, m = reference.shape[1], batches.shape[2]
    rank = quantile_rank(q, n)
    quantile = reference[:, rank - 1]
    above = np.count_nonzero(batches > quantile[:, None, None], axis=2)
    below = np.count_nonzero(batches < quantile[:, None, None], axis=2)
    reference_above = np.count_nonzero(reference > quantile[:, None], axis=1)[:, None]
    reference_below = np.count_nonzero(reference < quantile[:, None], axis=1)[:, None]
    excess = above / m - reference_above / n
    p_value, exact = exceedance_p_values(
        above.reshape(-1),
        below.reshape(-1),
        n,
        m,
        rank,
        np.broadcast_to(reference_above, above.shape).reshape(-1),
        np.broadcast_to(reference_below, above.shape).reshape(-1),
    )
    return excess, p_value.reshape(above.shape), exact.reshape(above.shape)


def exceedance_test_counts(reference, below, not_above, size, q=0.95):
    """Test of a batch known by its counts for too many values above a quantile.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int, shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    q : float, default=0.95
        As in `exceedance_test`.

    Returns
    -------
    excess, p_value : float
        Exactly those of the whole batch.
    method : {"exact", "upper_bound"}
    """
    n = reference.size
    rank = quantile_rank(q, n)
    quantile = reference[rank - 1]
    distinct, first, repeats = np.unique(
        reference, return_index=True, return_counts=True
    )
    place = distinct.searchsorted(quantile)
    above = size - int(not_above[place])
    reference_below = int(first[place])
    reference_above = n - reference_below - int(repeats[place])
    p_value, exact = exceedance_p_values(
        np.array([above]),
        below[[place]],
        n,
        size,
        rank,
        reference_above,
        reference_below,
    )
    method = "exact" if exact[0] else "upper_bound"
    return above / size - reference_above / n, float(p_value[0]), method


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
