"""Groups of rows: their codes and folds, and which of them are kept."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skdrift._group_labels import check_group_labels


def group_codes(groups, n_rows):
    """Codes of the rows' groups, from 0 on; each row its own group for None.

    Raises
    ------
    ValueError
        If there are fewer than two groups or rows, or labels do not fit.
    """
    if n_rows < 2:
        raise ValueError(
            "SupportScorer compares rows with each other and needs at least 2; got "
            f"n_samples={n_rows}."
        )
    if groups is None:
        return np.arange(n_rows)
    codes, names = _label_codes(groups, n_rows)
    if len(names) < 2:
        raise ValueError(
            "groups must hold at least 2 groups, since rows are compared with those of "
            f"other groups; got 1, {names[0]!r}."
        )
    return codes


def draw_groups(groups, max_rows, random_state):
    """Positions of the rows of so many random groups as hold ``max_rows`` rows.

    Parameters
    ----------
    groups : ndarray of int, shape (n_samples,)
        Code of each row's group, from 0 on.
    max_rows : int
        How many rows to keep at most. Two groups stay in any case, with random rows of
        both where they hold more.
    random_state : int, RandomState instance or None

    Returns
    -------
    kept : ndarray of int
        In ascending order.
    """
    if len(groups) <= max_rows:
        return np.arange(len(groups))
    random_state = check_random_state(random_state)
    sizes = np.bincount(groups)
    order = random_state.permutation(sizes.size)
    n_groups = max(2, int((np.cumsum(sizes[order]) <= max_rows).sum()))
    kept = np.flatnonzero(np.isin(groups, order[:n_groups]))
    if len(kept) > max_rows:
        first = [np.flatnonzero(groups == group)[0] for group in order[:2]]
        rest = np.setdiff1d(kept, first)
        kept = np.concatenate(
            (first, random_state.permutation(rest)[: max_rows - len(first)])
        )
    return np.sort(kept)


def group_folds(groups, n_rows, n_folds, random_state):
    """Give every group one fold, so that folds have about as many rows.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
    n_rows, n_folds : int
    random_state : RandomState

    Returns
    -------
    fold : ndarray of int of shape (n_rows,)

    Raises
    ------
    ValueError
        If there is not one label a row, or fewer than two groups.
    """
    codes, names = _label_codes(groups, n_rows)
    if len(names) < 2:
        raise ValueError(
            "groups must hold at least 2 groups, since a student is trained on some "
            f"and scores the others; got 1, {names[0]!r}."
        )
    sizes = np.bincount(codes)
    taken = np.zeros(min(n_folds, len(names)), dtype=np.int64)
    fold_of = np.empty(len(names), dtype=np.intp)
    order = random_state.permutation(len(names))
    for group in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[group] = taken.argmin()
        taken[fold_of[group]] += sizes[group]
    return fold_of[codes]


def _label_codes(groups, n_rows):
    """Codes of labels and the labels; refuses what is not one label a row."""
    return pd.factorize(check_group_labels(groups, n_rows))
