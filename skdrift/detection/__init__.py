"""Numbers to verdicts: tests of batches against a reference, and monitors of streams.

May import `stats`, where the mathematics is.
"""

from skdrift.detection._base import BaseDriftTest
from skdrift.detection._input_counts import InputCounts
from skdrift.detection._inputs import InputDriftTest
from skdrift.detection._ks import KSDriftTest
from skdrift.detection._monitor import DriftMonitor
from skdrift.detection._monitor_display import MonitorDisplay
from skdrift.detection._result import DriftCounts, DriftResult
from skdrift.detection._stream import MonitorState
from skdrift.detection._tail import TailDriftTest

__all__ = [
    "BaseDriftTest",
    "DriftCounts",
    "DriftMonitor",
    "DriftResult",
    "InputCounts",
    "InputDriftTest",
    "KSDriftTest",
    "MonitorDisplay",
    "MonitorState",
    "TailDriftTest",
]
