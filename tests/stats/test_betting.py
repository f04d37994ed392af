import numpy as np
import pytest
from scipy.stats import binom

from skdrift.stats._betting import Bets, lower_bound, start_weight


def test_shares_of_the_capital_add_up():
    weights = [start_weight(n) for n in range(100_000)]
    assert min(weights) > 0
    rest = 0.5 / np.log(100_000 + np.e - 1)
    assert sum(weights) == pytest.approx(1 - rest)


def test_capital_by_hand():
    bets = Bets.start([0.5], 0.1, 0.2, 0.16)
    after = bets.play(1.0, 0.0)
    stake = min(0.1 / (0.16 + 0.01), 0.8 / 0.5)
    assert after.capital[0] == pytest.approx(0.5 * (1 + stake * 0.5) + 0.5)
    assert after.n == 1
    assert bets.capital[0] == 1


def test_stakes_cannot_ruin():
    rng = np.random.default_rng(0)
    bets = Bets.start([0.1, 0.5], 0.05, 0.1, 0.09)
    for _ in range(500):
        bets = bets.play(rng.choice([-1.5, 1.0]), -1.5)
        assert (bets.capital > 0).all()


def test_evidence_grows_where_the_mean_is_exceeded():
    rng = np.random.default_rng(0)
    bets = Bets.start([0.2, 0.4], 0.025, 0.1, 0.09)
    for number in rng.random(1000) < 0.3:
        bets = bets.play(float(number), 0.0)
    assert bets.capital[0] > 100
    assert bets.capital[1] < 2


def test_a_long_calm_costs_little():
    delays = []
    for calm in (0, 1000):
        rng = np.random.default_rng(0)
        bets = Bets.start([0.15], 0.025, 0.1, 0.09)
        for number in rng.random(calm) < 0.1:
            bets = bets.play(float(number), 0.0)
        delay = 0
        while bets.capital[0] < 40:
            bets = bets.play(float(rng.random() < 0.35), 0.0)
            delay += 1
        delays.append(delay)
    assert delays[1] < 3 * delays[0] + 60


@pytest.mark.statistics
@pytest.mark.parametrize("mean", [0.1, 0.3])
def test_capital_ever_exceeds_its_bound_in_at_most_alpha(mean):
    n_streams, alpha = 300, 0.1
    alarms = 0
    for seed in range(n_streams):
        rng = np.random.default_rng(seed)
        bets = Bets.start([mean], 0.025, mean, mean * (1 - mean))
        largest = 1.0
        # Numbers as unequal draws make them: unbiased, from -0.5 to 1.5.
        for number in (rng.random(400) < mean).astype(float) + rng.choice(
            [-0.5, 0.5], 400
        ):
            bets = bets.play(number, -0.5)
            largest = max(largest, bets.capital[0])
        alarms += largest >= 1 / alpha
    assert alarms <= binom.ppf(0.999, n_streams, alpha)


@pytest.mark.statistics
def test_lower_bound_holds_at_all_times():
    n_streams, alpha, mean = 100, 0.1, 0.25
    bounds = np.linspace(0, 1, 41)
    missed, widths = 0, []
    for seed in range(n_streams):
        rng = np.random.default_rng(seed)
        bets = Bets.start(bounds, 0.025, mean, mean * (1 - mean))
        ever = 0.0
        for number in rng.random(500) < mean:
            bets = bets.play(float(number), 0.0)
            ever = max(ever, lower_bound(bets, alpha))
        missed += ever > mean
        widths.append(mean - lower_bound(bets, alpha))
    assert missed <= binom.ppf(0.999, n_streams, alpha)
    assert np.median(widths) < 0.15
