import numpy as np
import pytest
from scipy.stats import binom, norm

from skdrift.performance._batch_metric import BatchMetric
from skdrift.performance._correction import Correction
from skdrift.performance._left_out import (
    LeftOutErrors,
    SimulatedLosses,
    conformal_factor,
)
from skdrift.performance._simulation import NATURAL, Pool
from tests.performance.test_correction import PRIOR, SHARES, simulated

P = np.eye(2)[np.zeros(500, dtype=int)]


def learnt(n_known=10_000):
    """What is learnt on simulated batches: metric, correction and errors; and these."""
    batches = simulated()
    label = np.arange(500) % 2
    clean = Pool(NATURAL, None, P, label, label * 0, P, None)
    metric = BatchMetric("accuracy", np.array([0, 1]), PRIOR, clean)
    correction = Correction(batches, SHARES, PRIOR, 0)
    errors = LeftOutErrors(batches, metric, correction, 0.9, 0.9, n_known)
    return {"metric": metric, "correction": correction, "errors": errors}, batches


def errors(n_known=10_000):
    """Errors on simulated batches, and the batches."""
    found, batches = learnt(n_known)
    return found["errors"], batches


def test_intervals_hold_the_truth_as_often_as_they_promise():
    columns = errors()[0].columns(0.05)
    truth = columns["truth"]
    inside = (columns["low"] <= truth) & (truth <= columns["high"])
    assert inside.mean() >= 0.9


def test_fewer_known_rows_widen_intervals():
    widths = [
        columns["high"] - columns["low"]
        for columns in (errors(n_known)[0].columns(0.05) for n_known in (100, 10_000))
    ]
    assert (widths[0] > widths[1]).all()


def test_p_values_follow_the_tolerance():
    found, batches = errors()
    harmless = batches.kind == NATURAL
    low, high = (found.columns(one)["p_value"] for one in (0.05, 0.4))
    assert low.mean() < high.mean() - 0.1
    assert np.mean(low[harmless] <= 0.05) <= 0.1
    assert np.mean(low[~harmless] <= 0.05) > 0.5


def test_conformal_factor_of_two_kinds_is_that_of_the_worse_one():
    rng = np.random.default_rng(0)
    kind = np.repeat(["calm", "wild"], [900, 100])
    error = rng.normal(size=1000) * np.where(kind == "wild", 5, 1)
    factor = conformal_factor(error, np.ones(1000), kind, 0.8)
    assert factor == np.sort(np.abs(error[kind == "wild"]))[79]


def test_conformal_factor_of_one_kind_is_its_quantile():
    error = np.random.default_rng(0).permutation(np.linspace(-1, 1, 200))
    factor = conformal_factor(error, np.full(200, 2.0), np.full(200, "a"), 0.9)
    assert factor == pytest.approx(0.45, abs=0.01)


@pytest.mark.statistics
def test_conformal_factor_covers_a_kind_that_was_never_met():
    rng = np.random.default_rng(0)
    covered, plainly = [], []
    for _ in range(400):
        wild = np.exp(rng.normal(0, 0.7, 6))
        error = rng.normal(size=300) * np.repeat(wild[:5], 60)
        factor = conformal_factor(
            error, np.ones(300), np.repeat(list("abcde"), 60), 0.9
        )
        covered.append(2 * norm.cdf(factor / wild[5]) - 1)
        plain = np.quantile(np.abs(error), 0.9)
        plainly.append(2 * norm.cdf(plain / wild[5]) - 1)
    spread = np.std(covered) / np.sqrt(400)
    assert 0.9 - 2 * spread <= np.mean(covered) <= 0.93
    # The quantile of all errors takes kinds for what was met.
    assert np.mean(plainly) < 0.9 - 2 * spread
    assert np.mean(covered) - np.mean(plainly) > 0.02


def test_p_value_counts_harmless_batches_by_weight():
    losses = SimulatedLosses(
        lost=np.array([0.35, 0.15, 0.95, 0.25]),
        scale=np.full(4, 0.1),
        expected=np.array([0.02, 0.0, 0.3, 0.05]),
        weight=np.array([0.5, 0.25, 1.0, 0.25]),
        natural=np.array([True, True, False, False]),
    )
    one = 1 / 3
    assert losses.p_value(0.25, 0.1, 0.05) == pytest.approx((0.75 + one) / (1 + one))
    assert losses.p_value(0.9, 0.1, 0.05) == pytest.approx(one / (1 + one))
    assert losses.p_value(0.1, 0.1, 0.05) == pytest.approx(1.0)
    # A smaller batch has to lose more than the tolerance by more.
    assert losses.p_value(0.85, 0.3, 0.05) == pytest.approx((0.5 + one) / (1 + one))
    one = 0.75 / 2
    assert losses.p_value(0.25, 0.1, 0.03) == pytest.approx((0.5 + one) / (0.75 + one))
    assert losses.p_value(0.25, 0.1, -1) == 1.0


def losses_near_tolerance(rng, n):
    """Batches that lose up to 5 points, half of them natural ones that lose little."""
    natural = np.arange(n) % 2 == 0
    expected = rng.uniform(0, np.where(natural, 0.01, 0.05))
    scale = rng.choice([0.005, 0.04], n)
    return expected + scale * rng.normal(size=n), scale, expected, natural


@pytest.mark.statistics
def test_p_values_hold_their_size_on_faults_and_on_batches_of_any_size():
    rng = np.random.default_rng(0)
    lost, scale, expected, natural = losses_near_tolerance(rng, 20_000)
    weight = np.full(len(lost), 1 / len(lost))
    losses = SimulatedLosses(lost, scale, expected, weight, natural)
    lost, scale, _, natural = losses_near_tolerance(rng, 20_000)
    false = losses.p_value(lost, scale, 0.05) <= 0.05
    groups = [natural, ~natural, ~natural & (scale < 0.01)]
    for group in groups:
        assert false[group].sum() <= binom.ppf(0.999, group.sum(), 0.05)
    # The share among all batches would let faults pay for the calm of the others.
    alone = SimulatedLosses(lost, scale, expected, weight, np.ones(len(lost), bool))
    false = alone.p_value(lost, scale, 0.05) <= 0.05
    assert false[~natural].mean() > 0.07


def test_few_harmless_faults_are_no_group_of_their_own():
    n = 500
    lost = np.linspace(0, 0.05, n)
    natural = np.arange(n) != 250
    same = np.full(n, 0.01)
    losses = SimulatedLosses(lost, same, np.zeros(n), np.ones(n), natural)
    assert losses.p_value(1.0, 0.01, 0.05) == pytest.approx(1 / (n + 1))
