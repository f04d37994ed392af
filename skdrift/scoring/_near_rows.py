"""A warning where rows come in groups of near-equal ones that nobody told of."""

import warnings

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.neighbors import NearestNeighbors

_MOST_ROWS = 20_000
_LEAST_ROWS = 100
# Groups of up to this many rows are looked for, by neighbours up to that far.
_MOST_IN_A_GROUP = 16
_FARTHEST = 40
# How many times longer than chance the step to the next neighbour has to be.
_FAR = 6.0


def warn_of_near_rows(X):
    """Warn if rows have neighbours far nearer than chance.

    Where rows scatter evenly, distances to neighbours k and k + 1 differ by a factor
    whose logarithm is 1 / (k D) on average, D being the dimension in which rows
    scatter. Beyond the last row of a group the step is many times as long.
    """
    size = group_size(X)
    if size > 1:
        warnings.warn(
            f"Rows of X come in groups of about {size} near-equal ones, such as rows "
            "of one user. Students see the siblings of the rows they score, and fresh "
            "rows of others will raise false alarms; give fit(X, groups=...) the label "
            "of each row's group.",
            UserWarning,
            stacklevel=2,
        )


def group_size(X):
    """Size of the groups of near-equal rows, 1 where there are none.

    Parameters
    ----------
    X : rows
        Looked at if they are a table of numbers.

    Returns
    -------
    size : int
    """
    rows = _numbers(X)
    if rows is None or len(rows) < _LEAST_ROWS:
        return 1
    spread = rows.std(axis=0)
    rows = np.unique(rows[:, spread > 0] / spread[spread > 0], axis=0)
    if len(rows) < _LEAST_ROWS or rows.shape[1] < 2:
        return 1
    index = NearestNeighbors(n_neighbors=_FARTHEST + 1).fit(rows)
    distance = index.kneighbors(rows[:: max(1, len(rows) // 500)])[0][:, 1:]
    distance = np.maximum(distance, 1e-12)
    steps = np.log(distance[:, 1:] / distance[:, :-1])
    # One over the dimension, by neighbours beyond any group looked for.
    beyond = np.log(distance[:, -1] / distance[:, _MOST_IN_A_GROUP])
    scale = np.median(beyond) / np.log(_FARTHEST / (_MOST_IN_A_GROUP + 1))
    if not np.isfinite(scale) or scale <= 0:
        return 1
    near = np.arange(_MOST_IN_A_GROUP - 1)
    length = np.median(steps, axis=0)[near] * (near + 1)
    place = int(np.argmax(length))
    return place + 2 if length[place] > _FAR * scale else 1


def _numbers(X):
    """Rows as an array of finite numbers, None if they are no such table."""
    if isinstance(X, pd.DataFrame):
        if not all(map(types.is_float_dtype, X.dtypes)):
            return None
        X = X.to_numpy(dtype=np.float64, na_value=np.nan)
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind != "f":
        return None
    rows = np.asarray(X[:_MOST_ROWS], dtype=np.float64)
    return rows if np.isfinite(rows).all() else None
