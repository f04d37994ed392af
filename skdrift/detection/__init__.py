"""Numbers to verdicts: tests of batches against a reference, and monitors of streams.

May import `stats`, where the mathematics is.
"""

from skdrift.detection._ks import KSDriftTest
from skdrift.detection._monitor import DriftMonitor
from skdrift.detection._result import DriftResult
from skdrift.detection._tail import TailDriftTest

__all__ = [
    "DriftMonitor",
    "DriftResult",
    "KSDriftTest",
    "TailDriftTest",
]
