"""What learns and what is wrapped: students, teachers and their roles.

Imports nothing of the package outside this folder. TensorFlow and Keras are imported
inside functions of `_keras_runtime` and its neighbours.
"""

from skdrift.models._forest_student import ForestStudent
from skdrift.models._instance_scaler import InstanceScaler
from skdrift.models._keras_features import KerasFeatures
from skdrift.models._keras_student import KerasStudent
from skdrift.models._keras_teacher import KerasTeacher
from skdrift.models._soft_labels import SoftLabelClassifier
from skdrift.models._two_family_student import TwoFamilyStudent

__all__ = [
    "ForestStudent",
    "InstanceScaler",
    "KerasFeatures",
    "KerasStudent",
    "KerasTeacher",
    "SoftLabelClassifier",
    "TwoFamilyStudent",
]
