"""What a teacher and a student may be: told apart, made ready, fitted and asked."""

from os import PathLike

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skdrift.models._default_student import default_student
from skdrift.models._keras_teacher import KerasTeacher
from skdrift.models._soft_labels import SoftLabelClassifier


def is_keras_model(estimator):
    """Tell a Keras model by the module of its classes, so without importing Keras."""
    return any(
        kind.__name__ == "Model"
        and kind.__module__.split(".")[0] in ("keras", "tf_keras")
        for kind in type(estimator).__mro__
    )


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
    refuse_what_is_no_classifier(teacher)
    return teacher, isinstance(teacher, (FrozenEstimator, KerasTeacher))


def refuse_what_is_no_classifier(teacher):
    """Raise TypeError, with a way out, if an object gives no class probabilities."""
    inner = getattr(teacher, "estimator", teacher)
    if isinstance(teacher, (str, PathLike)):
        raise TypeError(
            f"estimator must be a classifier, not a path; got {str(teacher)!r}. Load "
            "the model first, and wrap it in FrozenEstimator."
        )
    if hasattr(teacher, "predict_proba"):
        return
    kind = type(inner)
    if not hasattr(inner, "fit") and (
        kind.__name__ == "Booster" or hasattr(inner, "signatures")
    ):
        raise TypeError(
            f"{kind.__module__}.{kind.__name__} has no predict_proba; use the "
            "classifier of scikit-learn's kind that its package offers, or a class of "
            "your own with classes_, predict and predict_proba."
        )
    if hasattr(inner, "model_") and is_keras_model(inner.model_):
        raise TypeError(
            f"{kind.__name__} has no predict_proba; give the Keras model that it has "
            "trained: KerasTeacher(wrapper.model_, classes=wrapper.classes_)."
        )
    if kind.__module__.startswith("keras"):
        raise TypeError(
            f"{kind.__name__} has no predict_proba and no trained model; fit it, and "
            "give its Keras model: KerasTeacher(wrapper.model_)."
        )
    raise TypeError(
        "the teacher must give class probabilities by predict_proba, but "
        f"{kind.__name__} has none; wrap it in CalibratedClassifierCV or "
        "choose an option that gives it one"
    )


# Rows of probabilities may miss the sum of one by so much, as rounded ones do.
_ROW_SUM_TOLERANCE = 1e-3


def teacher_proba(teacher, X, classes=None):
    """Return the teacher's class probabilities as float64 of shape (n, n_classes).

    ``classes`` are the columns wanted; a class that this teacher has never seen, as
    happens to a teacher trained on part of the rows, gets probability zero. A single
    column is that of the second of two classes.
    """
    known = getattr(teacher, "classes_", None)
    if isinstance(known, list):
        raise ValueError(
            "the teacher has several outputs, each with classes of its own, but one "
            "class a row is expected; watch the outputs one by one"
        )
    n_known = None if known is None else len(known)
    P = check_proba(teacher.predict_proba(X), n_known, "the teacher's predict_proba")
    if classes is None or n_known is None or n_known == len(classes):
        return P
    aligned = np.zeros((len(P), len(classes)))
    aligned[:, np.searchsorted(classes, known)] = P
    return aligned


def check_proba(P, n_classes, who):
    """Check class probabilities, in the name of the one who gave them.

    Parameters
    ----------
    P : array-like
    n_classes : int or None
        How many are expected; None: any number.
    who : str

    Returns
    -------
    P : ndarray of float64 of shape (n_samples, n_classes)
        Rows that miss the sum of one by .001 at most are divided by it.

    Raises
    ------
    ValueError
        If the shape is wrong, or rows are no probabilities.
    """
    P = np.asarray(P, dtype=np.float64)
    if P.ndim == 1 or (P.ndim == 2 and P.shape[1] == 1 and n_classes == 2):
        P = P.reshape(-1, 1)
        P = np.hstack([1 - P, P])
    if P.ndim != 2:
        raise ValueError(
            f"{who} must give one row of class probabilities for "
            f"each row of X, but it gave an array of shape {P.shape}"
        )
    if not np.isfinite(P).all():
        bad = np.flatnonzero(~np.isfinite(P).all(axis=1))
        raise ValueError(
            f"{who} gave NaN or infinity in {len(bad)} of "
            f"{len(P)} rows, the first at position {bad[0]}; finite probabilities are "
            "expected"
        )
    if n_classes is not None and P.shape[1] != n_classes:
        raise ValueError(
            f"{who} gave {P.shape[1]} columns, but there are {n_classes} classes"
        )
    total = P.sum(axis=1)
    off = (P.min(axis=1, initial=0.0) < -_ROW_SUM_TOLERANCE) | (
        np.abs(total - 1) > _ROW_SUM_TOLERANCE
    )
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise ValueError(
            f"{who} must give probabilities >= 0 that sum to 1 in each row, within "
            f"{_ROW_SUM_TOLERANCE}, but {off.sum()} of {len(P)} rows do not; row {row} "
            f"is {np.array2string(P[row], precision=3, threshold=6)}. Logits need a "
            "softmax, percentages a division by 100"
        )
    P = np.clip(P, 0, None)
    # The last bits of exact sums stay as they are.
    return np.where(np.abs(total - 1)[:, None] > 1e-6, P / total[:, None], P)


