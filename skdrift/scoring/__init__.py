"""Rows to numbers: scorers turn every row into a harm score.

May import `models`; sweeps, monitors and tests know scorers by their methods alone.
"""

from skdrift.scoring._autoencoder import AutoencoderScorer
from skdrift.scoring._scorer import DistillationScorer
from skdrift.scoring._support import SupportScorer
from skdrift.scoring._teacher_student_proba import TeacherStudentProba
from skdrift.scoring._threshold import ScoreThreshold

__all__ = [
    "AutoencoderScorer",
    "DistillationScorer",
    "ScoreThreshold",
    "SupportScorer",
    "TeacherStudentProba",
]
