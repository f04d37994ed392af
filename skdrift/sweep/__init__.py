"""The study beforehand: what a detector catches, and how often it cries wolf.

Knows scorers and tests by the methods that they have.
"""

from skdrift.sweep._displays import ContaminationDisplay, HarmScoreDisplay
from skdrift.sweep._harm import HarmLabels, label_harm
from skdrift.sweep._protocol import TeacherStudentScorer
from skdrift.sweep._sweep import ContaminationSweep

__all__ = [
    "ContaminationDisplay",
    "ContaminationSweep",
    "HarmLabels",
    "HarmScoreDisplay",
    "TeacherStudentScorer",
    "label_harm",
]
