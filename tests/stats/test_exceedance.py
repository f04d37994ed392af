from fractions import Fraction
from itertools import combinations
from math import ceil, comb

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from skdrift.stats import _exceedance
from skdrift.stats._exceedance import (
    QuantileCounts,
    exceedance_test,
    exceedance_test_counts,
    quantile_rank,
    tie_at_quantile,
)
from tests.lattice_paths import share_of_crossing_paths


def tie_counts(reference, rank):
    """Whether values equal to the quantile count: it is the largest and shared."""
    return rank < len(reference) and sorted(reference)[rank - 1] == max(reference)


def values_above(reference, batch, rank):
    quantile = sorted(reference)[rank - 1]
    if tie_counts(reference, rank):
        return sum(value >= quantile for value in batch)
    return sum(value > quantile for value in batch)


def by_enumeration(reference, batch, rank):
    pooled, m = [*reference, *batch], len(batch)
    observed = values_above(reference, batch, rank)
    as_large = 0
    for chosen in combinations(range(len(pooled)), m):
        rest = [pooled[k] for k in range(len(pooled)) if k not in chosen]
        as_large += values_above(rest, [pooled[k] for k in chosen], rank) >= observed
    return Fraction(as_large, comb(len(pooled), m))


def run(reference, batch, q):
    excess, p_value, how = exceedance_test(
        np.sort(np.array(reference, dtype=float))[None],
        np.array(batch, dtype=float)[None, None],
        q,
    )
    assert how.tolist() == [["exact"]]
    return excess.item(), p_value.item()


@settings(deadline=None, max_examples=150)
@example(reference=[1, 1, 1], batch=[1, 2], q=Fraction(1, 3))
@example(reference=[5, 5], batch=[5, 5], q=Fraction(1, 2))
@given(
    reference=st.lists(st.integers(0, 9) | st.just(9), min_size=1, max_size=6),
    batch=st.lists(st.integers(0, 11) | st.just(9), min_size=1, max_size=6),
    q=st.sampled_from([Fraction(1, 8), Fraction(1, 2), Fraction(7, 8)]),
)
def test_p_values_equal_the_enumeration_of_all_arrangements(reference, batch, q):
    rank = ceil(q * len(reference))
    share = by_enumeration(reference, batch, rank)
    excess, p_value = run(reference, batch, float(q))
    assert p_value == pytest.approx(float(share), rel=1e-11)
    expected = Fraction(values_above(reference, batch, rank), len(batch)) - Fraction(
        values_above(reference, reference, rank), len(reference)
    )
    assert excess == pytest.approx(float(expected), abs=1e-15)


@pytest.mark.parametrize("decimals", [15, 1, 0])
@pytest.mark.parametrize(("n", "m"), [(200, 40), (60, 90)])
def test_p_values_equal_exact_path_counts(n, m, decimals):
    rng = np.random.default_rng(0)
    for shift in (0.0, 1.0, 3.0):
        reference = np.sort(rng.normal(size=n).round(decimals))
        batch = rng.normal(shift, size=m).round(decimals)
        pooled = np.sort(np.concatenate((reference, batch)))
        ends = np.append(pooled[1:] != pooled[:-1], True).tolist()
        rank = ceil(Fraction(9, 10) * n)
        above = values_above(reference.tolist(), batch.tolist(), rank)
        share = share_of_crossing_paths(
            n,
            m,
            lambda i, j, r=rank, a=above, m=m: j >= r and m - i >= a,
            ends,
        )
        assert run(reference, batch, 0.9)[1] == pytest.approx(float(share), rel=1e-10)


def test_without_ties_it_is_a_hypergeometric_tail():
    rng = np.random.default_rng(1)
    reference, batch = rng.normal(size=1000), rng.normal(0.5, size=100)
    above = values_above(reference.tolist(), batch.tolist(), 950)
    expected = hypergeom.cdf(100 - above, 1100, 100, 100 - above + 950)
    assert run(reference, batch, 0.95)[1] == pytest.approx(expected, rel=1e-9)


def test_rank_is_not_misled_by_binary_fractions():
    for n in (1, 20, 100, 1000, 12_345):
        for percent in range(1, 100):
            assert quantile_rank(percent / 100, n) == ceil(Fraction(percent, 100) * n)


def count(reference, batch):
    batch, distinct = np.sort(batch), np.unique(reference)
    return batch.searchsorted(distinct), batch.searchsorted(distinct, side="right")


