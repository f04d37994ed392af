"""What a student may be, and the student that is trained when the user names none."""

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn.utils import _safe_indexing

from skdrift._forest_student import ForestStudent
from skdrift._keras import KerasStudent
from skdrift._students import SoftLabelClassifier

_LOOK_AT = 100  # rows that tell what kind of input the default student will meet


def resolve_student(student, teacher, X):
    """Turn what the user gave as ``student`` into an unfitted soft-label learner.

    Parameters
    ----------
    student : estimator or None
    teacher : fitted teacher, whose preprocessing the default student borrows
    X : training rows

    Returns
    -------
    student : estimator with ``fit(X, P)``, or the `FrozenEstimator` given
    """
    if student is None:
        return default_student(teacher, X)
    if isinstance(student, FrozenEstimator):
        return student
    if not hasattr(student, "fit"):
        raise TypeError(
            "student must be an estimator with fit(X, P), where P holds class "
            f"probabilities, or None; got {student!r}"
        )
    last = student[-1] if isinstance(student, Pipeline) else student
    learns_soft_labels = isinstance(
        last, (ForestStudent, KerasStudent, SoftLabelClassifier)
    )
    if is_classifier(student) and not learns_soft_labels:
        return SoftLabelClassifier(student)
    return student


def default_student(teacher, X):
    """Build the student that is trained when the user names none.

    Trees (:class:`ForestStudent`), or for sparse rows, such as texts, a logistic
    regression. A teacher that is a Pipeline lends its fitted preprocessing. Without one
    N-d arrays are flattened and the categories of a DataFrame one-hot encoded.
    """
    inner = teacher.estimator if isinstance(teacher, FrozenEstimator) else teacher
    steps = []
    sample = _safe_indexing(X, slice(0, _LOOK_AT))
    if isinstance(inner, Pipeline) and len(inner.steps) > 1:
        steps.append(FrozenEstimator(inner[:-1]))
        sample = inner[:-1].transform(sample)
    if sparse.issparse(sample):
        learner = SoftLabelClassifier(LogisticRegression(max_iter=1000))
    else:
        steps += _preprocessing(sample)
        learner = ForestStudent()
    return make_pipeline(*steps, learner) if steps else learner


def _preprocessing(sample):
    if hasattr(sample, "iloc"):
        numbers = make_column_selector(dtype_include="number")(sample)
        others = [name for name in sample.columns if name not in numbers]
        if not others:
            return []
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        return [
            ColumnTransformer(
                [("numbers", "passthrough", numbers), ("others", encoder, others)]
            )
        ]
    array = np.asarray(sample)
    if array.dtype.kind not in "fiub":
        try:
            array.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                "the default student reads numbers, DataFrames and the output of the "
                f"teacher's own preprocessing, but X holds {array.dtype} and the "
                "teacher is no Pipeline; give a student that reads X"
            ) from None
    return [FunctionTransformer(flatten_rows)] if array.ndim > 2 else []


def fit_student(student, X, P):
    """Train ``student`` on soft labels, TensorFlow's global state left as it was."""
    if type(student).__module__.startswith("scikeras"):
        # scikeras leaves TensorFlow's op determinism on after a seeded fit
        from skdrift._keras_runtime import borrowed_random_state

        with borrowed_random_state(student.random_state):
            return student.fit(X, P)
    return student.fit(X, P)


def flatten_rows(X):
    """Lay the values of each row of an N-d array side by side."""
    X = np.asarray(X)
    return X.reshape(len(X), -1)


def student_proba(student, X, classes):
    """Return the student's class probabilities as float64 of shape (n, n_classes).

    The output of a student without ``predict_proba`` is clipped at zero and each row
    divided by its sum.

    Raises
    ------
    ValueError
        If the shape is wrong or a value is not finite.
    """
    if hasattr(student, "predict_proba"):
        Q = student.predict_proba(X)
    else:
        Q = student.predict(X)
    Q = np.asarray(Q, dtype=np.float64)
    if Q.ndim != 2 or Q.shape[1] != len(classes):
        raise ValueError(
            f"the student must give {len(classes)} class probabilities a row, one for "
            f"each class of the teacher, but it gave an array of shape {Q.shape}"
        )
    if not np.isfinite(Q).all():
        bad = np.flatnonzero(~np.isfinite(Q).all(axis=1))
        raise ValueError(
            f"the student gave NaN or infinity in {len(bad)} of {len(Q)} rows; its "
            "training may have diverged (a lower learning rate helps)"
        )
    Q = np.clip(Q, 0, None)
    total = Q.sum(axis=1, keepdims=True)
    # a row of nothing but zeros knows nothing: every class is alike to it
    return np.where(total > 0, Q / np.where(total > 0, total, 1), 1 / len(classes))
