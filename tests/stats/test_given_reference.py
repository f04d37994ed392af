from fractions import Fraction
from itertools import product
from math import factorial, gcd

import numpy as np
import pytest
from scipy.stats import beta, binom, ksone, kstwo

from skdrift.stats import _given_reference, _ks
from skdrift.stats._berk_jones import berk_jones_test, berk_jones_test_counts
from skdrift.stats._exceedance import (
    exceedance_test,
    exceedance_test_counts,
    quantile_rank,
)
from skdrift.stats._given_reference import (
    _crossing_probability,
    _tail_p_value,
    exceedance_p_values_given,
    ks_p_values_given,
    tail_band,
)
from skdrift.stats._ks import ks_test, ks_test_counts

ALTERNATIVES = ("two-sided", "greater", "less")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    for module in (_given_reference, _ks):
        module.P_VALUES.forget()


def multinomial_share(shares, m, is_outside):
    """Probability that m values leave a region, by all their divisions into cells."""
    cells = np.diff([Fraction(0), *shares, Fraction(1)])
    found = Fraction(0)
    for counts in product(range(m + 1), repeat=len(shares)):
        last = m - sum(counts)
        if last < 0:
            continue
        ways = factorial(m)
        likely = Fraction(1)
        for share, count in zip(cells, (*counts, last)):
            ways //= factorial(count)
            likely *= share**count
        if any(is_outside(k, i) for k, i in enumerate(np.cumsum(counts).tolist())):
            found += ways * likely
    return found


def test_drawing_from_the_population_is_multinomial():
    shares = [Fraction(1, 10), Fraction(3, 10), Fraction(1, 2), Fraction(9, 10)]
    lower, upper = [-1, 1, 2, 4], [2, 4, 5, 5]
    expected = multinomial_share(shares, 6, lambda k, i: i < lower[k] or i > upper[k])
    found = _crossing_probability(
        np.array(shares, dtype=float), 6, lower=lower, upper=upper
    )
    assert found == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("reference", [[1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 2, 4]])
def test_ks_p_values_are_those_of_the_worst_population(reference, alternative):
    reference, m, confidence = np.array(reference, dtype=float), 5, 0.3
    n = reference.size
    distinct = np.unique(reference)
    distance = kstwo if alternative == "two-sided" else ksone
    band = Fraction(float(distance.isf(1 - confidence, n)))

    def one_sided(values, statistic):
        points = np.unique(values)
        at_most = [Fraction(int((values <= x).sum()), n) for x in points]
        shares = [max(share - band, Fraction(0)) for share in at_most]
        return multinomial_share(
            shares, m, lambda k, i: at_most[k] - Fraction(i, m) >= statistic
        )

    for batch in ([1.5] * 5, [9.0] * 5, [0.5, 1.0, 4.0, 9.0, 9.0]):
        batch = np.array(batch)
        d, p_value, how = ks_test(
            reference[None], batch[None, None], alternative, confidence=confidence
        )
        statistic = Fraction(round(d.item() * n * m), n * m)
        expected = Fraction(0)
        if alternative != "less":
            expected += one_sided(reference, statistic)
        if alternative != "greater":
            expected += one_sided(-reference, statistic)
        assert p_value.item() == pytest.approx(min(1, float(expected)), rel=1e-8)
        assert how == "given_reference"
        ordered = np.sort(batch)
        counts = (ordered.searchsorted(distinct, side) for side in ("left", "right"))
        counted = ks_test_counts(
            reference, *counts, m, alternative, confidence=confidence
        )
        assert counted == (d.item(), p_value.item(), "given_reference")


def test_without_ties_the_one_sample_test_is_a_bound():
    rng = np.random.default_rng(0)
    reference = np.sort(rng.normal(size=(1, 400)), axis=1)
    batches = rng.normal(0.4, size=(1, 50, 60))
    d, p_value, _ = ks_test(reference, batches, "greater", confidence=0.9)
    bound = ksone.sf(np.maximum(d - ksone.isf(0.1, 400), 1e-12), 60)
    assert (p_value <= bound * (1 + 1e-9)).all()
    assert (p_value > 0.5 * bound).all()
    _, on_average, _ = ks_test(reference, batches, "greater")
    assert (p_value > on_average).all()


