import numpy as np
import pytest
from scipy.stats import false_discovery_control

from skdrift._multiplicity import CORRECTIONS, adjust_p_values


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
