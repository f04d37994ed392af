"""Exact null distributions of rank statistics, by counting lattice paths.

Under the null hypothesis the pooled sample of ``m`` batch and ``n`` reference values
is a uniformly random arrangement: a lattice path from (0, 0) to (m, n), one step per
value in ascending order. A statistic is at least as large as observed exactly when the
path leaves a region, so its p-value is a share of paths. Kolmogorov-Smirnov statistics
have a straight boundary; any other boundary works just as well.

Every function adds and multiplies positive numbers only, so the relative accuracy holds
in the far tail, and the result for one region does not depend on the regions that are
evaluated with it.

References
----------
.. [1] Schroeer, G. and Trenkler, D. (1995). Exact and randomization distributions of
   Kolmogorov-Smirnov tests two or three samples. Computational Statistics & Data
   Analysis 20, 185-202.
.. [2] Viehmann, T. (2021). Numerically more stable computation of the p-values for the
   two-sample Kolmogorov-Smirnov test. arXiv:2102.08037.
"""

import numpy as np
from scipy.stats import binom

# A count below this, when the largest one is 1, may have lost its digits.
_SMALLEST = 2.0**-960
# Counts at most double from one diagonal to the next.
_STEPS_TO_RESCALE = 800
# Share of the largest mass beyond a bound below which another adds nothing.
_NEGLIGIBLE = 1e-30


def diagonal_crossing_probability(
    lower, upper, n_reference, n_batch, *, ends=None, symmetric=False
):
    """Probability that a random path visits a point outside a region, by diagonals.

    Suited to many samples at once, with or without ties: one addition for each point
    inside. Paths are followed from both ends to the middle.

    Parameters
    ----------
    lower, upper : ndarray of int of shape (n_regions, n_reference + n_batch + 1)
        With s values read, i of them from the batch, point (s, i) lies inside where
        ``lower[s] <= i <= upper[s]``.
    n_reference, n_batch : int
        Sample sizes.
    ends : ndarray of bool of shape (n_regions, n_reference + n_batch), default=None
        Whether a group of tied values ends with the s-th value. The order within a
        group is void, so the region's bounds hold only there. None: no ties.
    symmetric : bool, default=False
        Whether each region looks the same from the path's end. Then the bounds are read
        up to the middle only and need go no further, s = (n_total + 1) // 2.

    Returns
    -------
    probability : ndarray of shape (n_regions,)
        NaN where the counts of the paths leave the range of floating point numbers,
        which happens only for probabilities far below 1e-100.
    """
    n_regions, n_total = len(lower), n_reference + n_batch
    middle = n_total // 2
    rest = n_total - middle
    checked = None
    if ends is not None:
        checked = np.ones((n_regions, n_total + 1), dtype=bool)
        checked[:, 1:] = ends
    bounds = [_carried_bounds(lower, upper, checked, rest)]
    if not symmetric:
        back = np.s_[:, ::-1]
        checked = None if ends is None else checked[back]
        lower, upper = n_batch - upper[back], n_batch - lower[back]
        bounds.append(_carried_bounds(lower, upper, checked, rest))
    lower, upper = (np.concatenate(side).T for side in zip(*bounds))
    counts, reliable = _diagonals_of_path_counts(
        lower, upper, n_reference, n_batch, (middle, rest)
    )
    come, come_all = counts[middle]
    go, go_all = counts[rest]
    come, go = come[:, :n_regions], go[::-1, -n_regions:]
    go_all = go_all[::-1]
    crossing = come * go_all + (come_all - come) * go
    # A plain sum's rounding would depend on the number of regions.
    crossing = np.add.accumulate(crossing, axis=0)[-1]
    probability = np.full(n_regions, np.nan)
    reliable = reliable[:n_regions] & reliable[-n_regions:]
    np.divide(crossing, (come_all * go_all).sum(), out=probability, where=reliable)
    return np.minimum(probability, 1.0)


def _carried_bounds(lower, upper, checked, stop):
    """Bounds of where a path may not have been outside yet, up to position ``stop``.

    Between two checks, it has not if it could have been inside at the last one.
    """
    totals = np.arange(stop + 1)
    lower, slack = lower[:, : stop + 1], upper[:, : stop + 1] - totals
    if checked is not None:
        checked = checked[:, : stop + 1]
        lower, slack = np.where(checked, lower, 0), np.where(checked, slack, 0)
    slack = np.minimum.accumulate(slack, axis=1)
    return np.maximum.accumulate(lower, axis=1), slack + totals


