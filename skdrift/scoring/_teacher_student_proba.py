"""TeacherStudentProba: what teacher and student say about rows."""

from typing import NamedTuple

import numpy as np


class TeacherStudentProba(NamedTuple):
    """What teacher and student say about n rows.

    Parameters
    ----------
    teacher, student : ndarray of shape (n_samples, n_classes)
        Class probabilities, before any temperature, in the order of ``classes_``.
    fold : ndarray of int of shape (n_samples,)
        Which of the cross-fitted models answered for the row.
    decision : ndarray of int of shape (n_samples,)
        What the teacher's own ``predict`` says, as places in ``classes_``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdrift import DistillationScorer
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = FrozenEstimator(LogisticRegression(max_iter=500).fit(X, y))
    >>> scorer = DistillationScorer(clf, random_state=0).fit(X)
    >>> proba = scorer.teacher_student_proba(X[:4])
    >>> proba.teacher.shape, proba.decision.tolist()
    ((4, 3), [0, 0, 0, 0])
    """

    teacher: np.ndarray
    student: np.ndarray
    fold: np.ndarray
    decision: np.ndarray
