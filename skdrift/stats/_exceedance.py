"""Test of how many batch values exceed a quantile of the reference, exact with ties."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from skdrift.stats._given_reference import exceedance_p_values_given

# Terms up to which the sum of a tied p-value is carried out, and the share of the
# largest one below which another adds nothing.
_TERMS, _NEGLIGIBLE = 20_000, 1e-25


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


def exceedance_test(reference, batches, q=0.95, confidence=None):
    """Test of every batch for too many values above its reference's q quantile.

    Where no reference value lies above its own quantile, because too many are tied
    there, values equal to the quantile count as well.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order.
    q : float, default=0.95
        The quantile is the reference value that leaves at most a share 1 - q above it.
    confidence : float, default=None
        Share of references for which p-values are to be valid given the reference.
        None: they are valid on average over references.

    Returns
    -------
    excess : ndarray of shape (n_columns, n_batches)
        Share of the batch minus share of the reference that counts.
    p_value : ndarray of shape (n_columns, n_batches)
    how : ndarray of str of shape (n_columns, n_batches)
        "exact" given the ties, "upper_bound", or "given_reference".

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
    quantile = reference[:, rank - 1, None]
    return QuantileCounts(
        n=n,
        m=m,
        allowed=n - rank,
        above=np.count_nonzero(batches > quantile[..., None], axis=2),
        not_below=np.count_nonzero(batches >= quantile[..., None], axis=2),
        reference_above=np.count_nonzero(reference > quantile, axis=1)[:, None],
        reference_not_below=np.count_nonzero(reference >= quantile, axis=1)[:, None],
    ).test(confidence)


def exceedance_test_counts(reference, below, not_above, size, q=0.95, confidence=None):
    """Test of a batch known by its counts for too many values above a quantile.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    below, not_above : ndarray of int of shape (n_distinct,)
        Batch values below, and not above, each distinct reference value.
    size : int
        Batch size m.
    q : float, default=0.95
    confidence : float, default=None
        As in `exceedance_test`.

    Returns
    -------
    excess, p_value : float
        Exactly those of the whole batch.
    how : {"exact", "upper_bound", "given_reference"}
    """
    n = reference.size
    rank = quantile_rank(q, n)
    distinct, first, repeats = np.unique(
        reference, return_index=True, return_counts=True
    )
    place = distinct.searchsorted(reference[[rank - 1]])
    excess, p_value, how = QuantileCounts(
        n=n,
        m=size,
        allowed=n - rank,
        above=size - not_above[place],
        not_below=size - below[place],
        reference_above=n - first[place] - repeats[place],
        reference_not_below=n - first[place],
    ).test(confidence)
    return excess.item(), p_value.item(), how.item()


def tie_at_quantile(reference, q):
    """Count the values tied at a reference's q quantile, and those above it.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    q : float
        As in `exceedance_test`.

    Returns
    -------
    tied, above, allowed : int
        ``allowed``: how many might lie above the quantile if nothing were tied.

    Examples
    --------
    >>> tie_at_quantile(np.array([1.0, 2.0, 3.0, 3.0, 3.0]), 0.6)
    (3, 0, 2)
    """
    rank = quantile_rank(q, reference.size)
    quantile = reference[rank - 1]
    below, not_above = (
        int(reference.searchsorted(quantile, side)) for side in ("left", "right")
    )
    return not_above - below, reference.size - not_above, reference.size - rank


