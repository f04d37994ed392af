from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from skdrift._hypergeometric import log_pmf, log_upper_tail


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
