"""One-sided two-sample Berk-Jones test of the upper tail, exact with ties.

A cut through the pooled values leaves ``above`` of them above it, i from the batch and
the others from the reference. The cut's level is minus the common logarithm of the
probability of at least i under the null hypothesis, the p-value of Fisher's exact test.
The statistic is the largest level of all cuts through the upper half, in whole
hundredths: so few values occur that each p-value is computed once and remembered, and
no rounding error decides. Cuts lie between distinct values only, and a cut belongs to
the upper half if the value just above it, ties included, begins there.

All cuts count in samples of up to 4,000 pooled values. In larger ones they are thinned
to steps of one percent of the values above them. That depends on the pooled values
alone, as the ties do, so that the p-value remains exact.
"""

from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from skdrift.stats._exceedance import exceedance_p_values, log_pmf
from skdrift.stats._lattice_paths import (
    block_crossing_probability,
    diagonal_crossing_probability,
)
from skdrift.stats._sorted_search import placed_blocks

# Pooled sizes up to which all cuts count.
_ALL_CUTS = 4_000
# Beyond: cuts kept one by one at the top, and the step between the others.
_CLOSE_CUTS, _STEP = 200, 0.01
# Batches that take too long where cuts are thinned; the step between the few cuts that
# count then.
_LARGEST_BATCH, _BOUND_STEP = 2_000, 0.2
# Pooled values, times batches, held at once.
_POSITIONS = 2**18
_POOLED = 2**21
# How many times more pooled than distinct values make it quicker to go tie by tie.
_FEW = 64
# P-values of tied samples remembered.
_TIED_ENTRIES = 20_000
_IMPOSSIBLE = np.iinfo(np.int32).max


def cut_levels(cuts, n, m, min_effect=0.0):
    """Level of every cut for every number of batch values above it, in hundredths.

    Parameters
    ----------
    cuts : ndarray of int, shape (n_cuts,)
        Pooled values above each cut.
    n, m : int
        Reference size and batch size.
    min_effect : float, default=0.0
        Levels are zero where the share of the batch above the cut exceeds that of the
        reference by no more than this.

    Returns
    -------
    levels : ndarray of int32, shape (n_cuts, m + 1)
        They never decrease along a row.

    Examples
    --------
    Three pooled values above the cut, of 4 reference and 3 batch values: 1 of 35
    arrangements has three, and 13 have at least two, batch values there.

    >>> cut_levels(np.array([3]), 4, 3).tolist()
    [[0, 0, 43, 154]]
    """
    cuts, batch = cuts[:, None], np.arange(m + 1)
    logs = log_pmf(batch, n + m, m, cuts)
    tails = np.logaddexp.accumulate(logs[:, ::-1], axis=1)[:, ::-1]
    # So that a level which is a whole number is not rounded below itself.
    hundredths = np.floor(-100 / np.log(10) * np.minimum(tails, 0.0) + 1e-6)
    levels = np.minimum(hundredths, _IMPOSSIBLE).astype(np.int32)
    levels[batch / m - (cuts - batch) / n <= min_effect] = 0
    return levels


