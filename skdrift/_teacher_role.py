"""What a teacher may be: told apart, cloned, fitted and asked for probabilities."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift._keras_teacher import KerasTeacher


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
