from fractions import Fraction
from itertools import combinations
from math import ceil, comb

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from skdrift.stats import _exceedance as _exceedance
from skdrift.stats._exceedance import (
    exceedance_test,
    exceedance_test_counts,
    log_pmf,
    log_upper_tail,
    quantile_rank,
)
from tests.lattice_paths import share_of_crossing_paths


def values_above(reference, batch, rank):
    quantile = sorted(reference)[rank - 1]
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
    excess, p_value, exact = exceedance_test(
        np.sort(np.array(reference, dtype=float))[None],
        np.array(batch, dtype=float)[None, None],
        q,
    )
    assert exact.all()
    return excess.item(), p_value.item()


@settings(deadline=None, max_examples=150)
@example(reference=[1, 1, 1], batch=[1, 2], q=Fraction(1, 3))
@example(reference=[5, 5], batch=[5, 5], q=Fraction(1, 2))
@given(
    reference=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    batch=st.lists(st.integers(0, 11), min_size=1, max_size=6),
    q=st.sampled_from([Fraction(1, 8), Fraction(1, 2), Fraction(7, 8)]),
)
def test_p_values_equal_the_enumeration_of_all_arrangements(reference, batch, q):
    rank = ceil(q * len(reference))
    share = by_enumeration(reference, batch, rank)
    excess, p_value = run(reference, batch, float(q))
    assert p_value == pytest.approx(float(share), rel=1e-11)
    quantile = sorted(reference)[rank - 1]
    expected = Fraction(values_above(reference, batch, rank), len(batch)) - Fraction(
        sum(value > quantile for value in reference), len(reference)
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
    _, exact_p, exact = exceedance_test(reference, batches, 0.9)
    assert exact.all()
    monkeypatch.setattr(_exceedance, "_TERMS", 10)
    _, p_value, exact = exceedance_test(reference, batches, 0.9)
    assert not exact.any()
    assert (p_value >= exact_p * (1 - 1e-12)).all()
    assert (p_value < 1).any()


def test_a_batch_of_a_hundred_million_rows_known_by_counts():
    reference = np.sort(np.random.default_rng(3).random(10_000))
    size = 10**8
    below = np.floor(reference * size).astype(np.int64)
    _, p_value, method = exceedance_test_counts(reference, below, below, size)
    assert method == "exact"
    assert 0.01 < p_value < 0.99
    below[reference > 0.9] -= size // 50
    assert exceedance_test_counts(reference, below, below, size)[1] < 1e-6


@pytest.mark.parametrize(
    ("total", "marked", "drawn"), [(1, 1, 1), (9, 4, 6), (1100, 100, 50), (800, 400, 3)]
)
def test_every_probability_and_tail_equals_integer_arithmetic(total, marked, drawn):
    ways = [comb(drawn, x) * comb(total - drawn, marked - x) for x in range(marked + 1)]
    tails = np.cumsum(np.array(ways, dtype=object)[::-1])[::-1]
    x = np.arange(marked + 1)
    pmf = np.exp(log_pmf(x, total, marked, drawn))
    tail = np.exp(log_upper_tail(x, total, marked, np.full(x.shape, drawn)))
    for k in range(marked + 1):
        for found, exact in ((pmf[k], ways[k]), (tail[k], tails[k])):
            expected = float(Fraction(int(exact), comb(total, marked)))
            assert found == pytest.approx(expected, rel=1e-11, abs=1e-300)


def test_impossible_numbers():
    x = np.array([-1, 2, 5, 8])
    found = log_pmf(x, 10, 7, 5)
    assert np.isneginf(found[[0, 3]]).all()
    assert np.isfinite(found[[1, 2]]).all()
    tail = log_upper_tail(x, 10, 7, np.full(4, 5))
    assert tail[:2].tolist() == [0.0, 0.0]
    assert np.isneginf(tail[3])


def test_long_sums_are_cut_without_loss():
    drawn = np.array([500_000, 500_000, 500_000, 1000])
    x = np.array([49_000, 50_000, 51_000, 200])
    found = np.exp(log_upper_tail(x, 1_000_000, 100_000, drawn))
    expected = hypergeom.sf(x - 1, 1_000_000, 100_000, drawn)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_case_does_not_depend_on_the_others():
    x, drawn = np.arange(30), np.arange(30) * 30
    together = log_upper_tail(x, 1100, 100, drawn)
    alone = [log_upper_tail(x[[k]], 1100, 100, drawn[[k]])[0] for k in range(30)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
