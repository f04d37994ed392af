"""The two-sample Kolmogorov-Smirnov test: statistics, null distribution, p-values.

Stacks of batches are tested against one reference: ``reference`` of shape
(n_columns, n), sorted, and batches of shape (n_columns, n_batches, m). Statistics are
integers, H = n m D, so that ties and equality with a critical value are decided
exactly.
"""

from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from scipy.stats import ksone, kstwo

from skdrift.stats._lattice_paths import (
    block_crossing_probability,
    diagonal_crossing_probability,
)
from skdrift.stats._sorted_search import placed_blocks

# Pooled sizes up to which all regions are evaluated together, diagonal by diagonal.
_DIAGONALS = 4_000
# Positions of the pooled sample, times regions, that are held at once.
_POSITIONS = 2**18
# Limits of method="auto", about 50 ms for one batch: size of the smaller sample, and
# its product with the pooled size.
_AUTO_SMALLER = 2_500
_AUTO_PRODUCT = 100_000_000
# Entries remembered: tables of untied p-values, and p-values of tied samples.
_TABLE_ENTRIES = 100_000
_TIED_ENTRIES = 20_000


def ks_p_values(statistic, n, m, *, ends=None, alternative="two-sided", method="auto"):
    """P-values of integer Kolmogorov-Smirnov statistics.

    The exact p-value is the share of the arrangements of the pooled sample, its ties
    kept, whose statistic is at least as large. It holds whatever the distribution, and
    is computed to a relative accuracy of about 1e-12, in the far tail too.

    Parameters
    ----------
    statistic : ndarray of int, shape (n_batches,)
        H = n m D.
    n, m : int
        Reference size and batch size.
    ends : ndarray of bool, shape (n_batches, n + m), default=None
        True where a group of tied values ends in the sorted pooled sample; None if
        there are no ties.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        The alternative that the statistic belongs to.
    method : {"auto", "exact", "asymptotic"}, default="auto"
        "auto" is exact where that takes less than about 50 ms for one batch: up to
        2,500 values in the smaller sample and (n + m) min(n, m) = 1e8; and asymptotic
        beyond. The asymptotic form ignores ties, which makes it conservative.

    Returns
    -------
    p_value : ndarray of shape (n_batches,)
    exact : ndarray of bool, shape (n_batches,)
    """
    statistic = np.asarray(statistic, dtype=np.int64)
    exact = method == "exact" or (method == "auto" and is_cheap(n, m))
    if n < m:
        # The same question seen from the batch.
        n, m = m, n
        alternative = {"greater": "less", "less": "greater"}.get(
            alternative, alternative
        )
    if not exact:
        p_value = asymptotic_p_values(statistic, n, m, alternative)
    elif statistic.size == 0:
        p_value = np.empty(0)
    elif ends is None:
        p_value = _untied_p_values(statistic, n, m, alternative)
    else:
        p_value = _tied_p_values(statistic, n, m, ends, alternative)
    return p_value, np.full(statistic.shape, exact)


def is_cheap(n, m):
    """Whether ``method="auto"`` computes exact p-values for these sample sizes."""
    return min(n, m) <= _AUTO_SMALLER and (n + m) * min(n, m) <= _AUTO_PRODUCT


def asymptotic_p_values(statistic, n, m, alternative="two-sided"):
    """P-values from the one-sample distribution at the smaller sample's size.

    With m the smaller size, D sqrt(n / (n + m)) is taken as the distance of m values
    from a continuous distribution that is known: exact for n without bound.

    Parameters
    ----------
    statistic : ndarray of int
        H = n m D.
    n, m : int
        Sample sizes, in either order.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        The alternative that the statistic belongs to.

    Returns
    -------
    p_value : ndarray
    """
    n, m = max(n, m), min(n, m)
    distance = np.asarray(statistic) / (n * m) * np.sqrt(n / (n + m))
    distribution = kstwo if alternative == "two-sided" else ksone
    return np.clip(distribution.sf(distance, m), 0.0, 1.0)


