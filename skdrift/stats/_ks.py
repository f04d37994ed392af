"""The two-sample Kolmogorov-Smirnov test: statistic, null distribution and test.

Stacks of batches are tested against one reference: ``reference`` of shape
(n_columns, n), sorted, and batches of shape (n_columns, n_batches, m). Statistics are
integers, H = n m D, so that ties and equality with a critical value are decided
exactly.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from scipy.stats import ksone, kstwo

from skdrift.stats._given_reference import ks_p_values_given
from skdrift.stats._lattice_paths import (
    block_crossing_probability,
    block_seconds,
    diagonal_crossing_probability,
)
from skdrift.stats._memo import Memo
from skdrift.stats._sorted_search import placed_blocks

ALTERNATIVES = ("two-sided", "greater", "less")
_MIRRORED = {"two-sided": "two-sided", "greater": "less", "less": "greater"}

# Exact p-values computed before.
P_VALUES = Memo(limit=100_000)
# What method="auto" spends on one batch. Without ties that means a smaller sample of up
# to so many values, and a product of it with the pooled size of up to so many.
_SECONDS = 0.05
_SMALLER, _PRODUCT = 2_500, 100_000_000
# Pooled sizes up to which all regions are evaluated together, diagonal by diagonal,
# unless there are so many times more values than distinct values.
_DIAGONALS, _FEW = 4_000, 64
# Positions of the pooled sample, times regions, that are held at once; pooled values
# held at once to find where ties end; distinct values up to which all are looked at.
_POSITIONS, _POOLED, _DISTINCT = 2**18, 2**21, 2**20
# Steps of each of the two samples of the walk that stands for a Brownian bridge.
_WALK = 2_000


def ks_test(
    reference, batches, alternative="two-sided", method="auto", confidence=None
):
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
        As in `KSNull.p_values`.
    confidence : float, default=None
        Share of references for which p-values are to be valid given the reference.
        None: they are valid on average over references.

    Returns
    -------
    statistic : ndarray of shape (n_columns, n_batches)
        The Kolmogorov-Smirnov distance D.
    p_value : ndarray of shape (n_columns, n_batches)
    how : ndarray of str of shape (n_columns, n_batches)
        "exact" given the ties, "asymptotic", or "given_reference".

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.arange(10.0)[None]
    >>> batches = np.array([[[1.5, 4.5, 7.5], [8.5, 8.5, 9.5]]])
    >>> statistic, p_value, how = ks_test(reference, batches)
    >>> statistic
    array([[0.2, 0.9]])
    >>> p_value.round(4)
    array([[1.   , 0.028]])
    """
    n, m = reference.shape[1], batches.shape[2]
    greater, less, tied = ks_statistics(reference, batches)
    statistic = _of_alternative(greater, less, alternative)
    p_value = np.empty(statistic.shape)
    if confidence is not None:
        for column, sides in enumerate(zip(greater, less)):
            p_value[column] = ks_p_values_given(
                *sides, reference[column], m, alternative, confidence
            )
        return statistic / (n * m), p_value, "given_reference"
    null = KSNull.of(n, m, alternative)
    how = np.empty(statistic.shape, dtype="<U10")
    untied = ~tied
    p_value[untied], how[untied] = null.p_values(statistic[untied], method)
    columns, rows = np.nonzero(tied)
    at_once = max(1, _POOLED // (n + m))
    for start in range(0, columns.size, at_once):
        part = columns[start : start + at_once], rows[start : start + at_once]
        ends = None
        if method != "asymptotic":
            ends = _tie_ends(reference[part[0]], batches[part])
        p_value[part], how[part] = null.p_values(statistic[part], method, ends)
    return statistic / (n * m), p_value, how


def ks_test_counts(
    reference,
    below,
    not_above,
    size,
    alternative="two-sided",
    method="auto",
    confidence=None,
):
    """Two-sample Kolmogorov-Smirnov test of a batch known by its counts.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int of shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    alternative : {"two-sided", "greater", "less"}, default="two-sided"
        "greater": batch values tend to be larger.
    method : {"auto", "exact", "asymptotic"}, default="auto"
        As in `KSNull.p_values`.
    confidence : float, default=None
        As in `ks_test`.

    Returns
    -------
    statistic : float
        The Kolmogorov-Smirnov distance D, exactly that of the whole batch.
    p_value : float
    how : {"exact", "upper_bound", "asymptotic", "given_reference"}
        "upper_bound": batch values between two neighbouring reference values were
        taken as distinct, since counts cannot tell. The p-value is exact if they were
        and too large otherwise.
    """
    n = reference.size
    _check_sizes(n, size)
    _, first, repeats = np.unique(reference, return_index=True, return_counts=True)
    greater = max(0, int(((first + repeats) * size - not_above * n).max()))
    less = max(0, int((below * n - first * size).max()))
    statistic = np.array([_of_alternative(greater, less, alternative)])
    if confidence is not None:
        sides = np.array([greater]), np.array([less])
        p_value = ks_p_values_given(*sides, reference, size, alternative, confidence)
        return statistic[0] / (n * size), p_value[0], "given_reference"
    between = np.append(below, size) - np.append(0, not_above)
    null = KSNull.of(n, size, alternative)
    if method == "asymptotic" or (repeats + not_above - below <= 1).all():
        (p_value,), (how,) = null.p_values(statistic, method)
    else:
        stops = first + repeats + not_above
        totals, complete = _ends_of_groups(stops, between, n + size)
        p_value, how = null.tied_p_value(statistic[0], totals, method, complete)
    if how == "exact" and (between > 1).any():
        how = "upper_bound"
    return statistic[0] / (n * size), float(p_value), str(how)


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
    greater, less : ndarray of int64 of shape (n_columns, n_batches)
        n m D for each alternative.
    tied : ndarray of bool of shape (n_columns, n_batches)
        Whether the pooled sample has ties.

    Raises
    ------
    ValueError
        If n m does not fit into 64 bits.
    """
    n_columns, n = reference.shape
    n_batches, m = batches.shape[1:]
    _check_sizes(n, m)
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


@dataclass(frozen=True)
class KSNull:
    """Distribution of H = n m D where both samples come from the same place.

    Every arrangement of the pooled values, their ties kept, is as likely as any other.

    Parameters
    ----------
    n, m : int
        Sample sizes, the larger one first.
    alternative : {"two-sided", "greater", "less"}
        "greater": the sample of size m tends to be larger.
    """

    n: int
    m: int
    alternative: str = "two-sided"

    @classmethod
    def of(cls, n, m, alternative="two-sided"):
        """Null distribution for a reference of n and a batch of m values."""
        if n < m:
            # The same question seen from the batch.
            return cls(m, n, _MIRRORED[alternative])
        return cls(n, m, alternative)

    def p_values(self, statistic, method="auto", ends=None):
        """Probabilities of statistics at least as large.

        Parameters
        ----------
        statistic : ndarray of int of shape (n_samples,)
            H = n m D.
        method : {"auto", "exact", "asymptotic"}, default="auto"
            "exact" is the share of the arrangements, to a relative accuracy of about
            1e-12, in the far tail too. "auto" is exact where that takes less than about
            50 ms for one sample, which ties make cheaper, and asymptotic beyond. What
            is asymptotic under "auto" honours the ties, under "asymptotic" it ignores
            them, which makes it conservative.
        ends : ndarray of bool of shape (n_samples, n + m), default=None
            True where a group of tied values ends in the sorted pooled sample; None if
            there are no ties.

        Returns
        -------
        p_value : ndarray of shape (n_samples,)
        how : ndarray of str of shape (n_samples,)
            "exact" or "asymptotic".
        """
        how = np.full(statistic.shape, "exact", dtype="<U10")
        if ends is None:
            if method == "asymptotic" or (method == "auto" and not self._is_cheap()):
                how[:] = "asymptotic"
                return self._asymptotic(statistic), how
            distinct, which = np.unique(statistic, return_inverse=True)
            return self._remembered(distinct)[which.reshape(-1)], how
        if self.n + self.m <= _DIAGONALS:
            return self._remembered(statistic, ends), how
        p_value = np.empty(statistic.shape)
        for k, pattern in enumerate(ends):
            totals = np.flatnonzero(pattern) + 1
            p_value[k], how[k] = self.tied_p_value(statistic[k], totals, method)
        return p_value, how

    def tied_p_value(self, statistic, totals, method="auto", complete=True):
        """Probability of one statistic at least as large, given the ties.

        Parameters
        ----------
        statistic : int
            H = n m D.
        totals : ndarray of int of shape (n_distinct,)
            How many pooled values are at most the first, second, ... distinct value.
        method : {"auto", "exact"}, default="auto"
            As in `p_values`.
        complete : bool, default=True
            Whether ``totals`` holds all distinct values, and not merely enough of them
            for the asymptotic form.

        Returns
        -------
        p_value : float
        how : {"exact", "asymptotic"}
        """
        if complete and (
            method == "exact" or self._seconds(statistic, totals) < _SECONDS
        ):
            ends = np.zeros((1, self.n + self.m), dtype=bool)
            ends[0, totals - 1] = True
            return self._remembered(np.array([statistic]), ends)[0], "exact"
        return self._bridge(statistic, totals), "asymptotic"

    def _is_cheap(self):
        return self.m <= _SMALLER and (self.n + self.m) * self.m <= _PRODUCT

    def _seconds(self, statistic, totals):
        if self.n + self.m <= _DIAGONALS:
            return 0.0
        lower, upper = self._region(np.array([statistic]), totals)
        return block_seconds(totals, lower[0], upper[0], self.n, self.m)

    def _asymptotic(self, statistic):
        """Take m values as a sample from a known distribution, at D sqrt(n / (n + m)).

        That is exact for n without bound.
        """
        distance = statistic / (self.n * self.m) * np.sqrt(self.n / (self.n + self.m))
        distribution = kstwo if self.alternative == "two-sided" else ksone
        return np.clip(distribution.sf(distance, self.m), 0.0, 1.0)

    def _bridge(self, statistic, totals):
        """P-value of a Brownian bridge that is looked at where ties end.

        With n and m without bound the scaled difference of the distribution functions
        becomes a Brownian bridge, whatever n / m. A walk of two small samples, exact
        given the same ties, stands for it; between its whole numbers, logarithms of
        p-values are interpolated.
        """
        total, steps = self.n + self.m, 2 * _WALK
        ends = np.zeros((1, steps), dtype=bool)
        ends[0, -(-totals * steps // total) - 1] = True
        if ends.all():
            return self._asymptotic(statistic)
        walk = KSNull(_WALK, _WALK, self.alternative)
        height = statistic * np.sqrt(steps / (float(self.n) * self.m * total))
        whole = np.floor(height)
        heights = np.array([whole, whole + 1]).astype(np.int64) * _WALK
        first, second = walk._remembered(heights, np.repeat(ends, 2, axis=0))
        if second == 0:
            return first
        return first * (second / first) ** (height - whole)

    def _remembered(self, statistic, ends=None):
        """Exact p-values, each case computed once while it is remembered."""
        case = (self.n, self.m, self.alternative)
        if ends is None:
            keys = [(case, h) for h in statistic.tolist()]
            return P_VALUES.recall(keys, lambda k: self._exact(statistic[k]))
        prefix = repr(case).encode()
        keys = [
            blake2b(prefix + h.tobytes() + pattern.tobytes(), digest_size=16).digest()
            for h, pattern in zip(statistic, np.packbits(ends, axis=1))
        ]
        return P_VALUES.recall(keys, lambda k: self._exact(statistic[k], ends[k]))

    def _exact(self, statistic, ends=None):
        """Shares of paths that leave the region of smaller statistics."""
        total = self.n + self.m
        p_value = np.where(statistic <= 0, 1.0, np.nan)
        stacked = (statistic > 0) & (total <= _DIAGONALS)
        if ends is not None:
            stacked &= _FEW * np.count_nonzero(ends, axis=1) > total
        # Regions of like shape share a stack, so that little is computed outside them.
        order = np.argsort(statistic, kind="stable")
        order = order[stacked[order]]
        at_once = max(1, _POSITIONS // total)
        for start in range(0, order.size, at_once):
            part = order[start : start + at_once]
            p_value[part] = self._by_diagonals(
                statistic[part], None if ends is None else ends[part]
            )
        # Few distinct values, large samples, and counts beyond the range of floats.
        for k in np.flatnonzero(np.isnan(p_value)):
            totals = np.arange(1, total + 1)
            if ends is not None:
                totals = np.flatnonzero(ends[k]) + 1
            lower, upper = self._region(statistic[[k]], totals)
            p_value[k] = block_crossing_probability(
                totals, lower[0], upper[0], self.n, self.m
            )
        return p_value

    def _by_diagonals(self, statistic, ends):
        symmetric = ends is None and self.alternative == "two-sided"
        total = self.n + self.m
        stop = (total + 1) // 2 if symmetric else total
        lower, upper = self._region(statistic, np.arange(stop + 1))
        return diagonal_crossing_probability(
            lower, upper, self.n, self.m, ends=ends, symmetric=symmetric
        )

    def _region(self, statistic, totals):
        """Fewest and most batch values among so many pooled ones still inside."""
        bound, total = statistic[:, None], self.n + self.m
        lower = np.zeros((statistic.size, totals.size), dtype=np.int64)
        upper = np.full(lower.shape, self.m, dtype=np.int64)
        if self.alternative != "less":
            lower = (totals * self.m - bound) // total + 1
        if self.alternative != "greater":
            upper = (totals * self.m + bound - 1) // total
        return lower, upper


def _of_alternative(greater, less, alternative):
    if alternative == "two-sided":
        return np.maximum(greater, less)
    return greater if alternative == "greater" else less


def _check_sizes(n, m):
    if n * m >= 2**63:
        raise ValueError(
            f"The statistic of {m} batch values against {n} reference values does not "
            "fit into 64 bits; use a smaller reference."
        )


def _tie_ends(reference, batches):
    """Where groups of tied values end in each pooled sample, (n_samples, n + m)."""
    pooled = np.concatenate((reference, batches), axis=1)
    # Quick where a part is in order.
    pooled.sort(axis=1, kind="stable")
    ends = np.ones(pooled.shape, dtype=bool)
    np.not_equal(pooled[:, 1:], pooled[:, :-1], out=ends[:, :-1])
    return ends


def _ends_of_groups(stops, between, total):
    """Where ties end, with the values between two groups taken as distinct.

    Where that would be too many, one in each step of the walk will do.
    """
    complete = between.sum() <= _DISTINCT
    starts = np.append(0, stops)
    if complete:
        lengths = between[between > 0]
        gaps = starts[between > 0]
        last = np.cumsum(lengths)
        single = (
            np.arange(between.sum()) + np.repeat(gaps - last + lengths, lengths) + 1
        )
    else:
        cells = np.arange(1, 2 * _WALK + 1) * total // (2 * _WALK)
        place = starts.searchsorted(cells) - 1
        single = cells[cells <= starts[place] + between[place]]
        single = np.concatenate((single, (starts + between)[between > 0]))
    return np.union1d(stops, single), complete
