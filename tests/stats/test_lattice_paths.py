from math import comb

import numpy as np
import pytest

from skdrift.stats._lattice_paths import (
    block_crossing_probability,
    diagonal_crossing_probability,
)
from tests.lattice_paths import share_of_crossing_paths


def curved_region(rng, n, m):
    """A random region between two rising boundaries, as a function of (i, j)."""
    slack_below, slack_above = rng.uniform(0.5, 4.0, size=2)
    bend = rng.uniform(0.5, 2.0)

    def is_outside(i, j):
        expected = (i + j) * m / (n + m)
        width = (1 + (i + j) / (n + m)) ** bend
        return i < expected - slack_below * width or i > expected + slack_above * width

    return is_outside


def diagonal_bounds(is_outside, n, m):
    lower, upper = [], []
    for s in range(n + m + 1):
        inside = [
            i for i in range(max(0, s - n), min(m, s) + 1) if not is_outside(i, s - i)
        ]
        lower.append(min(inside, default=m + 1))
        upper.append(max(inside, default=-1))
    return np.array([lower]), np.array([upper])


@pytest.mark.parametrize("seed", range(40))
def test_every_method_counts_the_paths_that_leave_a_curved_region(seed):
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(2, 25, size=2))
    is_outside = curved_region(rng, n, m)
    lower, upper = diagonal_bounds(is_outside, n, m)

    expected = float(share_of_crossing_paths(n, m, is_outside))
    assert diagonal_crossing_probability(lower, upper, n, m) == pytest.approx(
        expected, rel=1e-12
    )
    totals = np.arange(1, n + m + 1)
    block = block_crossing_probability(totals, lower[0, 1:], upper[0, 1:], n, m)
    assert block == pytest.approx(expected, rel=1e-12)

    ends = rng.random(n + m) < 0.4
    ends[-1] = True
    expected = float(share_of_crossing_paths(n, m, is_outside, ends))
    assert diagonal_crossing_probability(
        lower, upper, n, m, ends=ends[None]
    ) == pytest.approx(expected, rel=1e-12)
    totals = np.flatnonzero(ends) + 1
    block = block_crossing_probability(totals, lower[0, totals], upper[0, totals], n, m)
    assert block == pytest.approx(expected, rel=1e-12)


def straight_region(n, m, bound):
    total = np.arange(n + m + 1)
    return (total * m - bound) // (n + m) + 1, (total * m + bound - 1) // (n + m)


def test_a_region_does_not_feel_its_company():
    n, m = 300, 80
    lower, upper = zip(
        *(straight_region(n, m, bound) for bound in range(900, 9000, 90))
    )
    lower, upper = np.array(lower), np.array(upper)
    together = diagonal_crossing_probability(lower, upper, n, m)
    alone = [
        diagonal_crossing_probability(low[None], high[None], n, m)[0]
        for low, high in zip(lower, upper)
    ]
    assert together.tolist() == alone


def test_symmetric_regions_need_half_the_work_only():
    n, m = 300, 80
    lower, upper = zip(
        *(straight_region(n, m, bound) for bound in range(900, 9000, 90))
    )
    lower, upper = np.array(lower), np.array(upper)
    np.testing.assert_allclose(
        diagonal_crossing_probability(lower, upper, n, m, symmetric=True),
        diagonal_crossing_probability(lower, upper, n, m),
        rtol=1e-13,
    )


def equal_sizes_p_value(n, d):
    """Two-sided p-value of n n D = n d (Gnedenko and Korolyuk 1951)."""
    terms = [(-1) ** (k - 1) * comb(2 * n, n - k * d) for k in range(1, n // d + 1)]
    return 2 * sum(terms) / comb(2 * n, n)


def test_sizes_whose_path_counts_leave_the_range_of_floats():
    # binom(4000, 2000) is about 1e1203.
    n = m = 2000
    distances = [60, 100, 160]
    expected = [equal_sizes_p_value(n, d) for d in distances]
    bounds = [n * d for d in distances]
    lower, upper = (
        np.array(side) for side in zip(*(straight_region(n, m, b) for b in bounds))
    )
    diagonal = diagonal_crossing_probability(lower, upper, n, m, symmetric=True)
    np.testing.assert_allclose(diagonal, expected, rtol=1e-11)
    totals = np.arange(1, n + m + 1)
    block = [
        block_crossing_probability(totals, low[1:], high[1:], n, m)
        for low, high in zip(lower, upper)
    ]
    np.testing.assert_allclose(block, expected, rtol=1e-10)


def test_a_region_without_boundary_is_never_left():
    total = np.arange(12)
    lower, upper = np.zeros((1, 12), dtype=int), total[None]
    assert diagonal_crossing_probability(lower, upper, 7, 4)[0] == 0.0
    assert block_crossing_probability(total[1:], lower[0, 1:], upper[0, 1:], 7, 4) == 0
