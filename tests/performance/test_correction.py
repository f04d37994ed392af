from dataclasses import replace

import numpy as np
import pytest

from skdrift.performance._correction import (
    Correction,
    batch_features,
    chance_and_base,
    class_distance,
    probit,
)
from skdrift.performance._simulation import NATURAL, SimulatedBatches
from skdrift.performance._views import SUMS


def simulated(n=600, seed=0):
    """Batches whose loss shows in the agreement and not in the confidence."""
    rng = np.random.default_rng(seed)
    kind = rng.choice([NATURAL, "a", "b", "c"], n, p=[0.4, 0.2, 0.2, 0.2])
    lost = np.where(kind == NATURAL, 0.0, rng.uniform(0, 0.5, n))
    size = np.full(n, 500)
    sums = rng.normal(0.5, 0.01, (n, len(SUMS))) * 500
    sums[:, [SUMS.index("confidence"), SUMS.index("row_trees")]] = 450
    sums[:, SUMS.index("agreement")] = 500 * (0.95 - lost)
    right = rng.binomial(500, 0.9 - lost)
    truth = np.zeros((n, 2, 2))
    truth[:, 0, 0], truth[:, 1, 0] = right, 500 - right
    confusion = np.tile([[450.0, 0.0], [50.0, 0.0]], (n, 1, 1))
    draw, likely = np.arange(n), 500 * (0.9 - lost)
    seen = (sums, confusion, truth, truth / 500, likely)
    return SimulatedBatches(kind, draw, size, *seen)


SHARES = np.array([1.0, 0.0])
PRIOR = np.array([0.5, 0.5])


def test_kinds_that_were_left_out_are_estimated():
    batches = simulated()
    correction = Correction(batches, SHARES, PRIOR, 0)
    truth = np.trace(batches.truth, axis1=1, axis2=2) / 500
    error = np.abs(correction.left_out.value - truth)
    assert error.mean() < 0.03
    assert np.abs(0.9 - truth).mean() > 0.1


def test_estimates_of_new_batches():
    correction = Correction(simulated(), SHARES, PRIOR, 0)
    fresh = simulated(100, 1)
    estimates = correction.estimate(fresh.sums, fresh.confusion, fresh.size)
    truth = np.trace(fresh.truth, axis1=1, axis2=2) / 500
    assert np.abs(estimates.value - truth).mean() < 0.03
    assert (estimates.scale > 0.01).all()


def test_what_was_likely_beforehand_is_heard_beside_the_labels():
    batches = simulated()
    none_likely = replace(batches, likely_right=np.zeros(600))
    one, other = (
        Correction(told, SHARES, PRIOR, 0).left_out.value
        for told in (batches, none_likely)
    )
    assert 0.2 < np.mean(one - other) < 0.6


def test_same_seed_whatever_the_jobs():
    batches = simulated(200)
    one, other = (Correction(batches, SHARES, PRIOR, 0, jobs) for jobs in (1, 2))
    assert (one.left_out.value == other.left_out.value).all()


def test_weights_are_even_over_kinds():
    batches = simulated()
    weight = Correction(batches, SHARES, PRIOR, 0).weight
    of_kind = {kind: weight[batches.kind == kind].sum() for kind in set(batches.kind)}
    assert of_kind[NATURAL] == pytest.approx(0.5)
    assert of_kind["a"] == of_kind["b"] == pytest.approx(1 / 6)


def test_probit_is_finite():
    assert np.isfinite(probit(np.array([0.0, 0.5, 1.0]))).all()
    assert probit(0.5) == 0


def test_features_are_finite_at_the_ends():
    n = len(SUMS)
    features = batch_features(
        np.array([np.zeros(n), np.full(n, 20.0)]),
        np.array([np.eye(2) * 10] * 2),
        np.array([20, 20]),
        np.array([0.5, 0.5]),
        np.array([0.5, 0.5]),
    )
    assert np.isfinite(features).all()


def test_a_total_collapse_of_a_kind_never_met_ends_at_chance():
    batches = simulated()
    right = np.trace(batches.truth, axis1=1, axis2=2) / 500
    # Three of ten rows are of the class that is always decided for.
    prior = np.array([0.3, 0.7])
    gone = batches.kind == "c"
    batches.truth[gone] = [[150.0, 0.0], [350.0, 0.0]]
    batches.sums[gone, SUMS.index("agreement")] = 500 * 0.35
    correction = Correction(batches, SHARES, prior, 0)
    assert np.abs(correction.left_out.value[gone] - 0.3).max() < 0.12
    clean = batches.kind == NATURAL
    assert np.abs(correction.left_out.value - right)[clean].mean() < 0.03


def test_chance_is_that_of_the_decisions_and_the_base_that_of_known_rows():
    rng = np.random.default_rng(0)
    prior, decided = np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.1, 0.3])
    label, decision = (rng.choice(3, 200_000, p=p) for p in (prior, decided))
    confusion = np.zeros((1, 3, 3))
    np.add.at(confusion[0], (label, decision), 1.0)
    sums = np.full((1, len(SUMS)), 180_000.0)
    chance, base = chance_and_base(sums, confusion, np.array([200_000]), prior)
    assert chance[0] == pytest.approx(np.mean(label == decision), abs=0.005)
    assert base[0] == pytest.approx(0.9)


def test_chance_stays_below_a_base_that_is_unsure():
    sums = np.full((1, len(SUMS)), 40.0)
    confusion = np.array([[[50.0, 0.0], [50.0, 0.0]]])
    chance, base = chance_and_base(
        sums, confusion, np.array([100]), np.array([0.9, 0.1])
    )
    assert chance[0] == pytest.approx(base[0] - 0.1)


def test_distance_of_classes():
    confusion = np.array([[[10.0, 0.0], [0.0, 90.0]]])
    distance, noise = class_distance(confusion, np.array([100]), np.array([0.5, 0.5]))
    assert distance == pytest.approx(0.4)
    rng = np.random.default_rng(0)
    drawn = np.abs(rng.binomial(100, 0.5, 20_000) / 100 - 0.5).mean()
    assert noise == pytest.approx(drawn, rel=0.02)
