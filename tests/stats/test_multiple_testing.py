import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import false_discovery_control

from skdrift.stats._multiple_testing import (
    CORRECTIONS,
    OnlineLevels,
    adjust_p_values,
    lord_weights,
    saffron_weights,
)


def step_down_by_definition(p_values):
    """Holm: the k-th smallest p-value against alpha / (number not smaller)."""
    adjusted = np.empty(len(p_values))
    largest = 0.0
    for rank, position in enumerate(np.argsort(p_values)):
        largest = max(largest, (len(p_values) - rank) * p_values[position])
        adjusted[position] = min(largest, 1.0)
    return adjusted


def test_known_values():
    p_values = np.array([0.01, 0.04, 0.03, 0.005])
    expected = {
        "bonferroni": [0.04, 0.16, 0.12, 0.02],
        "holm": [0.03, 0.06, 0.06, 0.02],
        "fdr_bh": [0.02, 0.04, 0.04, 0.02],
        "fdr_by": [1 / 24, 1 / 12, 1 / 12, 1 / 24],
        None: p_values,
    }
    for correction, adjusted in expected.items():
        np.testing.assert_allclose(
            adjust_p_values(p_values, correction), adjusted, rtol=1e-12
        )


def test_every_batch_is_corrected_for_itself():
    p_values = np.random.default_rng(0).random((50, 7)) ** 3
    for correction in CORRECTIONS:
        together = adjust_p_values(p_values, correction)
        for row, adjusted in zip(p_values, together):
            np.testing.assert_allclose(
                adjusted, adjust_p_values(row, correction), rtol=1e-15
            )
    np.testing.assert_allclose(
        adjust_p_values(p_values, "holm"),
        [step_down_by_definition(row) for row in p_values],
        rtol=1e-15,
    )
    np.testing.assert_allclose(
        adjust_p_values(p_values, "fdr_by"),
        [false_discovery_control(row, method="by") for row in p_values],
        rtol=1e-15,
    )


@pytest.mark.parametrize("correction", [*CORRECTIONS, None])
def test_one_feature_needs_no_correction(correction):
    p_values = np.array([[0.2], [0.7]])
    adjusted = adjust_p_values(p_values, correction)
    np.testing.assert_array_equal(adjusted, p_values)
    assert adjusted is not p_values


@pytest.mark.statistics
@pytest.mark.parametrize("correction", ["bonferroni", "holm"])
def test_false_alarms_of_a_batch_stay_below_alpha(correction):
    p_values = np.random.default_rng(1).random((20_000, 10))
    rate = (adjust_p_values(p_values, correction).min(axis=1) <= 0.05).mean()
    # 1 - (1 - .05/10)^10 = .0489, four standard errors of .0015.
    assert abs(rate - 0.0489) < 0.006


def test_an_unknown_correction_is_refused():
    with pytest.raises(ValueError, match="correction must be one of"):
        adjust_p_values(np.array([0.1, 0.2]), "sidak")


def lord_by_definition(p_values, alpha):
    """LORD++ as in its paper, with sums over all times."""
    levels, found = [], []
    for t in range(1, len(p_values) + 1):
        level = lord_weights(np.array([t]))[0] * alpha / 2
        if found:
            level += lord_weights(np.array([t - found[0]]))[0] * alpha / 2
        for tau in found[1:]:
            level += lord_weights(np.array([t - tau]))[0] * alpha
        levels.append(level)
        if p_values[t - 1] <= level:
            found.append(t)
    return levels


def saffron_by_definition(p_values, alpha, limit=0.5):
    """SAFFRON as in its paper: lags less the candidates since each discovery."""
    levels, found = [], []
    for t in range(1, len(p_values) + 1):

        def candidates(after, t=t):
            return sum(p <= limit for p in p_values[after : t - 1])

        def weight(lag):
            return saffron_weights(np.array([lag]))[0]

        level = alpha / 2 * weight(t - candidates(0))
        if found:
            level += alpha / 2 * weight(t - found[0] - candidates(found[0]))
        for tau in found[1:]:
            level += alpha * weight(t - tau - candidates(tau))
        levels.append(min(limit, (1 - limit) * level))
        if p_values[t - 1] <= levels[-1]:
            found.append(t)
    return levels


@pytest.mark.parametrize(
    ("rule", "definition"),
    [("lord", lord_by_definition), ("saffron", saffron_by_definition)],
)
def test_levels_equal_the_published_formulas(rule, definition):
    rng = np.random.default_rng(0)
    p_values = rng.random(150)
    p_values[40:70] **= 6
    p_values[100:] **= 20
    online = OnlineLevels(rule, 0.1)
    tested = [online.test(p_value) for p_value in p_values]
    expected = definition(p_values.tolist(), 0.1)
    np.testing.assert_allclose([level for level, _ in tested], expected, rtol=1e-12)
    assert sum(is_discovery for _, is_discovery in tested) > 10
    assert [d for _, d in tested] == [p <= v for p, v in zip(p_values, expected)]


def test_no_more_than_the_budget_is_spent():
    lags = np.arange(1, 10**6 + 1)
    # What remains of LORD's sum is below an integral: with v the root of log j.
    start = np.sqrt(np.log(10**6))
    rest = 0.0772 * 2 * quad(lambda v: v**3 * np.exp(-v), start, np.inf)[0]
    assert 0.97 < lord_weights(lags).sum() + rest <= 1
    assert 0.99 < saffron_weights(lags).sum() <= 1


@pytest.mark.statistics
@pytest.mark.parametrize("rule", ["lord", "saffron"])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_false_discovery_rate(rule, share):
    rng = np.random.default_rng(1)
    proportions = np.zeros(400)
    for stream in range(400):
        drifted = rng.random(300) < share
        p_values = np.where(drifted, rng.random(300) ** 12, rng.random(300))
        online = OnlineLevels(rule, 0.05)
        found = np.array([online.test(p_value)[1] for p_value in p_values])
        proportions[stream] = (found & ~drifted).sum() / max(found.sum(), 1)
    error = proportions.std() / np.sqrt(400)
    assert proportions.mean() <= 0.05 + 3 * max(error, 0.002)
