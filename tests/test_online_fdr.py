import numpy as np
import pytest
from scipy.integrate import quad

from skdrift._online_fdr import OnlineLevels, lord_weights, saffron_weights


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
