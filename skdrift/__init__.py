"""Tell whether new, unlabelled data is hurting a deployed classifier."""

from skdrift._contamination import ContaminationSweep
from skdrift._displays import ContaminationDisplay, HarmScoreDisplay
from skdrift._distillation import DistillationScorer
from skdrift._forest_student import ForestStudent
from skdrift._harm import label_harm
from skdrift._instance_scaler import InstanceScaler
from skdrift._keras import KerasStudent
from skdrift._keras_teacher import KerasTeacher
from skdrift._ks import KSDriftTest
from skdrift._monitor import DriftMonitor
from skdrift._result import DriftResult
from skdrift._students import SoftLabelClassifier
from skdrift._tail import TailDriftTest
from skdrift._threshold import ScoreThreshold

__version__ = "0.1.0"

__all__ = [
    "ContaminationDisplay",
    "ContaminationSweep",
    "DistillationScorer",
    "DriftMonitor",
    "DriftResult",
    "ForestStudent",
    "HarmScoreDisplay",
    "InstanceScaler",
    "KSDriftTest",
    "KerasStudent",
    "KerasTeacher",
    "ScoreThreshold",
    "SoftLabelClassifier",
    "TailDriftTest",
    "label_harm",
]