@dataclass(frozen=True)
class QuantileCounts:
    """How many values of two samples lie above the reference's quantile, and not below.

    Arrays of cases broadcast against each other.

    Parameters
    ----------
    n, m : int
        Reference size and batch size.
    allowed : int
        Reference values that may lie above the quantile, n minus its rank.
    above, not_below : ndarray of int
        Batch values above, and not below, the quantile.
    reference_above, reference_not_below : ndarray of int
        The same of the reference.

    Examples
    --------
    Two of two batch values lie above the third of four reference values. Of the 15
    arrangements three have that:

    >>> excess, p_value, how = QuantileCounts(
    ...     4, 2, 1, np.array([2]), np.array([2]), np.array([1]), np.array([2])
    ... ).test()
    >>> p_value.round(12), how
    (array([0.2]), array(['exact'], dtype='<U11'))
    """

    n: int
    m: int
    allowed: int
    above: np.ndarray
    not_below: np.ndarray
    reference_above: np.ndarray
    reference_not_below: np.ndarray

    @property
    def tie_counts(self):
        """Where values equal to the quantile count, since nothing lies above it."""
        return (self.reference_above == 0) & (self.allowed > 0)

    def test(self, confidence=None):
        """Excess of the batch's share, its p-value, and how that was found.

        The p-value is the share of the arrangements of the pooled values, ties kept, in
        which as many batch values or more count. Without ties that is a hypergeometric
        tail. If values are tied at the quantile, the place and the size of that one tie
        are all that matters.

        Parameters
        ----------
        confidence : float, default=None
            As in `exceedance_test`.

        Returns
        -------
        excess, p_value : ndarray of float
        how : ndarray of str
        """
        counted = np.where(self.tie_counts, self.not_below, self.above)
        of_reference = np.where(
            self.tie_counts, self.reference_not_below, self.reference_above
        )
        excess = counted / self.m - of_reference / self.n
        if confidence is not None:
            beyond = np.where(self.tie_counts, self.reference_not_below, self.allowed)
            p_value = exceedance_p_values_given(
                counted, self.n, self.m, beyond + 1, confidence
            )
            return excess, p_value, np.full(excess.shape, "given_reference")
        # From the top: the pooled values above the quantile, and those with its tie.
        top = self.reference_above + self.above
        with_tie = self.reference_not_below + self.not_below
        cases = np.stack(
            np.broadcast_arrays(counted, top, with_tie, self.tie_counts)
        ).reshape(4, -1)
        which = np.zeros(1, dtype=np.int64)
        if cases.shape[1] > 1:
            cases, which = np.unique(cases, axis=1, return_inverse=True)
            # The shape of the inverse differs between versions of numpy.
            which = which.reshape(-1)
        p_value, how = self._p_values(*cases)
        return (
            excess,
            p_value[which].reshape(excess.shape),
            how[which].reshape(excess.shape),
        )

    def _p_values(self, counted, top, with_tie, tie_counts):
        total = self.n + self.m
        p_value = hypergeom.sf(counted - 1, total, self.m, top)
        how = np.full(p_value.shape, "exact", dtype="<U11")
        for k in np.flatnonzero(with_tie - top > 1):
            tied = self._tie_counts if tie_counts[k] else self._tie_does_not_count
            p_value[k], how[k] = tied(int(counted[k]), int(top[k]), int(with_tie[k]))
        return np.minimum(p_value, 1.0), how

    # In an arrangement, let T batch values lie above the tie, and E above or in it. The
    # quantile lies below the tie exactly when E is at least what is `needed`, that is,
    # when no more reference values than are allowed lie above or in it. Then all E
    # count, more than were counted; else it lies in the tie, or above it, in which case
    # fewer count.

    def _tie_does_not_count(self, counted, top, with_tie):
        """Probability of E >= needed, or T >= counted."""
        total, needed = self.n + self.m, with_tie - self.allowed
        beyond = hypergeom.sf(needed - 1, total, with_tie, self.m)
        at_top = np.arange(counted, min(top, self.m, needed - 1) + 1)
        if at_top.size == 0:
            return beyond, "exact"
        likely = hypergeom.pmf(at_top, total, top, self.m)
        matters = likely > likely.max() * _NEGLIGIBLE
        at_top, likely = at_top[matters], likely[matters]
        if at_top.size > _TERMS:
            return beyond + hypergeom.sf(counted - 1, total, top, self.m), "upper_bound"
        rest = hypergeom.cdf(
            needed - 1 - at_top, total - top, with_tie - top, self.m - at_top
        )
        return beyond + likely @ rest, "exact"

    def _tie_counts(self, counted, top, with_tie):
        """Probability of E >= needed, or of E >= counted with nothing else above it."""
        total, needed = self.n + self.m, with_tie - self.allowed
        beyond = hypergeom.sf(needed - 1, total, with_tie, self.m)
        if top > self.m:
            return beyond, "exact"
        alone = hypergeom.pmf(top, total, top, self.m)
        tie = total - top, with_tie - top, self.m - top
        between = hypergeom.sf(counted - 1 - top, *tie) - hypergeom.sf(
            needed - 1 - top, *tie
        )
        return beyond + alone * between, "exact"
