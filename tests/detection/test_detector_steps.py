import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import KSDriftTest, TailDriftTest
from skdrift.detection._detector_steps import final_test, scores_for_test

X = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda test: test,
        FrozenEstimator,
        make_pipeline,
        lambda test: FrozenEstimator(make_pipeline(StandardScaler(), test)),
        lambda test: make_pipeline(StandardScaler(), FrozenEstimator(test)),
    ],
)
def test_the_test_is_found_however_it_is_wrapped(wrap):
    test = KSDriftTest()
    assert final_test(wrap(test)) is test


def test_rows_pass_through_all_steps_but_the_test():
    scaler = StandardScaler().fit(X)
    for detector in (
        make_pipeline(scaler, TailDriftTest()),
        FrozenEstimator(make_pipeline(scaler, TailDriftTest())),
    ):
        assert scores_for_test(detector, X).tolist() == scaler.transform(X).tolist()
    assert scores_for_test(TailDriftTest(), X) is X
    assert scores_for_test(make_pipeline(TailDriftTest()), X) is X


def test_what_ends_in_no_test_is_refused():
    for detector in (StandardScaler(), make_pipeline(StandardScaler())):
        with pytest.raises(TypeError, match="p-values, such as TailDriftTest or"):
            final_test(detector)
