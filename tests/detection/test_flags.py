import numpy as np
import pytest

from skdrift.detection._feature_tests import FeatureTests
from skdrift.detection._flags import flag_drift

NAMES = np.array(["a", "b", "c"], dtype=object)


def feature_tests(p_value, statistic=0.5, n_tested=50, missing=1.0):
    p_value = np.atleast_2d(p_value).astype(float)
    shape = p_value.shape
    return FeatureTests(
        np.broadcast_to(statistic, shape),
        p_value,
        np.full(shape, "exact", dtype=object),
        np.broadcast_to(n_tested, shape),
        50 - np.broadcast_to(n_tested, shape),
        np.broadcast_to(missing, shape),
    )


@pytest.mark.parametrize(
    ("correction", "flagged", "smallest"),
    [
        (None, [True, True, True], 0.012),
        ("bonferroni", [True, False, False], 0.036),
        ("holm", [True, True, True], 0.036),
        ("fdr_bh", [True, True, True], 0.03),
        ("fdr_by", [False, False, False], 0.055),
    ],
)
def test_p_values_are_corrected_for_the_features(correction, flagged, smallest):
    tests = feature_tests([0.012, 0.02, 0.045])
    result = flag_drift(tests, NAMES, None, 0.05, correction, 0.0)
    assert result.feature_is_drift.tolist() == flagged
    assert result.is_drift == any(flagged)
    assert result.p_value == pytest.approx(smallest)
    # What single features say stays as it was.
    assert result.feature_p_values.tolist() == [0.012, 0.02, 0.045]


def test_batches_keep_their_labels_and_one_batch_has_no_rows():
    tests = feature_tests([[0.001, 0.5, 0.5], [0.5, 0.5, 0.5]])
    result = flag_drift(tests, NAMES, np.array(["x", "y"]), 0.05, "holm", 0.0)
    assert result.is_drift.tolist() == [True, False]
    assert result.group_labels.tolist() == ["x", "y"]
    alone = flag_drift(feature_tests([0.001, 0.5, 0.5]), NAMES, None, 0.05, "holm", 0.0)
    assert alone.is_drift is True
    assert alone.statistic.shape == (3,)


def test_small_effects_are_silenced_but_not_lost_features():
    tests = feature_tests(
        [0.001, 0.001, np.nan],
        statistic=[0.1, 0.3, np.nan],
        n_tested=[50, 50, 0],
        missing=[1, 1, 1e-9],
    )
    result = flag_drift(tests, NAMES, None, 0.05, None, 0.2)
    assert result.feature_is_drift.tolist() == [False, True, True]
    assert result.p_value_method.tolist() == ["exact", "exact", "missing"]


def test_nothing_to_test_is_no_p_value():
    tests = feature_tests([np.nan] * 3, statistic=np.nan, n_tested=0)
    result = flag_drift(tests, NAMES, None, 0.05, "bonferroni", 0.0)
    assert np.isnan(result.p_value)
    assert not result.is_drift
