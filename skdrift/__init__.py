"""Tell whether new, unlabelled data is hurting a deployed classifier."""

from skdrift.detection import (
    BaseDriftTest,
    DriftCounts,
    DriftMonitor,
    DriftResult,
    InputCounts,
    InputDriftTest,
    KSDriftTest,
    MonitorDisplay,
    MonitorState,
    TailDriftTest,
)
from skdrift.explanation import (
    HarmExplainer,
    HarmExplanation,
    HarmExplanationDisplay,
    Segment,
    batch_report,
)
from skdrift.models import (
    ForestStudent,
    InstanceScaler,
    KerasFeatures,
    KerasStudent,
    KerasTeacher,
    SoftLabelClassifier,
    TwoFamilyStudent,
)
from skdrift.performance import (
    PerformanceCounts,
    PerformanceEstimate,
    PerformanceEstimator,
    RiskDisplay,
    RiskMonitor,
    RiskState,
    backtest,
)
from skdrift.scoring import (
    AutoencoderScorer,
    DistillationScorer,
    ScoreThreshold,
    SupportScorer,
    TeacherStudentProba,
)
from skdrift.sweep import (
    ContaminationDisplay,
    ContaminationSweep,
    HarmLabels,
    HarmScoreDisplay,
    TeacherStudentScorer,
    label_harm,
)

__version__ = "0.1.0"

__all__ = [
    "AutoencoderScorer",
    "BaseDriftTest",
    "ContaminationDisplay",
    "ContaminationSweep",
    "DistillationScorer",
    "DriftCounts",
    "DriftMonitor",
    "DriftResult",
    "ForestStudent",
    "HarmExplainer",
    "HarmExplanation",
    "HarmExplanationDisplay",
    "HarmLabels",
    "HarmScoreDisplay",
    "InputCounts",
    "InputDriftTest",
    "InstanceScaler",
    "KSDriftTest",
    "KerasFeatures",
    "KerasStudent",
    "KerasTeacher",
    "MonitorDisplay",
    "MonitorState",
    "PerformanceCounts",
    "PerformanceEstimate",
    "PerformanceEstimator",
    "RiskDisplay",
    "RiskMonitor",
    "RiskState",
    "ScoreThreshold",
    "Segment",
    "SoftLabelClassifier",
    "SupportScorer",
    "TailDriftTest",
    "TeacherStudentProba",
    "TeacherStudentScorer",
    "TwoFamilyStudent",
    "backtest",
    "batch_report",
    "label_harm",
]
