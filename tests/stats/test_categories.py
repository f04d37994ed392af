from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.stats import binom, chi2_contingency, fisher_exact

from skdrift.stats._categories import categories_test, share_test


@pytest.mark.parametrize(
    ("k", "m", "k_reference", "n"), [(5, 10, 5, 100), (0, 20, 30, 60), (9, 9, 3, 40)]
)
def test_share_is_twice_the_smaller_tail(k, m, k_reference, n):
    table = [[k, m - k], [k_reference, n - k_reference]]
    tails = [fisher_exact(table, side).pvalue for side in ("less", "greater")]
    expected = min(1, 2 * min(tails))
    assert share_test(k, m, k_reference, n) == pytest.approx(expected, rel=1e-9)


def exact_p_value(counts, reference_counts):
    """By all tables with these margins."""
    total = counts + reference_counts
    m = counts.sum()
    expected = total * m / total.sum()

    def statistic(table):
        return ((table - expected) ** 2 / total).sum()

    seen, p_value = statistic(counts), 0.0
    for table in product(*(range(size + 1) for size in total)):
        table = np.array(table)
        if table.sum() == m and statistic(table) >= seen * (1 - 1e-12):
            ways = np.prod([comb(int(t), int(k)) for t, k in zip(total, table)])
            p_value += ways / comb(int(total.sum()), int(m))
    return p_value


@pytest.mark.parametrize(
    ("counts", "reference_counts"),
    [([3, 1, 0], [2, 4, 3]), ([4, 0, 2], [1, 6, 5]), ([2, 2, 2], [3, 3, 3])],
)
def test_categories_against_all_tables(counts, reference_counts):
    counts, reference_counts = np.array(counts), np.array(reference_counts)
    expected = exact_p_value(counts, reference_counts)
    found = [categories_test(counts, reference_counts, seed) for seed in range(60)]
    # Sampling stops after 20 extreme tables: each p-value errs by a quarter at most.
    assert np.mean(found) == pytest.approx(expected, rel=0.15)


def test_large_tables_agree_with_the_asymptotic_test():
    rng = np.random.default_rng(0)
    counts = rng.multinomial(5000, [0.2, 0.3, 0.1, 0.4])
    reference_counts = rng.multinomial(20_000, [0.21, 0.3, 0.1, 0.39])
    expected = chi2_contingency([counts, reference_counts], correction=False).pvalue
    found = [categories_test(counts, reference_counts, seed) for seed in range(40)]
    assert np.mean(found) == pytest.approx(expected, rel=0.2)


def test_clear_changes_have_the_smallest_p_value_there_is():
    assert categories_test(np.array([100, 0]), np.array([0, 100]), 0) == 1 / 20_001


@pytest.mark.parametrize(
    ("counts", "reference_counts"), [([5], [9]), ([0, 0], [3, 4]), ([3, 4], [0, 0])]
)
def test_nothing_to_compare(counts, reference_counts):
    assert categories_test(np.array(counts), np.array(reference_counts), 0) == 1.0


@pytest.mark.statistics
def test_size_with_rare_categories():
    n_trials, alpha = 2000, 0.05
    shares = 1 / np.arange(1, 41)
    shares /= shares.sum()
    flagged = 0
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        pair = [rng.multinomial(n, shares) for n in (50, 300)]
        flagged += categories_test(*pair, seed) <= alpha
    low, high = binom.ppf([0.001, 0.999], n_trials, alpha)
    assert low <= flagged <= high
