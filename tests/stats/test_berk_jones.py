from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb, log10

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skdrift.stats import _berk_jones
from skdrift.stats._berk_jones import berk_jones_test, berk_jones_test_counts
from tests.lattice_paths import share_of_crossing_paths


@pytest.fixture(autouse=True)
def _nothing_remembered():
    _berk_jones.P_VALUES.forget()
    for table in ("_all_cut_levels", "_thinned_cut_levels", "_untied_cuts"):
        getattr(_berk_jones, table).cache_clear()


@cache
def level(cut, i, n, m, min_effect=0.0):
    """Hundredths of -log10 of Fisher's exact p-value, from integers."""
    if Fraction(i, m) - Fraction(cut - i, n) <= Fraction(min_effect):
        return 0
    ways = sum(
        comb(cut, k) * comb(n + m - cut, m - k) for k in range(i, min(cut, m) + 1)
    )
    p_value = Fraction(ways, comb(n + m, m))
    hundredths = int(-100 * log10(p_value)) - 2
    # The largest h with p <= 10^(-h / 100), that is p^100 10^h <= 1.
    while p_value**100 * 10 ** (hundredths + 1) <= 1:
        hundredths += 1
    return hundredths


def cuts_of(pooled):
    """Cuts through the upper half: numbers of values above the end of each tie."""
    values = sorted(pooled, reverse=True)
    ends = [
        s for s in range(1, len(values) + 1) if values[s:] == [] or _ends(values, s)
    ]
    starts = [0, *ends[:-1]]
    return [end for start, end in zip(starts, ends) if 2 * start < len(values)]


def _ends(values, s):
    return values[s - 1] != values[s]


def statistic(cuts, batch, pooled, n, m, min_effect=0.0):
    values = sorted(pooled, reverse=True)
    return max(
        level(cut, sum(b >= values[cut - 1] for b in batch), n, m, min_effect)
        for cut in cuts
    )


def by_enumeration(reference, batch, min_effect=0.0):
    """Statistic and exact p-value from every way to choose the batch."""
    pooled = [*reference, *batch]
    n, m = len(reference), len(batch)
    cuts = cuts_of(pooled)
    observed = statistic(cuts, batch, pooled, n, m, min_effect)
    as_large = sum(
        statistic(cuts, chosen, pooled, n, m, min_effect) >= observed
        for chosen in combinations(pooled, m)
    )
    return observed, Fraction(as_large, comb(n + m, m))


def by_paths(reference, batch, min_effect=0.0):
    """The same for larger samples, by counting paths with integers."""
    pooled = [*reference, *batch]
    n, m = len(reference), len(batch)
    cuts = cuts_of(pooled)
    observed = statistic(cuts, batch, pooled, n, m, min_effect)
    ends = [s in cuts for s in range(1, n + m + 1)]
    levels = {
        (i, cut - i): level(cut, i, n, m, min_effect)
        for cut in cuts
        for i in range(max(0, cut - n), min(cut, m) + 1)
    }
    share = share_of_crossing_paths(
        n, m, lambda i, j: levels.get((i, j), 0) >= observed, ends
    )
    return observed, Fraction(1) if observed == 0 else share


def berk_jones(reference, batch, min_effect=0.0):
    found, p_value, how = berk_jones_test(
        np.sort(np.array(reference, dtype=float))[None],
        np.array(batch, dtype=float)[None, None],
        min_effect,
    )
    assert how == "exact"
    return round(found.item() * 100), p_value.item()


@settings(deadline=None, max_examples=150)
@example(reference=[1, 2, 3], batch=[4, 5], min_effect=0.0)
@example(reference=[0, 0, 0, 1], batch=[0, 1, 1], min_effect=0.0)
@example(reference=[5, 5], batch=[5, 5], min_effect=0.0)
@given(
    reference=st.lists(st.integers(0, 9), min_size=1, max_size=7),
    batch=st.lists(st.integers(2, 11), min_size=1, max_size=6),
    min_effect=st.sampled_from([0.0, 0.0, 0.125, 0.5]),
)
def test_p_values_equal_the_enumeration_of_all_arrangements(
    reference, batch, min_effect
):
    expected, share = by_enumeration(reference, batch, min_effect)
    assert berk_jones(reference, batch, min_effect) == (
        expected,
        pytest.approx(float(share), rel=1e-10),
    )