@settings(deadline=None, max_examples=100)
@given(
    reference=st.lists(st.integers(0, 12), min_size=1, max_size=20),
    batch=st.lists(st.integers(-2, 14), min_size=1, max_size=15),
    q=st.floats(0.05, 0.95),
)
def test_counts_give_the_whole_batch_whatever_the_ties(reference, batch, q):
    reference, batch = np.sort(reference), np.array(batch)
    found = exceedance_test_counts(reference, *count(reference, batch), batch.size, q)
    expected = exceedance_test(reference[None], batch[None, None], q)
    assert found == (expected[0].item(), expected[1].item(), "exact")


def test_a_large_tie_at_the_quantile_is_bounded(monkeypatch):
    rng = np.random.default_rng(2)
    reference = np.sort(rng.normal(size=(1, 500)).round(), axis=1)
    batches = rng.normal(0.2, size=(1, 20, 300)).round()
    _, exact_p, how = exceedance_test(reference, batches, 0.9)
    assert (how == "exact").all()
    monkeypatch.setattr(_exceedance, "_TERMS", 10)
    _, p_value, how = exceedance_test(reference, batches, 0.9)
    assert (how == "upper_bound").all()
    assert (p_value >= exact_p * (1 - 1e-12)).all()
    assert (p_value < 1).any()


def test_a_batch_of_a_hundred_million_rows_known_by_counts():
    reference = np.sort(np.random.default_rng(3).random(10_000))
    size = 10**8
    below = np.floor(reference * size).astype(np.int64)
    _, p_value, how = exceedance_test_counts(reference, below, below, size)
    assert how == "exact"
    assert 0.01 < p_value < 0.99
    below[reference > 0.9] -= size // 50
    assert exceedance_test_counts(reference, below, below, size)[1] < 1e-6


def tail(x, total, marked, drawn):
    ways = (
        comb(drawn, k) * comb(total - drawn, marked - k)
        for k in range(x, min(marked, drawn) + 1)
    )
    return Fraction(sum(ways), comb(total, marked))


@pytest.mark.parametrize(("n", "m"), [(1000, 100), (100, 1000), (4000, 4000)])
def test_far_tails_equal_integer_arithmetic(n, m):
    allowed = n // 20
    for above in {1, m // 20, m // 10, m // 3, m // 2}:
        counts = QuantileCounts(
            n,
            m,
            allowed,
            *(np.array([k]) for k in (above, above, allowed, allowed + 1)),
        )
        _, p_value, _ = counts.test()
        expected = tail(above, n + m, m, allowed + above)
        assert p_value.item() == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_cases_do_not_depend_on_each_other():
    above = np.arange(40)
    ties = np.arange(40) % 3
    fixed = np.array([50]), np.array([53])
    together = QuantileCounts(1000, 100, 50, above, above + ties, *fixed).test()
    for k in range(40):
        alone = QuantileCounts(
            1000, 100, 50, above[[k]], (above + ties)[[k]], *fixed
        ).test()
        assert [part[k] for part in together] == [part[0] for part in alone]


SHARED_LARGEST = {
    "two values": lambda rng, size: rng.integers(0, 2, size) / 1.0,
    "a score that is capped": lambda rng, size: np.minimum(rng.normal(size=size), 1.0),
    "a neighbour count": lambda rng, size: rng.binomial(5, 0.5, size) / 5,
    "just above a twentieth": lambda rng, size: np.minimum(rng.random(size), 0.94),
}


@pytest.mark.statistics
@pytest.mark.parametrize("kind", SHARED_LARGEST)
def test_a_largest_value_that_many_share_keeps_size_and_power(kind):
    draw, rng = SHARED_LARGEST[kind], np.random.default_rng(4)
    n_tests = 2000
    reference = np.sort(draw(rng, (n_tests, 400)), axis=1)
    batches = draw(rng, (n_tests, 1, 100))
    moved = batches.copy()
    moved[..., :40] = reference[:, None, -1:]
    _, clean, _ = exceedance_test(reference, batches)
    _, shifted, _ = exceedance_test(reference, moved)
    for level in (0.01, 0.05, 0.2):
        error = np.sqrt(level * (1 - level) / n_tests)
        assert (clean <= level).mean() <= level + 3.5 * error
    assert (shifted <= 0.05).mean() > 0.9
    # Values that are larger still are noticed even if they are few.
    moved = batches.copy()
    moved[..., :8] = reference[:, None, -1:] + 1
    _, beyond, _ = exceedance_test(reference, moved)
    assert (beyond <= 0.05).mean() > 0.9


def test_the_tie_at_the_quantile_is_counted():
    reference = np.sort(np.r_[np.zeros(70), np.ones(30)])
    assert tie_at_quantile(reference, 0.95) == (30, 0, 5)
    assert tie_at_quantile(reference, 0.5) == (70, 30, 50)
    assert tie_at_quantile(np.arange(100.0), 0.95) == (1, 5, 5)
