"""Tell whether new, unlabelled data is hurting a deployed classifier."""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = {
    "ContaminationDisplay": "_displays",
    "ContaminationSweep": "_contamination",
    "DistillationScorer": "_distillation",
    "DriftResult": "_result",
    "DriftMonitor": "_monitor",
    "HarmScoreDisplay": "_displays",
    "InstanceScaler": "_instance_scaler",
    "KSDriftTest": "_ks",
    "KerasStudent": "_keras",
    "KerasTeacher": "_keras",
    "ScoreThreshold": "_threshold",
    "SoftLabelClassifier": "_students",
    "TailDriftTest": "_tail",
    "label_harm": "_harm",
}


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"skdrift.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'skdrift' has no attribute {name!r}")