@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 1), (1, 7), (8, 5), (5, 8)])
def test_untied_p_values_equal_the_enumeration_of_all_arrangements(n, m):
    rng = np.random.default_rng(0)
    for shift in (-1.0, 0.0, 1.0, 3.0):
        reference, batch = rng.normal(size=n), rng.normal(shift, size=m)
        expected, share = by_enumeration(reference.tolist(), batch.tolist())
        assert berk_jones(reference, batch) == (
            expected,
            pytest.approx(float(share), rel=1e-10),
        )


@pytest.mark.parametrize("min_effect", [0.0, 0.0625])
@pytest.mark.parametrize("decimals", [15, 1, 0])
@pytest.mark.parametrize(("n", "m"), [(60, 25), (25, 60), (90, 40)])
def test_p_values_equal_exact_path_counts(n, m, decimals, min_effect):
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.5, 2.0):
        reference = rng.normal(size=n).round(decimals)
        batch = rng.normal(shift, size=m).round(decimals)
        expected, share = by_paths(reference.tolist(), batch.tolist(), min_effect)
        assert berk_jones(reference, batch, min_effect) == (
            expected,
            pytest.approx(float(share), rel=1e-9, abs=0),
        )


def test_zero_inflated_and_far_tail():
    rng = np.random.default_rng(2)
    reference = np.maximum(rng.normal(-1.3, size=120), 0)
    batch = np.maximum(rng.normal(1.0, size=40), 0)
    expected, share = by_paths(reference.tolist(), batch.tolist())
    assert share < 1e-10
    assert berk_jones(reference, batch) == (
        expected,
        pytest.approx(float(share), rel=1e-9, abs=0),
    )


@pytest.mark.parametrize("decimals", [15, 1])
def test_thinned_cuts_are_exact_too(monkeypatch, decimals):
    # The few cuts that count, by the same rule, in a sample small enough to enumerate.
    monkeypatch.setattr(_berk_jones, "_ALL_CUTS", 10)
    monkeypatch.setattr(_berk_jones, "_CLOSE_CUTS", 4)
    monkeypatch.setattr(_berk_jones, "_STEP", 0.3)
    rng = np.random.default_rng(3)
    for shift in (0.0, 0.7, 1.5):
        reference = rng.normal(size=60).round(decimals)
        batch = rng.normal(shift, size=25).round(decimals)
        pooled = [*reference.tolist(), *batch.tolist()]
        every = cuts_of(pooled)
        cell = [int(np.log(max(c / 4, 1)) / np.log(1.3)) for c in every]
        cuts = [
            c
            for k, c in enumerate(every)
            if c <= 4 or k == len(every) - 1 or cell[k] != cell[k + 1]
        ]
        assert len(cuts) < len(every)
        observed = statistic(cuts, batch.tolist(), pooled, 60, 25)
        share = share_of_crossing_paths(
            60,
            25,
            lambda i, j, o=observed: level(i + j, i, 60, 25) >= o,
            [s in cuts for s in range(1, 86)],
        )
        assert berk_jones(reference, batch) == (
            observed,
            pytest.approx(float(share), rel=1e-9),
        )


def test_a_p_value_depends_on_its_batch_alone():
    rng = np.random.default_rng(4)
    reference = np.sort(rng.normal(size=(2, 300)), axis=1)
    batches = rng.normal(0.2, size=(2, 50, 40))
    reference[1], batches[1] = reference[1].round(1), batches[1].round(1)
    together = berk_jones_test(reference, batches)
    for column in range(2):
        for k in reversed(range(50)):
            _berk_jones.P_VALUES.forget()
            alone = berk_jones_test(reference[[column]], batches[[column]][:, [k]])
            assert alone[0].item() == together[0][column, k]
            assert alone[1].item() == together[1][column, k]