def berk_jones_test(reference, batches, min_effect=0.0):
    """Berk-Jones test of every batch for an upper tail above its reference's.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order.
    min_effect : float, default=0.0
        Only cuts count where the share of the batch above the cut exceeds that of the
        reference by more than this.

    Returns
    -------
    statistic : ndarray of shape (n_columns, n_batches)
        Largest level of a cut, -log10 of the p-value of Fisher's exact test.
    p_value : ndarray of shape (n_columns, n_batches)
    exact : ndarray of bool, shape (n_columns, n_batches)
        Whether the p-value is exact given the ties; an upper bound otherwise.

    Examples
    --------
    >>> reference = np.arange(10.0)[None]
    >>> batches = np.array([[[1.5, 4.5, 7.5], [8.5, 8.5, 9.5]]])
    >>> statistic, p_value, exact = berk_jones_test(reference, batches)
    >>> statistic
    array([[0.24, 1.85]])
    >>> p_value.round(4)
    array([[0.6678, 0.014 ]])
    """
    n, m = reference.shape[1], batches.shape[2]
    if n + m > _ALL_CUTS and m > _LARGEST_BATCH:
        return _bounded_test(reference, batches, min_effect)
    levels, tied = _untied_levels(reference, batches, min_effect)
    p_value = np.empty(levels.shape)
    p_value[~tied] = _untied_p_values(levels[~tied], n, m, min_effect)
    columns, rows = np.nonzero(tied)
    at_once = max(1, _POOLED // (n + m))
    for start in range(0, columns.size, at_once):
        part = columns[start : start + at_once], rows[start : start + at_once]
        levels[part], p_value[part] = _tied_test(
            reference[part[0]], batches[part], min_effect
        )
    return levels / 100, p_value, np.ones(levels.shape, dtype=bool)


def berk_jones_test_counts(reference, below, not_above, size, min_effect=0.0):
    """Berk-Jones test of a batch known by its counts.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int, shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    min_effect : float, default=0.0
        As in `berk_jones_test`.

    Returns
    -------
    statistic, p_value : float
    method : {"exact", "upper_bound", "ties_broken"}
        "ties_broken": batch values between two neighbouring reference values were
        taken as distinct, since counts cannot tell. Both are exact if they were; if
        not, the test is still valid, as with ties broken at random, but its p-value
        may be smaller or larger than that of the tied values.
    """
    distinct, ranks = np.unique(reference, return_inverse=True)
    if reference.size + size > _ALL_CUTS and size > _LARGEST_BATCH:
        statistic, p_value = _bounded_p_values(
            reference, (size - not_above)[None], below[None], size, min_effect
        )
        return statistic[0] / 100, float(p_value[0]), "upper_bound"
    between = np.append(below, size) - np.append(0, not_above)
    # Any values in this order will do.
    gap = np.repeat(np.arange(distinct.size + 1), between)
    place = np.arange(gap.size) - np.repeat(np.cumsum(between) - between, between)
    batch = np.concatenate(
        (
            np.repeat(np.arange(distinct.size), not_above - below),
            gap - 1 + (place + 1) / (between[gap] + 1),
        )
    )
    statistic, p_value, _ = berk_jones_test(
        ranks[None].astype(float), batch[None, None], min_effect
    )
    method = "exact" if (between <= 1).all() else "ties_broken"
    return statistic.item(), p_value.item(), method


@lru_cache(maxsize=8)
def _untied_cuts(n, m, min_effect):
    """Cuts of a pooled sample without ties, their levels, and p-values known so far."""
    cuts = _thinned(np.arange(1, (n + m + 1) // 2 + 1), n + m)
    levels = cut_levels(cuts, n, m, min_effect)
    # One more row for the values below the last cut.
    return cuts, np.append(levels, np.zeros_like(levels[:1]), axis=0), {}


def _thinned(cuts, total):
    """Keep the cuts that count, of all between distinct values of the upper half."""
    if total <= _ALL_CUTS:
        return cuts
    cell = np.log(np.maximum(cuts / _CLOSE_CUTS, 1.0)) // np.log1p(_STEP)
    kept = np.append(cell[1:] != cell[:-1], True) | (cuts <= _CLOSE_CUTS)
    return cuts[kept]


def _untied_levels(reference, batches, min_effect):
    """Statistics in hundredths as if nothing were tied, and whether anything is."""
    n_columns, n = reference.shape
    n_batches, m = batches.shape[1:]
    cuts, cut_level, _ = _untied_cuts(n, m, min_effect)
    levels = np.empty((n_columns, n_batches), dtype=np.int64)
    tied = np.empty((n_columns, n_batches), dtype=bool)
    above = m - np.arange(m)
    for block, below, _, tied[block] in placed_blocks(reference, batches):
        # The pooled values from this one upwards, and the first cut below them.
        place = above + n - below
        if cuts.size == cuts[-1]:
            place = np.minimum(place - 1, cuts.size, out=place)
        else:
            place = cuts.searchsorted(place)
        place *= m + 1
        place += above
        levels[block] = cut_level.reshape(-1).take(place).max(axis=-1)
    return levels, tied


def _most_inside(cut_level, levels):
    """Most batch values above each cut with a level below each of the given ones."""
    return np.stack([row.searchsorted(levels) for row in cut_level], axis=1) - 1


def _untied_p_values(levels, n, m, min_effect):
    cuts, cut_level, known = _untied_cuts(n, m, min_effect)
    distinct, which = np.unique(levels, return_inverse=True)
    missing = np.array([h for h in distinct.tolist() if h not in known], dtype=int)
    at_once = max(1, _POSITIONS // (n + m))
    for start in range(0, missing.size, at_once):
        part = missing[start : start + at_once]
        most = _most_inside(cut_level[:-1], part)
        if n + m <= _ALL_CUTS:
            p_values = _by_diagonals(part, cuts, most, n, m)
        else:
            p_values = [_by_blocks(h, cuts, top, n, m) for h, top in zip(part, most)]
        known.update(zip(part.tolist(), map(float, p_values)))
    return np.array([known[h] for h in distinct.tolist()])[which]


def _by_diagonals(levels, cuts, most, n, m, ends=None):
    """P-values from bounds at cuts that are the same for all samples."""
    upper = np.broadcast_to(np.arange(n + m + 1), (levels.size, n + m + 1)).copy()
    upper[:, cuts] = most
    if ends is not None:
        allowed = np.zeros(upper.shape, dtype=bool)
        allowed[:, 1:] = ends
        upper = np.where(allowed, upper, np.arange(n + m + 1))
    p_value = diagonal_crossing_probability(np.zeros_like(upper), upper, n, m)
    for lost in np.flatnonzero(np.isnan(p_value)):
        p_value[lost] = _by_blocks(
            levels[lost], np.arange(1, n + m + 1), upper[lost, 1:], n, m
        )
    p_value[levels <= 0] = 1.0
    return p_value


def _by_blocks(level, cuts, most, n, m):
    if level <= 0:
        return 1.0
    return block_crossing_probability(cuts, np.zeros_like(cuts), most, n, m)


@lru_cache(maxsize=8)
def _all_cut_levels(n, m, min_effect):
    return cut_levels(np.arange(1, n + m + 1), n, m, min_effect)


_tied_p_value_of = OrderedDict()


def _tied_test(reference, batches, min_effect):
    """Statistics in hundredths and p-values of samples with ties, one per row."""
    n, m = reference.shape[1], batches.shape[1]
    # Everything from the top down.
    pooled = np.concatenate((reference, batches), axis=1)
    order = np.argsort(-pooled, axis=1, kind="stable")
    from_batch = np.cumsum(order >= n, axis=1)
    pooled = np.take_along_axis(pooled, order, axis=1)
    ends = np.ones(pooled.shape, dtype=bool)
    np.not_equal(pooled[:, 1:], pooled[:, :-1], out=ends[:, :-1])
    # A tie belongs to the upper half if the one before ends there.
    seen = np.cumsum(ends, axis=1) - ends
    half = (n + m + 1) // 2
    ends &= seen <= seen[:, half - 1 : half]
    if n + m > _ALL_CUTS:
        tests = [
            _tied_large_sample(np.flatnonzero(e) + 1, b, n, m, min_effect)
            for e, b in zip(ends, from_batch)
        ]
        levels, p_value = map(np.array, zip(*tests))
        return levels, p_value
    cut_level = _all_cut_levels(n, m, min_effect)
    found = cut_level[np.arange(n + m), from_batch]
    levels = np.where(ends, found, 0).max(axis=1)
    return levels, _tied_p_values(levels, ends, n, m, min_effect)


def _tied_large_sample(cuts, from_batch, n, m, min_effect):
    cuts = _thinned(cuts, n + m)
    cut_level = cut_levels(cuts, n, m, min_effect)
    level = cut_level[np.arange(cuts.size), from_batch[cuts - 1]].max()
    most = _most_inside(cut_level, np.array([level]))[0]
    return level, _by_blocks(level, cuts, most, n, m)


def _tied_p_values(levels, ends, n, m, min_effect):
    """P-values given the ties, each distinct case computed once and kept."""
    prefix = repr((n, m, min_effect)).encode()
    keys = [
        blake2b(prefix + h.tobytes() + pattern.tobytes(), digest_size=16).digest()
        for h, pattern in zip(levels, np.packbits(ends, axis=1))
    ]
    found = {key: _tied_p_value_of.get(key) for key in keys}
    first = {}
    for position, key in enumerate(keys):
        if found[key] is None:
            first.setdefault(key, position)
    missing = np.array(list(first.values()), dtype=int)
    # Regions of like shape share a stack, so that little is computed outside them.
    missing = missing[np.argsort(levels[missing], kind="stable")]
    cut_level = _all_cut_levels(n, m, min_effect)
    few = _FEW * np.count_nonzero(ends[missing], axis=1) <= n + m
    for position in missing[few].tolist():
        cuts = np.flatnonzero(ends[position]) + 1
        most = _most_inside(cut_level[cuts - 1], levels[[position]])[0]
        found[keys[position]] = _by_blocks(levels[position], cuts, most, n, m)
    missing = missing[~few]
    at_once = max(1, _POSITIONS // (n + m))
    cuts = np.arange(1, n + m + 1)
    for start in range(0, missing.size, at_once):
        part = missing[start : start + at_once]
        distinct, which = np.unique(levels[part], return_inverse=True)
        most = _most_inside(cut_level, distinct)[which]
        p_values = _by_diagonals(levels[part], cuts, most, n, m, ends[part])
        for position, p_value in zip(part.tolist(), p_values.tolist()):
            found[keys[position]] = p_value
    for key in first:
        _tied_p_value_of[key] = found[key]
    while len(_tied_p_value_of) > _TIED_ENTRIES:
        _tied_p_value_of.popitem(last=False)
    return np.array([found[key] for key in keys])


def _bounded_test(reference, batches, min_effect):
    """Test of large batches at a few cuts, their p-values added up."""
    shape = batches.shape[:2]
    statistic, p_value = np.empty(shape), np.empty(shape)
    for column, (values, stack) in enumerate(zip(reference, batches)):
        distinct = np.unique(values)
        ordered = np.sort(stack, axis=1)
        below = np.stack([batch.searchsorted(distinct) for batch in ordered])
        not_above = np.stack(
            [batch.searchsorted(distinct, "right") for batch in ordered]
        )
        levels, p_value[column] = _bounded_p_values(
            values, stack.shape[1] - not_above, below, stack.shape[1], min_effect
        )
        statistic[column] = levels / 100
    return statistic, p_value, np.zeros(shape, dtype=bool)


def _bounded_p_values(reference, above, below, m, min_effect):
    """Levels in hundredths and bounds of p-values from counts at distinct values."""
    n = reference.size
    _, first, which = np.unique(reference, return_index=True, return_inverse=True)
    reference_above = n - np.append(first[1:], n)
    # Reference values above the cut: every number at first, then in growing steps.
    steps = np.arange(int(np.log(max(n / 2, 1)) / np.log1p(_BOUND_STEP)) + 1)
    ranks = n - np.unique(np.floor((1 + _BOUND_STEP) ** steps - 1).astype(int))
    smallest = np.ones(len(above))
    for rank in ranks.tolist():
        value = which[rank - 1]
        p_value, _ = exceedance_p_values(
            above[:, value],
            below[:, value],
            n,
            m,
            rank,
            int(reference_above[value]),
            int(first[value]),
        )
        excess = above[:, value] / m - reference_above[value] / n
        p_value[excess <= min_effect] = 1.0
        smallest = np.minimum(smallest, p_value)
    levels = np.floor(-100 * np.log10(np.maximum(smallest, 1e-300)) + 1e-6)
    return levels, np.minimum(smallest * ranks.size, 1.0)
