"""The two halves of a detector: the steps that make scores, and the test at the end."""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skdrift.detection._base import BaseDriftTest


def final_test(detector):
    """Return the test of a detector.

    Parameters
    ----------
    detector : BaseDriftTest, Pipeline or FrozenEstimator around one of them

    Raises
    ------
    TypeError
        If it does not end in a test with p-values.
    """
    _, test = _split(detector)
    if not isinstance(test, BaseDriftTest):
        raise TypeError(
            "detector must be a drift test with p-values, such as TailDriftTest or "
            f"KSDriftTest, or a Pipeline that ends in one; got {type(test).__name__}."
        )
    return test


def scores_for_test(detector, X):
    """Turn rows into what the test of a fitted detector takes."""
    steps, _ = _split(detector)
    return X if steps is None else steps.transform(X)


def _split(detector):
    while isinstance(detector, FrozenEstimator):
        detector = detector.estimator
    if not isinstance(detector, Pipeline):
        return None, detector
    _, test = _split(detector[-1])
    return (detector[:-1] if len(detector) > 1 else None), test