def _diagonals_of_path_counts(lower, upper, n_reference, n_batch, wanted):
    """Paths that went outside, and all paths, to each point of the wanted diagonals."""
    n_regions = lower.shape[1]
    totals = np.arange(len(lower))[:, None]
    least = np.maximum(totals - n_reference, 0)
    most = np.minimum(totals, n_batch)
    lower_holds, upper_holds = (lower > least).any(), (upper < most).any()
    lower = np.clip(lower, least, n_batch + 1)
    upper = np.clip(upper, -1, most)
    # Only the neighbours of a region are drawn on by points inside it. Arrays have a
    # row for i = -1 and one for i = n_batch + 1.
    neighbours = []
    if lower_holds:
        neighbours.append(lower)
    if upper_holds:
        neighbours.append(upper + 2)
    rows = np.concatenate(neighbours or [lower[:, :0]], axis=1)
    places = rows * n_regions + np.tile(np.arange(n_regions), len(neighbours))
    bottom = (lower.min(axis=1) + 1).tolist()
    top = (upper.max(axis=1) + 2).tolist()

    all_paths, all_next = np.zeros((2, n_batch + 3))
    crossing, crossing_next = np.zeros((2, n_batch + 3, n_regions))
    reliable = np.ones(n_regions, dtype=bool)
    all_paths[1] = 1.0
    crossing.reshape(-1)[places[0]] = all_paths[rows[0]]
    counts = {}
    for s in range(max(wanted) + 1):
        if s > 0:
            np.add(all_paths[1:-1], all_paths[:-2], out=all_next[1:-1])
            low, high = bottom[s], top[s]
            if low < high:
                np.add(
                    crossing[low:high],
                    crossing[low - 1 : high - 1],
                    out=crossing_next[low:high],
                )
            crossing_next.reshape(-1)[places[s]] = all_next[rows[s]]
            all_paths, all_next = all_next, all_paths
            crossing, crossing_next = crossing_next, crossing
        if s % _STEPS_TO_RESCALE == _STEPS_TO_RESCALE - 1 or s in wanted:
            shift = -int(np.frexp(all_paths.max())[1])
            np.ldexp(all_paths, shift, out=all_paths)
            np.ldexp(crossing, shift, out=crossing)
            crossing_next.fill(0.0)
            for neighbour in (
                np.clip(lower[s] - 1, least[s], most[s]),
                np.clip(upper[s] + 1, least[s], most[s]),
            ):
                reliable &= all_paths[neighbour + 1] > _SMALLEST
        if s in wanted:
            points = np.arange(n_batch + 1)[:, None]
            inside = (points >= lower[s]) & (points <= upper[s])
            everything = all_paths[1:-1, None]
            # Products of the halves are largest where paths are most likely.
            likely = everything[round(s * n_batch / (n_reference + n_batch))]
            shift = -int(np.frexp(likely)[1].item())
            counts[s] = (
                np.ldexp(np.where(inside, crossing[1:-1], everything), shift),
                np.ldexp(everything, shift),
            )
    return counts, reliable


