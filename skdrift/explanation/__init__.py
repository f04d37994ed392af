"""What is to blame: rows, regions and columns of a batch that hurts a classifier.

Detectors are known by what they offer: scores, a verdict, the classifier they watch.
"""

from skdrift.explanation._batch_report import batch_report
from skdrift.explanation._display import HarmExplanationDisplay
from skdrift.explanation._explainer import HarmExplainer
from skdrift.explanation._explanation import HarmExplanation
from skdrift.explanation._segments import Segment

__all__ = [
    "HarmExplainer",
    "HarmExplanation",
    "HarmExplanationDisplay",
    "Segment",
    "batch_report",
]
