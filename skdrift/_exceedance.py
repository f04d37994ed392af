"""Test of how many batch values exceed a quantile of the reference, exact with ties."""

import numpy as np

from ._hypergeometric import log_pmf, log_upper_tail, reach

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
