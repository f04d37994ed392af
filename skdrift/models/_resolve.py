"""What a teacher and a student may be: told apart, made ready, fitted and asked."""

import numpy as np
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from skdrift._sklearn import safe_indexing
from skdrift.models._forest_student import ForestStudent
from skdrift.models._keras_student import KerasStudent
from skdrift.models._keras_teacher import KerasTeacher
from skdrift.models._soft_labels import SoftLabelClassifier


def is_keras_model(estimator):
    """Tell a Keras model by the module of its classes, so without importing Keras."""
    modules = {kind.__module__.split(".")[0] for kind in type(estimator).__mro__}
    return bool(modules & {"keras", "tf_keras"})


def resolve_teacher(estimator, X=None):
    """Turn what the user gave as ``estimator`` into an estimator and a flag.

    Parameters
    ----------
    estimator : classifier, Keras model or None
    X : rows, default=None
        A bare Keras model looks at a few of them to tell probabilities from logits.

    Returns
    -------
    teacher : estimator with ``predict_proba``
    frozen : bool
        True if the teacher is used as it is, False if it is to be cloned and fitted.

    Raises
    ------
    TypeError
        If it gives no class probabilities.
    """
    if isinstance(estimator, FrozenEstimator) and is_keras_model(estimator.estimator):
        estimator = estimator.estimator
    if is_keras_model(estimator):
        teacher = KerasTeacher(estimator)
        return (teacher if X is None else teacher.fit(X)), True
    teacher = LogisticRegression() if estimator is None else estimator
    if not hasattr(teacher, "predict_proba"):
        inner = getattr(teacher, "estimator", teacher)
        raise TypeError(
            "the teacher must give class probabilities by predict_proba, but "
            f"{type(inner).__name__} has none; wrap it in CalibratedClassifierCV or "
            "choose an option that gives it one"
        )
    return teacher, isinstance(teacher, (FrozenEstimator, KerasTeacher))


def teacher_proba(teacher, X, classes=None):
    """Return the teacher's class probabilities as float64 of shape (n, n_classes).

    ``classes`` are the columns wanted; a class that this teacher has never seen, as
    happens to a teacher trained on part of the rows, gets probability zero.
    """
    P = np.asarray(teacher.predict_proba(X), dtype=np.float64)
    if P.ndim != 2:
        raise ValueError(
            "the teacher's predict_proba must give one row of class probabilities for "
            f"each row of X, but it gave an array of shape {P.shape}"
        )
    if not np.isfinite(P).all():
        bad = np.flatnonzero(~np.isfinite(P).all(axis=1))
        raise ValueError(
            f"the teacher's predict_proba gave NaN or infinity in {len(bad)} of "
            f"{len(P)} rows, the first at position {bad[0]}; finite probabilities are "
            "expected"
        )
    known = getattr(teacher, "classes_", None)
    if classes is None or known is None or len(known) == len(classes):
        return P
    aligned = np.zeros((len(P), len(classes)))
    aligned[:, np.searchsorted(classes, known)] = P
    return aligned


def seeded_clone(estimator, random_state):
    """Clone, and set each nested ``random_state`` that the user left at None."""
    copy = clone(estimator)
    for name, value in sorted(copy.get_params(deep=True).items()):
        if value is None and name.split("__")[-1] == "random_state":
            copy.set_params(**{name: random_state.randint(np.iinfo(np.int32).max)})
    return copy


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
    sample = safe_indexing(X, slice(0, _LOOK_AT))
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
        from skdrift.models._keras_runtime import borrowed_random_state

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