def block_crossing_probability(totals, lower, upper, n_reference, n_batch):
    """Probability that a random path visits a point outside a region, tie by tie.

    Suited to one large sample: one convolution with a binomial distribution for each
    position where a bound changes, of which there are at most 2 n_batch, whatever the
    size of the reference. The probability is the sum over the points where a path is
    outside for the first time.

    Parameters
    ----------
    totals : ndarray of int of shape (n_distinct,)
        How many pooled values are at most the first, second, ... distinct value.
    lower, upper : ndarray of int of shape (n_distinct,)
        Inside means ``lower[k] <= i <= upper[k]`` when i of the first ``totals[k]``
        pooled values belong to the batch.
    n_reference, n_batch : int
        Sample sizes.

    Returns
    -------
    probability : float
    """
    n_total = n_reference + n_batch
    share = n_batch / n_total
    totals, lower, upper = _where_bounds_change(totals, lower, upper, n_batch)
    fewest, steps = _step_probabilities(totals, lower, upper, n_total, n_batch)
    inside, start = np.ones(1), 0
    masses, positions, at = [], [], []
    bounds = zip(fewest.tolist(), lower.tolist(), (upper + 1).tolist())
    for k, (step, (drawn, low, high)) in enumerate(zip(steps, bounds)):
        inside = np.convolve(inside, step)
        start += drawn
        low = min(max(low - start, 0), inside.size)
        high = max(high - start, low)
        for begin, part in ((0, inside[:low]), (high, inside[high:])):
            if part.size:
                masses.append(part)
                positions.append(start + begin)
                at.append(k)
        inside, start = inside[low:high], start + low
        if inside.size == 0:
            break
    if not masses:
        return 0.0
    # Beyond a bound, both the mass and the chance to come back fall.
    lengths = [part.size for part in masses]
    mass = np.concatenate(masses)
    counts = mass > np.repeat([part.max() * _NEGLIGIBLE for part in masses], lengths)
    position = _consecutive(np.array(positions), np.array(lengths))[counts]
    remaining = n_total - np.repeat(totals[at], lengths)[counts]
    onward = binom.pmf(n_batch - position, remaining, share)
    end = binom.pmf(n_batch, n_total, share)
    return float(min(mass[counts] @ onward / end, 1.0))


def block_seconds(totals, lower, upper, n_reference, n_batch):
    """About how long `block_crossing_probability` takes, with the same parameters."""
    n_total = n_reference + n_batch
    totals, lower, upper = _where_bounds_change(totals, lower, upper, n_batch)
    sizes = np.diff(totals, prepend=0)
    spread = _spread(sizes, totals, lower, upper, n_total, n_batch)
    steps = np.minimum(np.minimum(sizes, n_batch), 2 * spread) + 1.0
    width = np.maximum(np.minimum(totals, upper) - lower, 0) + 1.0
    products = steps[1:] @ width[:-1]
    return 7e-6 * steps.size + 1.2e-7 * steps.sum() + 2e-10 * products


def _where_bounds_change(totals, lower, upper, n_batch):
    """Leave out positions that cannot be where a path is outside for the first time.

    The count of batch values never falls, so that an upper bound that does not rise
    until the next position, or a lower bound that has not risen, holds by itself.
    """
    upper = np.minimum(upper, n_batch)
    needed = np.append(upper[:-1] < upper[1:], True)
    needed[0] |= lower[0] > 0
    needed[1:] |= lower[1:] > lower[:-1]
    return totals[needed], lower[needed], upper[needed]


def _step_probabilities(totals, lower, upper, n_total, n_batch):
    """Fewest batch values of each step that matter, and probabilities from there on.

    A path is a Bernoulli walk given its end point.
    """
    sizes = np.diff(totals, prepend=0)
    distinct, which = np.unique(sizes, return_inverse=True)
    share = n_batch / n_total
    spread = _spread(distinct, totals, lower, upper, n_total, n_batch)
    centre = (distinct * share).astype(np.int64)
    fewest = np.maximum(centre - spread, 0)
    lengths = np.minimum(np.minimum(distinct, n_batch), centre + spread) - fewest + 1
    drawn = _consecutive(fewest, lengths)
    pmf = binom.pmf(drawn, np.repeat(distinct, lengths), share)
    parts = np.split(pmf, np.cumsum(lengths)[:-1])
    return fewest[which], [parts[k] for k in which.tolist()]


def _spread(sizes, totals, lower, upper, n_total, n_batch):
    """How far from its mean a step of each size still adds to the probability.

    In standard deviations: 12 beyond what leads across the region at once.
    """
    share = n_batch / n_total
    mean = totals * share
    above = np.where(upper < np.minimum(totals, n_batch), upper - mean, 0.0)
    least = np.maximum(totals - (n_total - n_batch), 0)
    below = np.where(lower > least, mean - lower, 0.0)
    depth = max(above.max(), below.max(), 0.0)
    reach = min(12 + 2 * depth / np.sqrt(n_batch * (1 - share)), 40)
    return np.ceil(reach * (1 + np.sqrt(sizes * share * (1 - share)))).astype(np.int64)


def _consecutive(starts, lengths):
    """Whole numbers from each start on, as many as each length says."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
