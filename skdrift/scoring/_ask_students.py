"""The answers of the students of all folds."""

import numpy as np
from sklearn.pipeline import Pipeline

from skdrift.models._forest_student import ForestStudent
from skdrift.models._resolve import student_proba
from skdrift.models._table_encoder import TableEncoder
from skdrift.models._two_family_student import TwoFamilyStudent
from skdrift.scoring._cross_fit import by_fold

_OWN = (ForestStudent, TwoFamilyStudent)


def students_proba(students, X, fold, classes):
    """Ask for each row the student of its fold.

    Default students of a table read its columns alike and differ in what they make of
    them; the table is then read once for all, which is most of the work.

    Parameters
    ----------
    students : list of fitted estimators
        One for each fold, or a single one.
    X : n rows
    fold : ndarray of int of shape (n,)
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    Q : ndarray of shape (n, n_classes)
    """
    if not _read_alike(students):
        return by_fold(
            lambda student, rows: student_proba(student, rows, classes),
            students,
            X,
            fold,
        )
    columns = students[0][0].read(X)

    def ask(student, rows):
        encoded = student[0].encode(columns, rows)
        return student_proba(student[-1], encoded, classes)

    return by_fold(ask, students, np.arange(len(fold)), fold)


def are_trees(students):
    """Whether students can be asked in threads, and answer sooner for it."""
    return all(
        type(student[-1] if isinstance(student, Pipeline) else student) in _OWN
        for student in students
    )


def _read_alike(students):
    if not all(
        isinstance(student, Pipeline)
        and len(student) == 2
        and type(student[0]) is TableEncoder
        for student in students
    ):
        return False
    return all(student[0].kinds_ == students[0][0].kinds_ for student in students)