@pytest.mark.parametrize("rank", [1, 6, 51])
def test_exceedance_bounds_are_clopper_pearson_bounds(rank):
    n, m, confidence = 1000, 100, 0.9
    p_value = exceedance_p_values_given(np.arange(30), n, m, rank, confidence)
    # The share at which so few values would be beyond it with probability .1 only.
    share = beta.ppf(confidence, rank, n + 1 - rank)
    assert binom.cdf(rank - 1, n, share) == pytest.approx(1 - confidence)
    np.testing.assert_allclose(p_value, binom.sf(np.arange(30) - 1, m, share))


def tied_or_not(kind, rng, size):
    values = rng.random(size)
    if kind == "rounded":
        return values.round(1)
    if kind == "capped at q":
        return np.minimum(values, 0.95)
    if kind == "capped below q":
        return np.minimum(values, 0.9)
    return values


def true_share(kind, value, at_least):
    """Share of the population above a value, or not below it."""
    if kind == "rounded":
        edge = np.round(value, 1) + (-0.05 if at_least else 0.05)
        return np.clip(1 - edge, 0, 1)
    cap = {"capped at q": 0.95, "capped below q": 0.9}.get(kind, 1.0)
    return np.where(value < cap, 1 - value, 1 - cap if at_least else 0.0)


@pytest.mark.statistics
@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize(
    "kind", ["continuous", "rounded", "capped at q", "capped below q"]
)
def test_exceedance_keeps_alpha_given_the_reference(kind, confidence):
    """The true rate of false alarms of each of 2,000 references."""
    rng, n, m = np.random.default_rng(1), 400, 100
    reference = np.sort(tied_or_not(kind, rng, (2000, n)), axis=1)
    rank = quantile_rank(0.95, n)
    quantile = reference[:, rank - 1]
    at_least = quantile == reference[:, -1]
    share = np.where(
        at_least, true_share(kind, quantile, True), true_share(kind, quantile, False)
    )
    of_reference = np.where(
        at_least, (reference >= quantile[:, None]).sum(axis=1), n - rank
    )
    p_value = exceedance_p_values_given(
        np.arange(m + 1), n, m, of_reference[:, None] + 1, confidence
    )
    fewest = (p_value > 0.05).sum(axis=1)
    rate = binom.sf(fewest - 1, m, share)
    assert (rate > 0.05).mean() <= binom.ppf(0.999, 2000, 1 - confidence) / 2000
    if kind == "continuous":
        # It is no more cautious than it has to be.
        assert (rate > 0.035).mean() > 0.25 * (1 - confidence)


