"""What learns and what is wrapped: students, teachers and their roles.

Imports nothing of the package outside this folder. TensorFlow and Keras are imported
inside functions of `_keras_runtime` and its neighbours.
"""

from skdrift.models._forest_student import ForestStudent
from skdrift.models._instance_scaler import InstanceScaler
from skdrift.models._keras_student import KerasStudent
from skdrift.models._keras_teacher import KerasTeacher
from skdrift.models._soft_labels import SoftLabelClassifier

__all__ = [
    "ForestStudent",
    "InstanceScaler",
    "KerasStudent",
    "KerasTeacher",
    "SoftLabelClassifier",
]
