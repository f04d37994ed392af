"""Tests that hold for the reference at hand, with a stated confidence.

An ordinary test raises false alarms at its level on average over references; one
reference may give twice as many, for as long as it is used. Here a p-value is valid
given the reference, for all references but a share 1 - confidence of them: the
reference bounds the population, and a batch is tested against the worst population
within bounds. Whether the bounds hold depends neither on the level nor on the batches.

References
----------
.. [1] Vovk, V. (2012). Conditional validity of inductive conformal predictors. Asian
   Conference on Machine Learning, 475-490.
.. [2] Bates, S., Candes, E., Lei, L., Romano, Y. and Sesia, M. (2023). Testing for
   outliers with conformal p-values. Annals of Statistics 51, 149-178.
.. [3] Massart, P. (1990). The tight constant in the Dvoretzky-Kiefer-Wolfowitz
   inequality. Annals of Probability 18, 1269-1283.
"""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, binom, ksone, kstwo

from skdrift.stats._lattice_paths import block_crossing_probability
from skdrift.stats._memo import Memo

P_VALUES = Memo(limit=50_000)
# A population so large that drawing from it does not change it.
_POPULATION = 2**40
# Ranks of the reference at which its upper tail is bounded: each of the largest, then
# in steps of one percent.
_CLOSE_RANKS, _STEP = 200, 0.01


def exceedance_p_values_given(counted, n, m, rank, confidence):
    """P-values of how many batch values exceed a value of the reference.

    Given the reference, a fresh value exceeds its ``rank``-th largest with a
    probability that has, over references, a beta distribution, or a smaller one if
    values are tied.

    Parameters
    ----------
    counted : ndarray of int
        Batch values that exceed it.
    n, m : int
        Reference size and batch size.
    rank : ndarray of int
        1 for the largest; n + 1 for a value that nothing is below.
    confidence : float
        Share of references for which p-values are valid.

    Returns
    -------
    p_value : ndarray

    Examples
    --------
    >>> exceedance_p_values_given(np.array([5, 12, 13]), 1000, 100, 51, 0.95).round(3)
    array([0.76 , 0.023, 0.01 ])
    """
    rank = np.asarray(rank)
    share = np.where(
        rank > n, 1.0, beta.ppf(confidence, rank, np.maximum(n + 1 - rank, 1))
    )
    return binom.sf(np.asarray(counted) - 1, m, share)


def ks_p_values_given(greater, less, reference, m, alternative, confidence):
    """P-values of Kolmogorov-Smirnov statistics.

    The population's distribution function is within a band around the reference's, by
    the exact distribution of the distance between the two.

    Parameters
    ----------
    greater, less : ndarray of int of shape (n_batches,)
        n m D of either side.
    reference : ndarray of shape (n,)
        Sorted.
    m : int
        Batch size.
    alternative : {"two-sided", "greater", "less"}
        Which of them to test.
    confidence : float
        Share of references for which p-values are valid.

    Returns
    -------
    p_value : ndarray of shape (n_batches,)
    """
    n = reference.size
    _, first, repeats = np.unique(reference, return_index=True, return_counts=True)
    # Seen from above, "less" is "greater".
    sides = {"greater": first + repeats, "less": n - first[::-1]}
    if alternative == "two-sided":
        statistic, distance = np.maximum(greater, less), kstwo
    else:
        statistic, distance = {"greater": greater, "less": less}[alternative], ksone
        sides = {alternative: sides[alternative]}
    band = float(distance.isf(1 - confidence, n))
    distinct, which = np.unique(statistic, return_inverse=True)
    p_value = np.zeros(distinct.size)
    for not_above in sides.values():
        case = blake2b(not_above.tobytes(), digest_size=16).digest(), n, m, band
        keys = [(case, h) for h in distinct.tolist()]
        p_value += P_VALUES.recall(
            keys, lambda k, s=not_above: _one_sided(distinct[k], s, n, m, band)
        )
    return np.minimum(p_value, 1.0)[which.reshape(-1)]


def _one_sided(statistic, not_above, n, m, band):
    """Probabilities of a distance to a population whose values are larger by a band."""
    # Fewer batch values up to here make the statistic at least as large.
    least = (not_above * m - statistic[:, None]) // n + 1
    shares = not_above / n - band
    return [
        1.0 if h <= 0 else _crossing_probability(shares, m, lower=row)
        for h, row in zip(statistic.tolist(), least)
    ]


