from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from skdrift.stats._martingale import EXPONENTS, bet, start_capital


def total_by_definition(p_values):
    """Every start and every exponent on its own."""
    total = 0.0
    n = len(p_values)
    for start in range(1, n + 1):
        weight = 1 / (start * (start + 1)) / EXPONENTS.size
        for k in EXPONENTS:
            gains = [k * p ** (k - 1) for p in p_values[start - 1 :]]
            total += weight * np.prod(gains)
    return total + float(Fraction(1, n + 1))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_recursion_equals_the_sum_over_starts_and_exponents(shape):
    rng = np.random.default_rng(0)
    p_values = rng.random((12, *shape)) ** 2
    capital = start_capital(shape)
    for batch, p_value in enumerate(p_values, start=1):
        capital, e_value = bet(capital, p_value, batch)
        known = p_values[:batch].reshape(batch, -1)
        expected = [total_by_definition(stream) for stream in known.T]
        np.testing.assert_allclose(e_value, np.reshape(expected, shape), rtol=1e-12)


def test_each_step_is_a_martingale():
    # The mean over a uniform p-value, by Gauss-Legendre in p = exp(-x) sections.
    capital, before = bet(*bet(start_capital(), 0.03, 1)[:1], 0.4, 2)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    edges = np.concatenate((np.arange(0, 40, 2.0), np.arange(40, 680, 20.0)))
    mean = 0.0
    for left, right in pairwise(edges):
        x = (left + right) / 2 + (right - left) / 2 * nodes
        p_value = np.exp(-x)
        _, after = bet(np.broadcast_to(capital, (60, EXPONENTS.size)), p_value, 3)
        mean += (weights * p_value * after).sum() * (right - left) / 2
    assert mean == pytest.approx(before, rel=1e-9)


def test_evidence_falls_with_every_p_value():
    rng = np.random.default_rng(1)
    smaller = rng.random((20, 50))
    larger = np.minimum(smaller * rng.uniform(1, 2, size=smaller.shape), 1.0)
    one = two = start_capital((50,))
    for batch in range(1, 21):
        one, evidence = bet(one, smaller[batch - 1], batch)
        two, less = bet(two, larger[batch - 1], batch)
        assert (evidence >= less).all()


def test_impossible_p_values_do_not_overflow():
    capital, e_value = bet(start_capital(), 0.0, 1)
    for batch in range(2, 2000):
        capital, e_value = bet(capital, 0.0, batch)
    assert np.isfinite(e_value)
    assert np.isfinite(capital).all()


@pytest.mark.statistics
def test_uniform_p_values_reach_the_bound_no_more_often_than_promised():
    rng = np.random.default_rng(2)
    capital, ever = start_capital((4000,)), np.zeros(4000, dtype=bool)
    for batch in range(1, 1001):
        capital, e_value = bet(capital, rng.random(4000), batch)
        ever |= e_value >= 20
    # Expected at most 200 of 4000; standard deviation below 14.
    assert ever.sum() <= 200 + 3 * 14
    assert ever.sum() >= 20


@pytest.mark.statistics
def test_delay_grows_with_the_logarithm_of_the_time_of_the_change():
    rng = np.random.default_rng(3)
    delays = []
    for change in (10, 1000):
        capital = start_capital((300,))
        for batch in range(1, change + 1):
            capital, _ = bet(capital, rng.random(300), batch)
        delay = np.zeros(300, dtype=int)
        for batch in range(change + 1, change + 41):
            capital, e_value = bet(capital, rng.random(300) ** 4, batch)
            delay += (e_value < 20) & (delay == batch - change - 1)
        delays.append(np.median(delay) + 1)
    assert delays[0] < delays[1] < 3 * delays[0]
