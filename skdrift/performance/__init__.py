"""How wrong the classifier is now: estimates in points.

Imports scorers and the corruptions of the data sets, from which it simulates harm.
"""

from skdrift.performance._backtest import backtest
from skdrift.performance._counts import PerformanceCounts
from skdrift.performance._estimate import PerformanceEstimate
from skdrift.performance._estimator import PerformanceEstimator
from skdrift.performance._performance_display import PerformanceDisplay
from skdrift.performance._risk_display import RiskDisplay
from skdrift.performance._risk_monitor import RiskMonitor
from skdrift.performance._risk_state import RiskState

__all__ = [
    "PerformanceCounts",
    "PerformanceDisplay",
    "PerformanceEstimate",
    "PerformanceEstimator",
    "RiskDisplay",
    "RiskMonitor",
    "RiskState",
    "backtest",
]
