"""What a scorer offers so that a sweep asks its teacher and student only once."""

from typing import Protocol

import numpy as np


class TeacherStudentScorer(Protocol):
    """A scorer whose teacher and student can be asked apart from the scoring.

    :class:`ContaminationSweep` takes any scorer that has ``fit``, ``transform`` and,
    once fitted, its classifier as ``estimator_``. One that also has the two methods
    below, as :class:`DistillationScorer` does, is asked once per row however many
    values of ``divergence`` the sweep compares. There is nothing to inherit from.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The teacher's classes, set by ``fit``.
    divergence : object
        The parameter of the constructor that says how scores are computed.
    """

    classes_: np.ndarray
    divergence: object

    def teacher_student_proba(self, X):
        """Ask teacher and student about each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), DataFrame or list of text
            The rows.

        Returns
        -------
        teacher, student : ndarray of shape (n_samples, n_classes)
            Class probabilities, their columns in the order of ``classes_``.
        fold : ndarray of int of shape (n_samples,)
            Which of several cross-fitted students answered.
        decision : ndarray of int of shape (n_samples,)
            What the teacher's own ``predict`` says, as positions in ``classes_``.
        """

    def score_proba(self, P, Q, fold=None, decision=None, *, divergence=None):
        """Score rows from what `teacher_student_proba` returned.

        Parameters
        ----------
        P, Q, fold, decision : ndarray
            The four answers, in this order.
        divergence : object, default=None
            Takes the place of the parameter of the constructor; None leaves it.

        Returns
        -------
        ndarray of shape (n_samples, n_scores)
            The scores; larger means more harmful.
        """
