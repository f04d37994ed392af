"""Tilts: ranks by which clean rows are drawn more or less often."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from skdrift._columns import (
    as_categories,
    as_numbers,
    columns_of,
    is_number,
)

_BY_LABEL = 0.15
_BY_VIEW = 0.35


def draw_ranks(X, kind, reading, truth, random_state):
    """Ranks from 0 to 1 by something that natural batches may differ in.

    A column of a table, sums of two of them; what the classifier, the student and the
    distance say; or the labels.

    Parameters
    ----------
    X : n rows
    kind : str
        What the rows are.
    reading : Reading
    truth : ndarray of int of shape (n_samples,)
    random_state : RandomState

    Returns
    -------
    ranks : ndarray of shape (n_samples,)
    """
    chance = random_state.random_sample()
    if chance < _BY_LABEL:
        order = random_state.permutation(truth.max() + 1)
        return _ranked(order[truth])
    if chance < _BY_LABEL + _BY_VIEW or kind != "table":
        views = [reading.own, reading.student, reading.distance]
        order = random_state.permutation(reading.P.shape[1])
        views.append(order[reading.decision])
        return _ranked(views[random_state.randint(len(views))])
    columns = columns_of(X)
    n_columns = random_state.randint(1, 3)
    total = np.zeros(len(truth))
    for _ in range(n_columns):
        column = columns[random_state.randint(len(columns))]
        ranks = _column_ranks(column, random_state)
        total += ranks * random_state.choice([-1, 1])
    return _ranked(total)


def _column_ranks(column, random_state):
    """Ranks of the values of a column; of categories in random order."""
    if is_number(column):
        numbers = as_numbers(column)[0]
        known = np.isfinite(numbers)
        ranks = np.full(len(numbers), random_state.random_sample())
        if known.any():
            ranks[known] = _ranked(numbers[known])
        return ranks
    codes, names = as_categories(pd.Series(column))
    return _ranked(random_state.permutation(len(names))[codes])


def _ranked(values):
    return rankdata(values) / len(values)