def test_stacks_beyond_one_block_are_put_together_rightly():
    rng = np.random.default_rng(5)
    reference = np.sort(rng.normal(size=(3, 50)), axis=1)
    batches = rng.normal(size=(3, 3000, 70))
    statistic, p_value, _ = berk_jones_test(reference, batches)
    for column, k in [(0, 0), (0, 935), (0, 936), (1, 1872), (2, 2999)]:
        alone = berk_jones_test(reference[[column]], batches[[column]][:, [k]])
        assert statistic[column, k] == alone[0].item()
        assert p_value[column, k] == alone[1].item()


def count(reference, batch):
    batch, distinct = np.sort(batch), np.unique(reference)
    return batch.searchsorted(distinct), batch.searchsorted(distinct, side="right")


@settings(deadline=None, max_examples=100)
@given(
    reference=st.lists(st.integers(0, 12), min_size=1, max_size=20),
    batch=st.lists(st.integers(-2, 26), min_size=1, max_size=15),
)
def test_counts_give_the_whole_batch_or_break_its_ties(reference, batch):
    # Reference values are even: odd batch values fall between them.
    reference, batch = np.sort(reference) * 2.0, np.array(batch, dtype=float)
    found, p_value, method = berk_jones_test_counts(
        reference, *count(reference, batch), batch.size
    )
    expected = berk_jones_test(reference[None], batch[None, None])
    gaps = np.searchsorted(reference, batch[~np.isin(batch, reference)])
    if np.unique(gaps).size == gaps.size:
        assert method == "exact"
        assert found == expected[0].item()
        assert p_value == expected[1].item()
    else:
        assert method == "ties_broken"
        between = ~np.isin(batch, reference)
        apart = batch + np.where(between, np.arange(batch.size) / 100, 0)
        spread = berk_jones_test(reference[None], apart[None, None])
        assert (found, p_value) == (spread[0].item(), spread[1].item())


def test_large_batches_are_bounded_alike_from_rows_and_from_counts(monkeypatch):
    rng = np.random.default_rng(6)
    reference = np.sort(rng.normal(size=(1, 3000)).round(2), axis=1)
    batches = rng.normal(size=(1, 3, 2000))
    batches[0, 1, :60] += 3
    batches[0, 2] -= 1
    exact_p = berk_jones_test(reference, batches)[1]
    monkeypatch.setattr(_berk_jones, "_LARGEST_BATCH", 1000)
    statistic, p_value, how = berk_jones_test(reference, batches)
    assert how == "upper_bound"
    assert (p_value >= exact_p).all()
    assert p_value[0, 1] < 1e-4
    assert p_value[0, 2] == 1
    for k in range(3):
        found = berk_jones_test_counts(
            reference[0], *count(reference[0], batches[0, k]), 2000
        )
        assert found == (statistic[0, k], p_value[0, k], "upper_bound")


def test_a_batch_of_a_hundred_million_rows_known_by_counts():
    reference = np.sort(np.random.default_rng(7).random(10_000))
    size = 10**8
    below = np.floor(reference * size).astype(np.int64)
    _, p_value, method = berk_jones_test_counts(reference, below, below, size)
    assert p_value > 0.5
    assert method == "upper_bound"
    below[reference > 0.99] -= size // 200
    _, p_value, _ = berk_jones_test_counts(reference, below, below, size)
    assert p_value < 1e-6


def test_memory_of_p_values_is_bounded(monkeypatch):
    monkeypatch.setattr(_berk_jones.P_VALUES, "limit", 50)
    rng = np.random.default_rng(8)
    reference = np.sort(rng.normal(size=(1, 101)).round(1), axis=1)
    batches = rng.normal(size=(1, 200, 37)).round(1)
    first = berk_jones_test(reference, batches)
    np.testing.assert_array_equal(first[1], berk_jones_test(reference, batches)[1])
    assert len(_berk_jones.P_VALUES) <= 50


def test_inputs_are_left_alone():
    rng = np.random.default_rng(9)
    reference = np.sort(rng.normal(size=(2, 20)), axis=1)
    batches = rng.normal(size=(2, 3, 9)).round(1)
    copies = reference.copy(), batches.copy()
    berk_jones_test(reference, batches)
    np.testing.assert_array_equal(reference, copies[0])
    np.testing.assert_array_equal(batches, copies[1])
