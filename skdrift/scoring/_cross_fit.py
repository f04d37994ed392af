"""Parts of cross-fitting: chunks, models by fold, the fit of a fold, changed rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from skdrift._sklearn import num_samples, safe_indexing
from skdrift.models._resolve import (
    fit_student,
    resolve_student,
    seeded_clone,
    teacher_proba,
)
from skdrift.scoring._scores import temper


def in_chunks(function, X, batch_size, *along, n_jobs=1):
    """Apply ``function`` to ``batch_size`` rows of X at a time and stack what it gives.

    Arrays ``along`` are cut as X is, and given to ``function`` after it. An empty X
    reaches ``function`` once, so that its own complaint is heard. Chunks are worked on
    in `n_jobs` threads.
    """
    n = num_samples(X)
    if n <= batch_size:
        return function(X, *along)

    def apply(part):
        return function(safe_indexing(X, part), *(array[part] for array in along))

    parts = list(gen_batches(n, batch_size))
    if n_jobs == 1:
        return np.concatenate([apply(part) for part in parts])
    answers = Parallel(n_jobs=n_jobs, require="sharedmem")(
        delayed(apply)(part) for part in parts
    )
    return np.concatenate(answers)


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
        part = X if len(rows) == len(fold) else safe_indexing(X, rows)
        answer = function(models[k], part)
        if answers is None:
            answers = np.empty((len(fold), *answer.shape[1:]))
        answers[rows] = answer
    return answers


def ask_teachers(teachers, X, fold, classes, batch_size):
    """Ask for each row the teacher of its fold, `batch_size` rows at once.

    Parameters
    ----------
    teachers : list of fitted classifiers
        One for each fold, or a single one.
    X : n rows
    fold : ndarray of int of shape (n,)
    classes : ndarray of shape (n_classes,)
    batch_size : int

    Returns
    -------
    P : ndarray of shape (n, n_classes)
    """

    def ask(part, part_fold):
        return by_fold(
            lambda teacher, rows: teacher_proba(teacher, rows, classes),
            teachers,
            part,
            part_fold,
        )

    return in_chunks(ask, X, batch_size, fold)


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


@dataclass(frozen=True)
class FoldRecipe:
    """How the student of a fold is trained, and its teacher where it has its own.

    Parameters
    ----------
    teacher : estimator
        Fitted if the teacher came trained, else a template.
    trained : bool
        Whether the teacher is fitted.
    student : estimator or None
    classes : ndarray of shape (n_classes,) or None
        The columns of probabilities.
    temperature : float
    changes : list of callable
        Changes of X that the student learns to overlook.
    batch_size : int
    """

    teacher: object
    trained: bool
    student: object
    classes: np.ndarray
    temperature: float
    changes: list
    batch_size: int

    def fit(self, X, y, P, rows, seed):
        """Fit on some of the rows.

        Parameters
        ----------
        X, y : all training rows and labels
        P : ndarray of shape (n_samples, n_classes) or None
            Probabilities of a trained teacher.
        rows : ndarray of int
            The rows to train on.
        seed : int

        Returns
        -------
        teacher, student : fitted estimators
        """
        random_state = np.random.RandomState(seed)
        if len(rows) < num_samples(X):
            X = safe_indexing(X, rows)
        teacher = self.teacher
        if P is not None:
            P = P[rows]
        else:
            if not self.trained:
                teacher = seeded_clone(teacher, random_state)
                teacher.fit(X, safe_indexing(y, rows))
            P = in_chunks(
                lambda part: teacher_proba(teacher, part, self.classes),
                X,
                self.batch_size,
            )
        student = resolve_student(self.student, teacher, X)
        if not isinstance(student, FrozenEstimator):
            student = seeded_clone(student, random_state)
            P = temper(P, self.temperature)
            X, P = add_changed_rows(X, P, self.changes, random_state)
            # A sum has other last bits on another number of threads, and processes of
            # joblib have fewer than the process that starts them.
            with threadpool_limits(limits=1, user_api="blas"):
                fit_student(student, X, P)
        return teacher, student


def check_changes(benign, student=None):
    """Turn what the user gave as ``benign`` into a list of callables.

    Raises
    ------
    TypeError
        If one of them cannot be called.
    ValueError
        If the student is a trained one, which learns no changed rows.
    """
    if benign is None:
        return []
    changes = list(benign) if isinstance(benign, (list, tuple)) else [benign]
    for change in changes:
        if not callable(change):
            raise TypeError(
                "benign must be a callable that takes (X, random_state) and returns "
                f"changed rows, or a list of such; got {change!r}"
            )
    if changes and isinstance(student, FrozenEstimator):
        raise ValueError(
            "benign changes the rows that a student learns from, but the student given "
            "is frozen and learns no more; leave one of the two out"
        )
    return changes


def add_changed_rows(X, P, changes, random_state):
    """Put changed copies below the rows, with the soft labels of the unchanged rows.

    Parameters
    ----------
    X : n rows
    P : array of shape (n, n_classes)
    changes : list of callables ``(X, random_state) -> n rows``
    random_state : RandomState

    Returns
    -------
    X : (1 + len(changes)) * n rows, of the kind of X
    P : array of shape ((1 + len(changes)) * n, n_classes)

    Raises
    ------
    ValueError
        If a change returns rows of another number, shape or type.
    """
    if not changes:
        return X, P
    parts = [X]
    for change in changes:
        changed = change(X, random_state)
        if not _same_kind(changed, X) or _shape(changed) != _shape(X):
            raise ValueError(
                "benign must return rows like the ones it is given, "
                f"{type(X).__name__} of shape {_shape(X)}, but {change!r} returned "
                f"{type(changed).__name__} of shape {_shape(changed)}"
            )
        parts.append(changed)
    return _stack(parts), np.tile(P, (len(parts), 1))


def _same_kind(X, Y):
    return (
        type(X) is type(Y)
        or (isinstance(X, np.ndarray) and isinstance(Y, np.ndarray))
        or (sparse.issparse(X) and sparse.issparse(Y))
    )


def _shape(X):
    return X.shape if hasattr(X, "shape") else (num_samples(X),)


def _stack(parts):
    first = parts[0]
    if hasattr(first, "iloc"):
        return pd.concat(parts, ignore_index=True)
    if sparse.issparse(first):
        return sparse.vstack(parts, format="csr")
    if isinstance(first, list):
        return [row for part in parts for row in part]
    return np.concatenate(parts)