def teacher_decision(teacher, X, P, classes, argmax):
    """Places in ``classes`` of what the teacher's own ``predict`` says.

    Parameters
    ----------
    teacher : fitted classifier
    X : rows
    P : ndarray of shape (n_samples, n_classes)
        Its probabilities.
    classes : ndarray of shape (n_classes,)
    argmax : bool
        Whether it decides for the most probable class, so that it need not be asked.

    Returns
    -------
    decision : ndarray of int of shape (n_samples,)
    """
    if argmax or not hasattr(teacher, "predict"):
        return P.argmax(axis=1)
    labels = np.asarray(teacher.predict(X))
    decision = pd.Index(classes).get_indexer(labels)
    if (decision < 0).any():
        unknown = pd.unique(labels[decision < 0])[:5].tolist()
        raise ValueError(
            f"the teacher's predict gave labels that are none of its classes: {unknown}"
            f"; its classes are {list(classes)}"
        )
    return decision


def decides_by_argmax(teacher, X, P, classes):
    """Whether a teacher decides for the most probable class.

    True for Keras models, which have no decisions of their own; false for classifiers
    that are known to do otherwise; else its decisions on X tell. One that cannot
    decide, only give probabilities, is taken to.
    """
    inner = innermost(teacher)
    if isinstance(inner, KerasTeacher) or not hasattr(teacher, "predict"):
        return True
    if type(inner).__name__ in _OWN_DECISION:
        return False
    try:
        decided = teacher_decision(teacher, X, P, classes, False)
    except Exception:
        # It has given its probabilities for these very rows.
        return True
    return bool((decided == P.argmax(axis=1)).all())


_OWN_DECISION = {
    "FixedThresholdClassifier",
    "NuSVC",
    "SVC",
    "TunedThresholdClassifierCV",
}


def innermost(estimator):
    """Take a classifier out of FrozenEstimator and Pipelines."""
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif isinstance(estimator, Pipeline):
            estimator = estimator.steps[-1][1]
        else:
            return estimator


def seeded_clone(estimator, random_state):
    """Clone, and set each nested ``random_state`` that the user left at None."""
    copy = clone(estimator)
    for name, value in sorted(copy.get_params(deep=True).items()):
        if value is None and name.split("__")[-1] == "random_state":
            copy.set_params(**{name: random_state.randint(np.iinfo(np.int32).max)})
    return copy


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
    if is_classifier(student) and not learns_soft_labels(student):
        return SoftLabelClassifier(student)
    return student


def learns_soft_labels(student):
    """Whether a student can be fitted on class probabilities as it is.

    Those of skdrift can, and whatever says so by an attribute ``learns_soft_labels``
    that is true.
    """
    last = student.steps[-1][1] if isinstance(student, Pipeline) else student
    return bool(getattr(last, "learns_soft_labels", False))


def check_student_classes(student, classes):
    """Refuse a trained student whose classes are not the teacher's, in their order."""
    inner = student.estimator if isinstance(student, FrozenEstimator) else student
    known = getattr(inner, "classes_", None)
    if known is None or np.ndim(known) != 1:
        return
    known, places = np.asarray(known), np.arange(len(classes))
    if not (_equal(known, classes) or _equal(known, places)):
        raise ValueError(
            "the student's classes must be the teacher's, in the same order, "
            f"{list(classes)}; the frozen student has {list(known)}"
        )


def _equal(one, other):
    return len(one) == len(other) and all(a == b for a, b in zip(one, other))


def fit_student(student, X, P):
    """Train ``student`` on soft labels, TensorFlow's global state left as it was."""
    if type(student).__module__.startswith("scikeras"):
        # scikeras leaves TensorFlow's op determinism on after a seeded fit
        from skdrift.models._keras_runtime import borrowed_random_state

        with borrowed_random_state(student.random_state):
            return student.fit(X, P)
    return student.fit(X, P)


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
    return check_student_proba(Q, len(classes))


def check_student_proba(Q, n_classes):
    """Check what a student says, and turn each row into probabilities.

    Parameters
    ----------
    Q : array-like
    n_classes : int

    Returns
    -------
    Q : ndarray of float64 of shape (n_samples, n_classes)
        Clipped at zero, each row divided by its sum.

    Raises
    ------
    ValueError
        If the shape is wrong or a value is not finite.
    """
    Q = np.asarray(Q, dtype=np.float64)
    if Q.ndim != 2 or Q.shape[1] != n_classes:
        raise ValueError(
            f"the student must give {n_classes} class probabilities a row, one for "
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
    return np.where(total > 0, Q / np.where(total > 0, total, 1), 1 / n_classes)
