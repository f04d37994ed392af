"""The answers of the students of all folds."""

import numpy as np
from sklearn.pipeline import Pipeline

from skdrift.models._forest_student import ForestStudent
from skdrift.models._resolve import check_student_proba, student_proba
from skdrift.models._table_encoder import TableEncoder
from skdrift.models._two_family_student import TwoFamilyStudent
from skdrift.scoring._cross_fit import by_fold, in_chunks

_OWN = (ForestStudent, TwoFamilyStudent)


def ask_students(students, X, fold, classes, batch_size, n_jobs=None):
    """Ask for each row the student of its fold, `batch_size` rows at once.

    Parameters
    ----------
    students, X, fold, classes : as `students_proba` takes them
    batch_size : int
    n_jobs : int or None
        Threads in which trees answer; others answer in one.

    Returns
    -------
    Q : ndarray of shape (n, n_classes)
    """
    return in_chunks(
        lambda part, part_fold: students_proba(students, part, part_fold, classes),
        X,
        batch_size,
        fold,
        n_jobs=n_jobs if are_trees(students) else 1,
    )


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
    ask = _asked_at_once(students, X)
    if ask is None:
        return by_fold(
            lambda student, rows: student_proba(student, rows, classes),
            students,
            X,
            fold,
        )
    Q = by_fold(ask, students, np.arange(len(fold)), fold)
    return check_student_proba(Q, len(classes))


def _asked_at_once(students, X):
    """Read X, as all students do, and return how to ask one of them about some rows.

    None where not all are default students that read alike.
    """
    first = students[0]
    if all(type(student) in _OWN for student in students):
        rows = first.read(X)
        return lambda student, some: student.answer(rows[some])
    if not all(_is_of_tables(student) for student in students):
        return None
    if not all(student[0].kinds_ == first[0].kinds_ for student in students):
        return None
    columns = first[0].read(X)

    def ask(student, some):
        encoded = student[0].encode(columns, some)
        return student[1].answer(encoded.astype(np.float32))

    return ask


def are_trees(students):
    """Whether students can be asked in threads, and answer sooner for it."""
    return all(
        type(student[-1] if isinstance(student, Pipeline) else student) in _OWN
        for student in students
    )


def _is_of_tables(student):
    return (
        isinstance(student, Pipeline)
        and len(student) == 2
        and type(student[0]) is TableEncoder
        and type(student[1]) in _OWN
    )
