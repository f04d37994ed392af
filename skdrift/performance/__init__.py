"""How wrong the classifier is now: estimates in points.

Imports scorers and the corruptions of the data sets, from which it simulates harm.
"""

from skdrift.performance._counts import PerformanceCounts
from skdrift.performance._estimate import PerformanceEstimate
from skdrift.performance._estimator import PerformanceEstimator

__all__ = ["PerformanceCounts", "PerformanceEstimate", "PerformanceEstimator"]