@pytest.mark.statistics
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_ks_keeps_alpha_given_the_reference(alternative):
    rng, n, m, confidence = np.random.default_rng(2), 300, 60, 0.8
    # Without ties, the smallest statistic that is an alarm is that of any reference.
    statistics = np.arange(0, n * m, gcd(n, m))
    p_values = ks_p_values_given(
        statistics, statistics, np.arange(n) / n, m, alternative, confidence
    )
    alarm = statistics[p_values <= 0.05][0]
    rates = []
    for _ in range(500):
        population = np.sort(rng.random(n))
        ranks = np.arange(1, n + 1)
        lower = (ranks * m - alarm) // n + 1 if alternative != "less" else 0
        upper = np.inf
        if alternative != "greater":
            upper = -((-(ranks - 1) * m - alarm) // n) - 1
        rates.append(_crossing_probability(population, m, lower=lower, upper=upper))
    above = np.mean(np.array(rates) > 0.05)
    assert above <= binom.ppf(0.999, 500, 1 - confidence) / 500


@pytest.mark.statistics
@pytest.mark.parametrize("n", [60, 1000])
def test_all_bounds_of_the_upper_tail_hold_together(n):
    ranks, shares = tail_band(n, 0.9)
    assert ranks[0] == 1
    assert ranks[-1] >= n // 2
    rng = np.random.default_rng(3)
    population = np.sort(rng.random((3000, n)), axis=1)[:, ::-1]
    broken = (1 - population[:, ranks - 1] > shares).any(axis=1).sum()
    low, high = binom.ppf([0.001, 0.999], 3000, 0.1)
    assert low <= broken <= high


def fewest_that_alarm(n, m, confidence):
    """For each cut, how many batch values are an alarm at .05."""
    ranks, shares = tail_band(n, confidence)
    above = np.arange(ranks[-1])
    shares = shares[ranks.searchsorted(above + 1)]
    needed = m * above // n + 1
    level = next(h for h in range(999) if _tail_p_value(h, needed, shares, m) <= 0.05)
    likely = binom.sf(np.arange(m + 1) - 1, m, shares[:, None])
    return np.maximum((likely > 10.0 ** (-level / 100)).sum(axis=1), needed)


@pytest.mark.statistics
def test_berk_jones_keeps_alpha_given_the_reference():
    rng, n, m, confidence = np.random.default_rng(4), 200, 50, 0.8
    fewest = fewest_that_alarm(n, m, confidence)
    rates = []
    for _ in range(500):
        beyond = np.sort(rng.random(n))[: fewest.size]
        rates.append(_crossing_probability(beyond, m, upper=fewest - 1))
    above = np.mean(np.array(rates) > 0.05)
    assert above <= binom.ppf(0.999, 500, 1 - confidence) / 500


@pytest.mark.parametrize("decimals", [15, 1])
@pytest.mark.parametrize("min_effect", [0.0, 0.05])
def test_berk_jones_statistic_and_p_value_by_definition(decimals, min_effect):
    rng, m, confidence = np.random.default_rng(5), 6, 0.9
    reference = np.sort(rng.normal(size=9).round(decimals))
    ranks, bounds = tail_band(9, confidence)
    distinct = np.unique(reference)[::-1]
    above = [int((reference > x).sum()) for x in distinct]
    kept = [k for k, r in enumerate(above) if r < ranks[-1]]
    shares = [Fraction(float(bounds[ranks.tolist().index(above[k] + 1)])) for k in kept]

    def level(k, i):
        if Fraction(i, m) - Fraction(above[kept[k]], 9) <= Fraction(min_effect):
            return 0
        return int(-100 * np.log10(binom.sf(i - 1, m, float(shares[k]))) + 1e-6)

    for shift in (0.0, 1.0, 3.0):
        batch = rng.normal(shift, size=m).round(decimals)
        counts = [int((batch > distinct[k]).sum()) for k in kept]
        observed = max(level(k, i) for k, i in enumerate(counts))
        expected = 1.0
        if observed > 0:
            expected = multinomial_share(
                shares, m, lambda k, i, o=observed: level(k, i) >= o
            )
        found, p_value, how = berk_jones_test(
            reference[None], batch[None, None], min_effect, confidence
        )
        assert found.item() == observed / 100
        assert p_value.item() == pytest.approx(float(expected), rel=1e-8)
        assert how == "given_reference"
        ordered, known = np.sort(batch), np.unique(reference)
        counted = berk_jones_test_counts(
            reference,
            ordered.searchsorted(known),
            ordered.searchsorted(known, "right"),
            m,
            min_effect,
            confidence,
        )
        assert counted == (found.item(), p_value.item(), how)


def test_exceedance_counts_give_the_whole_batch():
    rng = np.random.default_rng(6)
    reference = np.sort(rng.normal(size=200).round(1))
    batch = np.sort(rng.normal(0.3, size=50).round(1))
    distinct = np.unique(reference)
    whole = exceedance_test(reference[None], batch[None, None], 0.9, 0.95)
    counted = exceedance_test_counts(
        reference,
        batch.searchsorted(distinct),
        batch.searchsorted(distinct, "right"),
        50,
        0.9,
        0.95,
    )
    assert counted == tuple(part.item() for part in whole)
    assert counted[2] == "given_reference"


@pytest.mark.parametrize("test", [ks_test, exceedance_test, berk_jones_test])
def test_more_confidence_costs_more(test):
    rng = np.random.default_rng(7)
    reference = np.sort(rng.normal(size=(1, 500)), axis=1)
    batches = rng.normal(0.3, size=(1, 20, 80))
    p_values = [
        test(reference, batches, confidence=confidence)[1]
        for confidence in (0.5, 0.9, 0.99)
    ]
    assert (np.diff(p_values, axis=0) >= 0).all()
    assert (p_values[2] > p_values[0]).any()
