"""The parts of cross-fitting: chunks of rows, models by fold, the fit of a fold."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from skdrift._benign import add_changed_rows
from skdrift._divergence import temper
from skdrift._student_role import fit_student, resolve_student
from skdrift._teacher_role import seeded_clone, teacher_proba


def in_chunks(function, X, batch_size):
    """Apply ``function`` to ``batch_size`` rows of X at a time and stack what it gives.

    An empty X reaches ``function`` once, so that its own complaint is heard.
    """
    n = _num_samples(X)
    if n <= batch_size:
        return function(X)
    return np.concatenate(
        [
            function(_safe_indexing(X, slice(start, min(start + batch_size, n))))
            for start in range(0, n, batch_size)
        ]
    )


def by_fold(function, models, X, fold):
    """Ask for each row the model of its fold.

    Parameters
    ----------
    function : callable
        ``function(model, X_part)`` gives an array with a row for each row of X_part.
    models : list
        One for each fold, or a single one for all.
    X : rows
    fold : array of int of shape (n,)

    Returns
    -------
    answers : array of shape (n, ...)
    """
    if len(models) == 1:
        return function(models[0], X)
    answers = None
    for k in np.unique(fold):
        rows = np.flatnonzero(fold == k)
        part = X if len(rows) == len(fold) else _safe_indexing(X, rows)
        answer = function(models[k], part)
        if answers is None:
            answers = np.empty((len(fold), *answer.shape[1:]))
        answers[rows] = answer
    return answers


def training_rows(fold, n_folds):
    """Return for each fold the positions of the rows outside it.

    Raises
    ------
    ValueError
        If a fold holds every row, so that nothing is left to train on.
    """
    if n_folds == 1:
        return [np.arange(len(fold))]
    complements = [np.flatnonzero(fold != k) for k in range(n_folds)]
    if min(map(len, complements)) == 0:
        raise ValueError(
            f"cross_fit={n_folds} needs rows of different content in at least two "
            f"folds, but all n_samples={len(fold)} fell into one; rows that are equal "
            "always share a fold: give more distinct rows or cross_fit=None"
        )
    return complements


def fit_fold(
    teacher,
    student,
    X,
    y,
    P,
    *,
    rows,
    classes,
    temperature,
    changes,
    batch_size,
    seed,
):
    """Fit the student of one fold, and its teacher unless P holds its answers.

    Parameters
    ----------
    teacher : estimator
        Fitted if P is given, else a template.
    student : estimator or None
    X, y : all training rows and labels
    P : array of shape (n, n_classes) or None
        The teacher's probabilities for all training rows.
    rows : array of int
        The rows to train on.
    classes : array of shape (n_classes,)
    temperature : float
    changes : list of callables
        Changes of X that the student learns to overlook.
    batch_size : int
    seed : int

    Returns
    -------
    teacher, student : fitted estimators
    """
    random_state = np.random.RandomState(seed)
    X = X if len(rows) == _num_samples(X) else _safe_indexing(X, rows)
    if P is None:
        teacher = seeded_clone(teacher, random_state)
        teacher.fit(X, _safe_indexing(y, rows))
        P = in_chunks(lambda part: teacher_proba(teacher, part, classes), X, batch_size)
    else:
        P = P[rows]
    student = resolve_student(student, teacher, X)
    if not isinstance(student, FrozenEstimator):
        student = seeded_clone(student, random_state)
        X, P = add_changed_rows(X, temper(P, temperature), changes, random_state)
        fit_student(student, X, P)
    return teacher, student
