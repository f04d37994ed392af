"""Training rows changed in ways that should not matter."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import _num_samples


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
    return X.shape if hasattr(X, "shape") else (_num_samples(X),)


def _stack(parts):
    first = parts[0]
    if hasattr(first, "iloc"):
        return pd.concat(parts, ignore_index=True)
    if sparse.issparse(first):
        return sparse.vstack(parts, format="csr")
    if isinstance(first, list):
        return [row for part in parts for row in part]
    return np.concatenate(parts)
