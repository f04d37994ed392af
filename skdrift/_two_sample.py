"""The two-sample Kolmogorov-Smirnov test of many batches against one reference.

All functions take stacks: ``reference`` of shape (n_columns, n), sorted, and batches of
shape (n_columns, n_batches, m). Statistics are integers, H = n m D, so that ties and
equality with a critical value are decided exactly.
"""

import numpy as np

from ._ks_distribution import is_cheap, ks_p_values
from ._places import placed_blocks

ALTERNATIVES = ("two-sided", "greater", "less")

# Pooled values held at once to find where ties end.
_POOLED = 2**21


def check_size(n, m):
    """Refuse sample sizes whose product does not fit into 64 bits."""
    if n * m >= 2**63:
        raise ValueError(
            f"The statistic of {m} batch values against {n} reference values does not "
            "fit into 64 bits; use a smaller reference."
        )


def ks_statistics(reference, batches):
    """Integer one-sided Kolmogorov-Smirnov statistics, exact with ties.

    With b the sorted batch and l_k, r_k the numbers of reference values below b_k and
    not above b_k: ``less = max(0, max_k(k n - r_k m))``, where the batch's distribution
    function lies above, and ``greater = max(0, max_k(l_k m - (k - 1) n))``, where it
    lies below. The two-sided statistic is the larger one.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis, without NaN.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order, without NaN.

    Returns
    -------
    greater, less : ndarray of int64, shape (n_columns, n_batches)
        n m D for each alternative.
    tied : ndarray of bool, shape (n_columns, n_batches)
        Whether the pooled sample has ties.

    Raises
    ------
    ValueError
        If n m does not fit into 64 bits.
    """
    n_columns, n = reference.shape
    n_batches, m = batches.shape[1:]
    check_size(n, m)
    greater = np.empty((n_columns, n_batches), dtype=np.int64)
    less = np.empty_like(greater)
    tied = np.empty((n_columns, n_batches), dtype=bool)
    ranks = np.arange(1, m + 1, dtype=np.int64) * n
    for block, below, not_above, tied[block] in placed_blocks(reference, batches):
        difference = ranks - below * m
        greater[block] = n - difference.min(axis=-1)
        if not_above is not below:
            difference = ranks - not_above * m
        less[block] = difference.max(axis=-1)
    np.maximum(greater, 0, out=greater)
    np.maximum(less, 0, out=less)
    return greater, less, tied


def ks_test(reference, batches, alternative="two-sided", method="auto"):
    """Two-sample Kolmogorov-Smirnov test of every batch against its reference.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater": batch values tend to be larger.
    method : {"auto", "exact", "asymptotic"}, default="auto"
        See `ks_p_values`.

    Returns
    -------
    statistic : ndarray of shape (n_columns, n_batches)
        The Kolmogorov-Smirnov distance D.
    p_value : ndarray of shape (n_columns, n_batches)
    exact : ndarray of bool, shape (n_columns, n_batches)
        Whether the p-value is exact given the ties.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.arange(10.0)[None]
    >>> batches = np.array([[[1.5, 4.5, 7.5], [8.5, 8.5, 9.5]]])
    >>> statistic, p_value, exact = ks_test(reference, batches)
    >>> statistic
    array([[0.2, 0.9]])
    >>> p_value.round(4)
    array([[1.   , 0.028]])
    """
    n, m = reference.shape[1], batches.shape[2]
    greater, less, tied = ks_statistics(reference, batches)
    statistic = {
        "two-sided": np.maximum(greater, less),
        "greater": greater,
        "less": less,
    }[alternative]
    p_value = np.empty(statistic.shape)
    exact = np.empty(statistic.shape, dtype=bool)
    p_value[~tied], exact[~tied] = ks_p_values(
        statistic[~tied], n, m, alternative=alternative, method=method
    )
    columns, rows = np.nonzero(tied)
    at_once = max(1, _POOLED // (n + m))
    for start in range(0, columns.size, at_once):
        part = columns[start : start + at_once], rows[start : start + at_once]
        ends = None
        if method != "asymptotic":
            ends = _group_ends(reference[part[0]], batches[part])
        p_value[part], exact[part] = ks_p_values(
            statistic[part], n, m, ends=ends, alternative=alternative, method=method
        )
    return statistic / (n * m), p_value, exact


def ks_test_counts(
    reference, below, not_above, size, alternative="two-sided", method="auto"
):
    """Two-sample Kolmogorov-Smirnov test of a batch known by its counts.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int, shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater": batch values tend to be larger.
    method : {"auto", "exact", "asymptotic"}, default="auto"
        See `ks_p_values`.

    Returns
    -------
    statistic : float
        The Kolmogorov-Smirnov distance D, exactly that of the whole batch.
    p_value : float
    method : {"exact", "upper_bound", "asymptotic"}
        "upper_bound": batch values between two neighbouring reference values were
        taken as distinct, since counts cannot tell. The p-value is exact if they were
        and too large otherwise.
    """
    n = reference.size
    check_size(n, size)
    _, first, repeats = np.unique(reference, return_index=True, return_counts=True)
    reference_below, reference_not_above = first, first + repeats
    greater = max(0, int((reference_not_above * size - not_above * n).max()))
    less = max(0, int((below * n - reference_below * size).max()))
    statistic = {"two-sided": max(greater, less), "greater": greater, "less": less}[
        alternative
    ]
    ends = None
    starts = reference_below + below
    stops = reference_not_above + not_above
    if (stops - starts > 1).any() and method != "asymptotic" and is_cheap(n, size):
        # Within a group of equal values, no position but the last one ends it.
        inside = np.zeros(n + size, dtype=np.int64)
        np.add.at(inside, starts, 1)
        np.add.at(inside, stops - 1, -1)
        ends = np.cumsum(inside)[None] == 0
    p_value, exact = ks_p_values(
        np.array([statistic]),
        n,
        size,
        ends=ends,
        alternative=alternative,
        method=method,
    )
    between = np.append(below, size) - np.append(0, not_above)
    if not exact[0]:
        label = "asymptotic"
    elif (between <= 1).all():
        label = "exact"
    else:
        label = "upper_bound"
    return statistic / (n * size), float(p_value[0]), label


def _group_ends(reference, batches):
    """Where groups of tied values end in each pooled sample, (n_samples, n + m)."""
    pooled = np.concatenate((reference, batches), axis=1)
    pooled.sort(axis=1)
    ends = np.ones(pooled.shape, dtype=bool)
    np.not_equal(pooled[:, 1:], pooled[:, :-1], out=ends[:, :-1])
    return ends