@lru_cache(maxsize=64)
def _untied_table(n, m, alternative):
    return {}


def _untied_p_values(statistic, n, m, alternative):
    """Exact p-values without ties, each distinct statistic computed once and kept."""
    table = _untied_table(n, m, alternative)
    distinct, which = np.unique(statistic, return_inverse=True)
    known = distinct.tolist()
    missing = np.array([h for h in known if h not in table], dtype=np.int64)
    if len(table) + missing.size > _TABLE_ENTRIES:
        table.clear()
        missing = distinct
    for part in _parts(missing, n + m):
        table.update(zip(part.tolist(), _untied_part(part, n, m, alternative).tolist()))
    return np.array([table[h] for h in known])[which]


def _parts(items, n_total):
    at_once = max(1, _POSITIONS // n_total)
    for start in range(0, len(items), at_once):
        yield items[start : start + at_once]


def _untied_part(statistic, n, m, alternative):
    if n + m <= _DIAGONALS:
        return _diagonal_p_values(statistic, n, m, None, alternative)
    return np.array([_block_p_value(h, n, m, None, alternative) for h in statistic])


def _diagonal_p_values(statistic, n, m, ends, alternative):
    symmetric = ends is None and alternative == "two-sided"
    stop = (n + m + 1) // 2 if symmetric else n + m
    lower, upper = _bounds(statistic, n, m, alternative, np.arange(stop + 1))
    p_value = diagonal_crossing_probability(
        lower, upper, n, m, ends=ends, symmetric=symmetric
    )
    for lost in np.flatnonzero(np.isnan(p_value)):
        p_value[lost] = _block_p_value(
            statistic[lost], n, m, None if ends is None else ends[lost], alternative
        )
    return p_value


def _block_p_value(statistic, n, m, ends, alternative):
    if statistic <= 0:
        return 1.0
    totals = np.arange(1, n + m + 1) if ends is None else np.flatnonzero(ends) + 1
    lower, upper = _bounds(np.array([statistic]), n, m, alternative, totals)
    return block_crossing_probability(totals, lower[0], upper[0], n, m)


def _bounds(statistic, n, m, alternative, totals):
    """Fewest and most batch values among so many pooled ones that are still inside."""
    bound = statistic[:, None]
    shape = (statistic.size, totals.size)
    lower, upper = np.zeros(shape, dtype=np.int64), np.full(shape, m, dtype=np.int64)
    if alternative != "less":
        lower = (totals * m - bound) // (n + m) + 1
    if alternative != "greater":
        upper = (totals * m + bound - 1) // (n + m)
    return lower, upper


_tied_p_value_of = OrderedDict()


def _tied_p_values(statistic, n, m, ends, alternative):
    """Exact p-values given the ties, each distinct case computed once and kept."""
    prefix = repr((n, m, alternative)).encode()
    keys = [
        blake2b(prefix + h.tobytes() + pattern.tobytes(), digest_size=16).digest()
        for h, pattern in zip(statistic, np.packbits(ends, axis=1))
    ]
    found, missing = {}, {}
    for position, key in enumerate(keys):
        p_value = _tied_p_value_of.get(key)
        if p_value is None:
            missing.setdefault(key, position)
        else:
            found[key] = p_value
    # Regions of like shape share a stack, so that little is computed outside them.
    order = sorted(missing.items(), key=lambda item: statistic[item[1]])
    stacked = []
    for key, position in order:
        if n + m > _DIAGONALS:
            found[key] = _block_p_value(
                statistic[position], n, m, ends[position], alternative
            )
        else:
            stacked.append((key, position))
    for part in _parts(stacked, n + m):
        part_keys, positions = map(list, zip(*part))
        computed = _diagonal_p_values(
            statistic[positions], n, m, ends[positions], alternative
        )
        found.update(zip(part_keys, computed.tolist()))
    for key in missing:
        _tied_p_value_of[key] = found[key]
    while len(_tied_p_value_of) > _TIED_ENTRIES:
        _tied_p_value_of.popitem(last=False)
    return np.array([found[key] for key in keys])


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