def _crossing_probability(shares, m, *, lower=0, upper=np.inf):
    """Probability that m values leave a region, from shares of their population.

    Where nothing else bounds the region, what is less likely than 1e-50 does: it may
    count as outside, and the region is narrow.
    """
    shares = np.clip(shares, 0, 1)
    totals = np.floor(shares * (_POPULATION - 1)).astype(np.int64)
    reach = 15 * np.sqrt(m * shares) + 100
    lower = np.maximum(lower, np.floor(m * shares - reach))
    upper = np.minimum(upper, np.ceil(m * shares + reach))
    return block_crossing_probability(
        totals,
        np.clip(lower, 0, m).astype(np.int64),
        np.clip(upper, -1, m).astype(np.int64),
        _POPULATION - m,
        m,
    )


@lru_cache(maxsize=32)
def tail_band(n, confidence):
    """Bound the upper tail of a population, at many ranks at once.

    At each rank the bound is the same quantile of the share that exceeds the
    reference's value of that rank, chosen so that all bounds hold together.

    Parameters
    ----------
    n : int
        Reference size.
    confidence : float
        Share of references for which all bounds hold.

    Returns
    -------
    ranks : ndarray of int of shape (n_ranks,)
        1 for the largest, up to the upper half of the reference.
    shares : ndarray of float of shape (n_ranks,)
        Upper bounds of the population's share beyond the value of each rank.
    """
    ranks = np.arange(1, n // 2 + 2)
    cell = np.log(np.maximum(ranks / _CLOSE_RANKS, 1.0)) // np.log1p(_STEP)
    ranks = ranks[np.append(cell[1:] != cell[:-1], True) | (ranks <= _CLOSE_RANKS)]
    ranks = ranks[ranks <= n]

    def shares(log_level):
        return beta.isf(np.exp(log_level), ranks, n + 1 - ranks)

    def excess(log_level):
        # Of n uniform values, at least `rank` are up to each share.
        missed = _crossing_probability(shares(log_level), n, lower=ranks)
        return np.log(max(missed, 1e-300)) - np.log1p(-confidence)

    level = np.log1p(-confidence)
    return ranks, shares(brentq(excess, level - np.log(4.0 * n), level, xtol=1e-4))


def berk_jones_given(reference, not_above, m, confidence, min_effect=0.0):
    """Berk-Jones test of batches for an upper tail beyond all bounds.

    Parameters
    ----------
    reference : ndarray of shape (n,)
        Sorted.
    not_above : ndarray of int of shape (n_batches, n_distinct)
        Batch values not above each distinct reference value.
    m : int
        Batch size.
    confidence : float
        Share of references for which p-values are valid.
    min_effect : float, default=0.0
        Only cuts count where the share of the batch above the cut exceeds that of the
        reference by more than this.

    Returns
    -------
    statistic : ndarray of shape (n_batches,)
        Largest level of a cut, -log10 of the binomial p-value of the number of batch
        values above a reference value.
    p_value : ndarray of shape (n_batches,)
    """
    n = reference.size
    _, first, repeats = np.unique(reference, return_index=True, return_counts=True)
    # From the top: reference values above each distinct one, where that is bounded.
    above = (n - first - repeats)[::-1]
    ranks, shares = tail_band(n, confidence)
    above = above[above < ranks[-1]]
    shares = shares[ranks.searchsorted(above + 1)]
    counted = (m - not_above[:, ::-1])[:, : above.size]
    logs = binom.logsf(counted - 1, m, shares) / np.log(10)
    levels = np.floor(np.minimum(-100 * logs, 30_000) + 1e-6).astype(np.int64)
    needed = np.floor(m * (above / n + min_effect) + 1e-9).astype(np.int64) + 1
    levels[counted < needed] = 0
    level = levels.max(axis=1)
    distinct, which = np.unique(level, return_inverse=True)
    case = blake2b(above.tobytes(), digest_size=16).digest(), n, m, confidence
    keys = [(case, min_effect, h) for h in distinct.tolist()]
    p_value = P_VALUES.recall(
        keys, lambda k: [_tail_p_value(h, needed, shares, m) for h in distinct[k]]
    )
    return level / 100, p_value[which.reshape(-1)]


def _tail_p_value(level, needed, shares, m):
    """Probability of a level at least as high somewhere, at the bounds."""
    if level <= 0:
        return 1.0
    likely = 10.0 ** ((1e-6 - level) / 100)
    # The fewest values whose level is as high; the search starts one step too early.
    fewest = np.maximum(binom.isf(likely, m, shares).astype(np.int64), 0)
    for _ in range(2):
        fewest += binom.sf(fewest - 1, m, shares) > likely
    upper = np.maximum(fewest, needed) - 1
    return _crossing_probability(shares, m, upper=upper)
