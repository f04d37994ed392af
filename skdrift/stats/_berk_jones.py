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

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from scipy.stats import hypergeom

from skdrift.stats._exceedance import QuantileCounts
from skdrift.stats._given_reference import berk_jones_given
from skdrift.stats._lattice_paths import (
    block_crossing_probability,
    diagonal_crossing_probability,
)
from skdrift.stats._memo import Memo
from skdrift.stats._sorted_search import placed_blocks

# Exact p-values computed before.
P_VALUES = Memo(limit=50_000)
# Pooled sizes up to which all cuts count.
_ALL_CUTS = 4_000
# Beyond: cuts kept one by one at the top, and the step between the others.
_CLOSE_CUTS, _STEP = 200, 0.01
# Batches that take too long where cuts are thinned; the step between the few cuts that
# count then.
_LARGEST_BATCH, _BOUND_STEP = 2_000, 0.2
# Pooled values, times batches, held at once.
_POSITIONS, _POOLED = 2**18, 2**21
# How many times more pooled than distinct values make it quicker to go tie by tie.
_FEW = 64
_IMPOSSIBLE = np.iinfo(np.int32).max


def berk_jones_test(reference, batches, min_effect=0.0, confidence=None):
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
    confidence : float, default=None
        Share of references for which p-values are to be valid given the reference.
        None: they are valid on average over references.

    Returns
    -------
    statistic : ndarray of shape (n_columns, n_batches)
        Largest level of a cut, -log10 of the p-value of Fisher's exact test, or, with
        ``confidence``, of the binomial one.
    p_value : ndarray of shape (n_columns, n_batches)
    how : {"exact", "upper_bound", "given_reference"}
        Whether p-values are exact given the ties, or bounds.

    Examples
    --------
    >>> reference = np.arange(10.0)[None]
    >>> batches = np.array([[[1.5, 4.5, 7.5], [8.5, 8.5, 9.5]]])
    >>> statistic, p_value, how = berk_jones_test(reference, batches)
    >>> statistic
    array([[0.24, 1.85]])
    >>> p_value.round(4)
    array([[0.6678, 0.014 ]])
    """
    null = BerkJonesNull(reference.shape[1], batches.shape[2], min_effect)
    if confidence is not None:
        return _test_by_counts(
            reference,
            batches,
            lambda known, below, not_above: berk_jones_given(
                known, not_above, null.m, confidence, min_effect
            ),
            "given_reference",
        )
    if null.is_dear:
        return _test_by_counts(
            reference,
            batches,
            lambda known, below, not_above: _bounded_p_values(
                known, null.m - not_above, null.m - below, null
            ),
            "upper_bound",
        )
    levels, tied = _untied_levels(reference, batches, null)
    p_value = np.empty(levels.shape)
    p_value[~tied] = null.p_values(levels[~tied])
    columns, rows = np.nonzero(tied)
    at_once = max(1, _POOLED // null.total)
    for start in range(0, columns.size, at_once):
        part = columns[start : start + at_once], rows[start : start + at_once]
        ends, from_batch = _from_the_top(reference[part[0]], batches[part])
        levels[part] = null.levels(ends, from_batch)
        p_value[part] = null.p_values(levels[part], ends)
    return levels / 100, p_value, "exact"


def berk_jones_test_counts(
    reference, below, not_above, size, min_effect=0.0, confidence=None
):
    """Berk-Jones test of a batch known by its counts.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int of shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    min_effect : float, default=0.0
    confidence : float, default=None
        As in `berk_jones_test`.

    Returns
    -------
    statistic, p_value : float
    how : {"exact", "upper_bound", "ties_broken", "given_reference"}
        "ties_broken": batch values between two neighbouring reference values were
        taken as distinct, since counts cannot tell. Both are exact if they were; if
        not, the test is still valid, as with ties broken at random, but its p-value
        may be smaller or larger than that of the tied values.
    """
    distinct, ranks = np.unique(reference, return_inverse=True)
    null = BerkJonesNull(reference.size, size, min_effect)
    if confidence is not None:
        (statistic,), (p_value,) = berk_jones_given(
            reference, not_above[None], size, confidence, min_effect
        )
        return float(statistic), float(p_value), "given_reference"
    if null.is_dear:
        (statistic,), (p_value,) = _bounded_p_values(
            reference, (size - not_above)[None], (size - below)[None], null
        )
        return float(statistic), float(p_value), "upper_bound"
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
    statistic, p_value, how = berk_jones_test(
        ranks[None].astype(float), batch[None, None], min_effect
    )
    if (between > 1).any():
        how = "ties_broken"
    return statistic.item(), p_value.item(), how


def cut_levels(cuts, n, m, min_effect=0.0):
    """Level of every cut for every number of batch values above it, in hundredths.

    Parameters
    ----------
    cuts : ndarray of int of shape (n_cuts,)
        Pooled values above each cut.
    n, m : int
        Reference size and batch size.
    min_effect : float, default=0.0
        Levels are zero where the share of the batch above the cut exceeds that of the
        reference by no more than this.

    Returns
    -------
    levels : ndarray of int32 of shape (n_cuts, m + 1)
        They never decrease along a row.

    Examples
    --------
    Three pooled values above the cut, of 4 reference and 3 batch values: 1 of 35
    arrangements has three, and 13 have at least two, batch values there.

    >>> cut_levels(np.array([3]), 4, 3).tolist()
    [[0, 0, 43, 154]]
    """
    cuts, batch = cuts[:, None], np.arange(m + 1)
    logs = hypergeom.logpmf(batch, n + m, m, cuts)
    tails = np.logaddexp.accumulate(logs[:, ::-1], axis=1)[:, ::-1]
    # So that a level which is a whole number is not rounded below itself.
    hundredths = np.floor(-100 / np.log(10) * np.minimum(tails, 0.0) + 1e-6)
    levels = np.minimum(hundredths, _IMPOSSIBLE).astype(np.int32)
    levels[batch / m - (cuts - batch) / n <= min_effect] = 0
    return levels


@dataclass(frozen=True)
class BerkJonesNull:
    """Distribution of the statistic where both samples come from the same place.

    Parameters
    ----------
    n, m : int
        Reference size and batch size.
    min_effect : float, default=0.0
        As in `berk_jones_test`.
    """

    n: int
    m: int
    min_effect: float = 0.0

    @property
    def total(self):
        """Pooled size."""
        return self.n + self.m

    @property
    def is_dear(self):
        """Whether only bounds of p-values are computed."""
        return self.total > _ALL_CUTS and self.m > _LARGEST_BATCH

    def p_values(self, levels, ends=None):
        """Shares of arrangements with a level at least as high at one of the cuts.

        Parameters
        ----------
        levels : ndarray of int of shape (n_samples,)
            Statistics in hundredths.
        ends : ndarray of bool of shape (n_samples, n + m), default=None
            Whether a cut of the upper half lies below the first, second, ... pooled
            value from the top. None: there are no ties.

        Returns
        -------
        p_value : ndarray of shape (n_samples,)
        """
        case = (self.n, self.m, self.min_effect)
        if ends is None:
            distinct, which = np.unique(levels, return_inverse=True)
            keys = [(case, level) for level in distinct.tolist()]
            every = np.arange(self.total)[None] < (self.total + 1) // 2
            p_value = P_VALUES.recall(
                keys,
                lambda k: self._exact(distinct[k], np.repeat(every, k.size, axis=0)),
            )
            return p_value[which.reshape(-1)]
        prefix = repr(case).encode()
        keys = [
            blake2b(prefix + h.tobytes() + pattern.tobytes(), digest_size=16).digest()
            for h, pattern in zip(levels, np.packbits(ends, axis=1))
        ]
        return P_VALUES.recall(keys, lambda k: self._exact(levels[k], ends[k]))

    def levels(self, ends, from_batch):
        """Largest levels of samples, from their cuts and the batch values above."""
        if self.total <= _ALL_CUTS:
            every = np.arange(self.total)
            found = _all_cut_levels(self)[every, from_batch]
            return np.where(ends, found, 0).max(axis=1)
        highest = []
        for pattern, above in zip(ends, from_batch):
            cuts, cut_level = self._cuts(pattern)
            highest.append(cut_level[np.arange(cuts.size), above[cuts - 1]].max())
        return np.array(highest)

    def _cuts(self, pattern):
        """Cuts that count, and their levels."""
        cuts = np.flatnonzero(pattern) + 1
        if self.total <= _ALL_CUTS:
            return cuts, _all_cut_levels(self)[cuts - 1]
        cuts = _thinned(cuts, self.total)
        return cuts, _thinned_cut_levels(self, cuts.tobytes())

    def _exact(self, levels, ends):
        total = self.total
        p_value = np.where(levels <= 0, 1.0, np.nan)
        stacked = (levels > 0) & (total <= _ALL_CUTS)
        stacked &= _FEW * np.count_nonzero(ends, axis=1) > total
        # Regions of like shape share a stack, so that little is computed outside them.
        order = np.argsort(levels, kind="stable")
        order = order[stacked[order]]
        at_once = max(1, _POSITIONS // total)
        for start in range(0, order.size, at_once):
            part = order[start : start + at_once]
            p_value[part] = self._by_diagonals(levels[part], ends[part])
        # Few distinct values, large samples, and counts beyond the range of floats.
        for k in np.flatnonzero(np.isnan(p_value)):
            cuts, cut_level = self._cuts(ends[k])
            most = _most_inside(cut_level, levels[[k]])[0]
            p_value[k] = block_crossing_probability(
                cuts, np.zeros_like(cuts), most, self.n, self.m
            )
        return p_value

    def _by_diagonals(self, levels, ends):
        distinct, which = np.unique(levels, return_inverse=True)
        upper = np.tile(np.arange(self.total + 1), (levels.size, 1))
        most = _most_inside(_all_cut_levels(self), distinct)[which.reshape(-1)]
        np.copyto(upper[:, 1:], most, where=ends)
        return diagonal_crossing_probability(
            np.zeros_like(upper), upper, self.n, self.m
        )


@lru_cache(maxsize=8)
def _all_cut_levels(null):
    return cut_levels(np.arange(1, null.total + 1), null.n, null.m, null.min_effect)


@lru_cache(maxsize=8)
def _thinned_cut_levels(null, cuts):
    cuts = np.frombuffer(cuts, dtype=np.int64)
    return cut_levels(cuts, null.n, null.m, null.min_effect)


def _thinned(cuts, total):
    """Keep the cuts that count, of all between distinct values of the upper half."""
    if total <= _ALL_CUTS:
        return cuts
    cell = np.log(np.maximum(cuts / _CLOSE_CUTS, 1.0)) // np.log1p(_STEP)
    kept = np.append(cell[1:] != cell[:-1], True) | (cuts <= _CLOSE_CUTS)
    return cuts[kept]


def _most_inside(cut_level, levels):
    """Most batch values above each cut with a level below each of the given ones."""
    return np.stack([row.searchsorted(levels) for row in cut_level], axis=1) - 1


@lru_cache(maxsize=8)
def _untied_cuts(null):
    """Cuts without ties, and their levels with one more row for what lies below all."""
    cuts, levels = null._cuts(np.arange(null.total) < (null.total + 1) // 2)
    return cuts, np.append(levels, np.zeros_like(levels[:1]), axis=0)


def _untied_levels(reference, batches, null):
    """Statistics in hundredths as if nothing were tied, and whether anything is."""
    cuts, cut_level = _untied_cuts(null)
    levels = np.empty((len(reference), batches.shape[1]), dtype=np.int64)
    tied = np.empty(levels.shape, dtype=bool)
    above = null.m - np.arange(null.m)
    for block, below, _, tied[block] in placed_blocks(reference, batches):
        # The pooled values from this one upwards, and the first cut below them.
        place = above + null.n - below
        if cuts.size == cuts[-1]:
            place = np.minimum(place - 1, cuts.size, out=place)
        else:
            place = cuts.searchsorted(place)
        place *= null.m + 1
        place += above
        levels[block] = cut_level.reshape(-1).take(place).max(axis=-1)
    return levels, tied


def _from_the_top(reference, batches):
    """Cuts of samples with ties, and how many values above each are from the batch."""
    n = reference.shape[1]
    pooled = np.concatenate((reference, batches), axis=1)
    order = np.argsort(-pooled, axis=1, kind="stable")
    from_batch = np.cumsum(order >= n, axis=1)
    pooled = np.take_along_axis(pooled, order, axis=1)
    ends = np.ones(pooled.shape, dtype=bool)
    np.not_equal(pooled[:, 1:], pooled[:, :-1], out=ends[:, :-1])
    # A tie belongs to the upper half if the one before ends there.
    seen = np.cumsum(ends, axis=1) - ends
    half = (pooled.shape[1] + 1) // 2
    return ends & (seen <= seen[:, half - 1 : half]), from_batch


def _test_by_counts(reference, batches, test, how):
    """Test that needs counts of batch values at the distinct reference values only."""
    shape = batches.shape[:2]
    statistic, p_value = np.empty(shape), np.empty(shape)
    for column, (known, stack) in enumerate(zip(reference, batches)):
        distinct = np.unique(known)
        ordered = np.sort(stack, axis=1)
        counts = (
            np.stack([batch.searchsorted(distinct, side) for batch in ordered])
            for side in ("left", "right")
        )
        statistic[column], p_value[column] = test(known, *counts)
    return statistic, p_value, how


def _bounded_p_values(reference, above, not_below, null):
    """Test at a few cuts, from counts at distinct values; p-values are added up."""
    n = null.n
    _, first, which = np.unique(reference, return_index=True, return_inverse=True)
    reference_above = n - np.append(first[1:], n)
    # Reference values above the cut: every number at first, then in growing steps.
    steps = np.arange(int(np.log(max(n / 2, 1)) / np.log1p(_BOUND_STEP)) + 1)
    ranks = n - np.unique(np.floor((1 + _BOUND_STEP) ** steps - 1).astype(int))
    smallest = np.ones(len(above))
    for rank in ranks.tolist():
        value = which[rank - 1]
        excess, p_value, _ = QuantileCounts(
            n,
            null.m,
            n - rank,
            above[:, value],
            not_below[:, value],
            reference_above[[value]],
            n - first[[value]],
        ).test()
        p_value[excess <= null.min_effect] = 1.0
        smallest = np.minimum(smallest, p_value)
    levels = np.floor(-100 * np.log10(np.maximum(smallest, 1e-300)) + 1e-6)
    return levels / 100, np.minimum(smallest * ranks.size, 1.0)
