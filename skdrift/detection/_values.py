"""Rows that a test was given, as numbers that can be ranked."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array

_TIMES = ("date", "time", "duration", "period")


@dataclass(frozen=True)
class Values:
    """Checked rows.

    Parameters
    ----------
    numbers : ndarray of shape (n_samples, n_features)
        NaN where a value is missing.
    precision : ndarray of int of shape (n_features,)
        Bytes of the floating point type that each feature came in: 2, 4, or 8, which is
        also that of whole numbers.
    """

    numbers: np.ndarray
    precision: np.ndarray


def read_values(X, estimator):
    """Turn rows into numbers, or say which column cannot be.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Array or DataFrame.
    estimator : estimator
        Who asks, for scikit-learn's messages.

    Returns
    -------
    values : Values

    Raises
    ------
    ValueError
        If X is no table of numbers.
    TypeError
        If X holds dates or objects that are no numbers.
    """
    _refuse_times(X)
    try:
        numbers = check_array(
            X,
            dtype=[np.float64, np.float32],
            ensure_all_finite=False,
            estimator=estimator,
            input_name="X",
        )
    except (TypeError, ValueError) as error:
        _blame_column(X, error)
        raise
    return Values(numbers, _precision(X, numbers))


def refuse_what_is_not_finite(X, numbers):
    """Raise a ValueError with the place of the first NaN or infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(numbers.sum()):
            return
    bad = ~np.isfinite(numbers)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"X contains {bad.sum()} value(s) that are NaN or infinity, the first in "
            f"row {row}, column {name_of(X, column)!r}; finite values were expected. "
            "nan_policy='omit' leaves NaN out and ranks infinity."
        )


def column_names(X):
    """Names of the columns of a DataFrame, of whatever type; None for an array."""
    if not hasattr(X, "columns"):
        return None
    names = list(X.columns)
    array = np.empty(len(names), dtype=object)
    array[:] = names
    return array


def name_of(X, column):
    """Name of one column, or its number."""
    return list(X.columns)[column] if hasattr(X, "columns") else int(column)


def round_columns(numbers, precision, axis):
    """Round each feature to a floating point type.

    Parameters
    ----------
    numbers : ndarray
        Of any shape.
    precision : ndarray of int of shape (n_features,)
        Bytes of the type of each feature.
    axis : int
        Where the features are.

    Returns
    -------
    rounded : ndarray
        float32 if that holds all features, else float64.

    Examples
    --------
    >>> round_columns(np.array([[0.1, 0.1]]), np.array([8, 4]), axis=1).tolist()
    [[0.1, 0.10000000149011612]]
    """
    dtype = np.float64 if (precision > 4).any() else np.float32
    with np.errstate(over="ignore"):
        rounded = np.moveaxis(numbers.astype(dtype), axis, 0)
        for column, size in zip(rounded, precision):
            if size < column.itemsize:
                column[:] = column.astype(f"f{size}")
    return np.moveaxis(rounded, 0, axis)


def _refuse_times(X):
    is_frame = hasattr(X, "columns")
    dtypes = X.dtypes if is_frame else [getattr(X, "dtype", None)]
    for column, dtype in enumerate(dtypes):
        if str(dtype).lower().startswith(_TIMES):
            where = f" in column {name_of(X, column)!r}" if is_frame else ""
            raise TypeError(
                f"X holds dates or times{where}, of type {dtype}; numbers were "
                "expected."
            )


def _blame_column(X, error):
    """Raise the error again with the column that it is about, if there is one."""
    if not hasattr(X, "columns"):
        return
    for column in range(len(X.columns)):
        part = X.iloc[:, column] if hasattr(X, "iloc") else X[:, column]
        try:
            check_array(
                np.asarray(part)[:, None], dtype=np.float64, ensure_all_finite=False
            )
        except (TypeError, ValueError) as of_column:
            raise type(error)(
                f"X holds what is no number in column {name_of(X, column)!r}: "
                f"{of_column}"
            ) from error


def _precision(X, numbers):
    if isinstance(X, np.ndarray):
        size = X.itemsize if X.dtype.kind == "f" else 8
        return np.full(numbers.shape[1], min(size, numbers.itemsize))
    if not hasattr(X, "columns"):
        return np.full(numbers.shape[1], numbers.itemsize)
    # Extension types of pandas know the type of their numbers.
    names = [str(getattr(dtype, "numpy_dtype", dtype)).lower() for dtype in X.dtypes]
    sizes = [2 if "float16" in n else 4 if "float32" in n else 8 for n in names]
    return np.array(sizes)
