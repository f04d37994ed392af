import numpy as np
import pytest

from skdrift import KSDriftTest, PerformanceEstimate
from skdrift.distributed import predict
from skdrift.distributed._predict import stack_results

RNG = np.random.default_rng(0)


def test_stacked_results_are_those_of_groups():
    test = KSDriftTest().fit(RNG.normal(size=(300, 2)))
    X, groups = RNG.normal(size=(90, 2)), np.repeat(["a", "b", "c"], 30)
    parts = [test.predict(X[groups == label]) for label in "abc"]
    stacked, expected = stack_results(parts, list("abc")), test.predict(X, groups)
    assert stacked.group_labels.tolist() == ["a", "b", "c"]
    for name in ("is_drift", "p_value", "statistic", "feature_p_values"):
        assert (getattr(stacked, name) == getattr(expected, name)).all()
    assert stacked.to_frame().equals(expected.to_frame())


def test_stacked_estimates():
    one = PerformanceEstimate(0.8, 0.7, 0.9, 0.85, 0.05, 0.2, "fine", ("Why.",), 50)
    stacked = stack_results([one, one], [1, 2])
    assert stacked.is_drift.tolist() == [False, False]
    assert stacked.reasons == (("Why.",), ("Why.",))
    assert stacked.reference == 0.85


def test_a_detector_that_cannot_count_is_refused_first():
    with pytest.raises(TypeError, match="has no count"):
        predict(object(), RNG.normal(size=(3, 2)))
