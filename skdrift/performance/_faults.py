"""Simulated changes of rows, on which an estimator learns what harm looks like."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdrift._sklearn import num_samples
from skdrift.datasets import (
    IMAGE_CORRUPTIONS,
    SERIES_CORRUPTIONS,
    TABLE_CORRUPTIONS,
    TEXT_CORRUPTIONS,
    corrupt_images,
    corrupt_series,
    corrupt_table,
    corrupt_text,
)

# Faults of one column in a number of columns are as frequent as faults of a few and of
# all.
_FEW_COLUMNS = 6


@dataclass(frozen=True)
class TableFault:
    """A kind of fault of a table, in one, a few or all of its columns.

    Parameters
    ----------
    kind : str
        One of ``TABLE_CORRUPTIONS``.
    """

    kind: str

    def __call__(self, X, random_state):
        """Return a corrupted copy, of random severity, in random columns.

        Raises
        ------
        ValueError
            If no column can have this fault.
        """
        n_columns = X.shape[1]
        names = list(X.columns) if hasattr(X, "columns") else list(range(n_columns))
        severity = int(random_state.randint(1, 6))
        scope = random_state.randint(3)
        few = random_state.randint(2, min(_FEW_COLUMNS, max(n_columns, 2)) + 1)
        size = (1, few, n_columns)[scope]
        order = [names[place] for place in random_state.permutation(n_columns)]
        seed = int(random_state.randint(2**31 - 1))
        if scope == 2:
            return corrupt_table(X, self.kind, severity, random_state=seed)
        least = 2 if self.kind == "swap" else 1
        able = [name for name in order if self._suits(X, name)]
        columns = able[: max(size, least)]
        return corrupt_table(X, self.kind, severity, random_state=seed, columns=columns)

    def _suits(self, X, name):
        """Whether a column can have the fault; swapping asks for two alike."""
        kinds = {"scale", "noise", "clip", "offset", "mirror", "round"}
        categories = {"shift_category", "unseen_category", "recode"}
        column = X[name] if hasattr(X, "columns") else X[:, name]
        number = pd.api.types.is_numeric_dtype(
            column.dtype
        ) and not pd.api.types.is_bool_dtype(column.dtype)
        if self.kind in kinds or self.kind == "swap":
            return number
        return not number if self.kind in categories else True


@dataclass(frozen=True)
class RowFault:
    """A kind of corruption of whole rows: images, texts or series.

    Parameters
    ----------
    corrupt : callable
        Takes ``(X, kind, severity, random_state)``.
    kind : str
    """

    corrupt: object
    kind: str

    def __call__(self, X, random_state):
        """Return a corrupted copy, of random severity."""
        severity = int(random_state.randint(1, 6))
        seed = int(random_state.randint(2**31 - 1))
        return self.corrupt(X, self.kind, severity, seed)


def check_faults(faults, X, kind, proba):
    """Turn the parameter ``faults`` into a list of names and callables.

    Parameters
    ----------
    faults : "auto", list of callable or list of (str, callable)
    X : rows of `fit`
    kind : {"table", "text", "sparse", "array", "given"}
        What the rows are.
    proba : callable
        Gives class probabilities: of the default faults only those stay that the
        classifier can read.

    Returns
    -------
    faults : list of (str, callable)

    Raises
    ------
    ValueError
        If there is nothing to simulate, or two faults have one name.
    TypeError
        If one of them cannot be called.
    """
    if isinstance(faults, str) and faults == "auto":
        return [
            (name, fault)
            for name, fault in default_faults(X, kind)
            if _is_possible(fault, X, proba)
        ]
    if isinstance(faults, str) or not np.iterable(faults):
        raise ValueError(
            "faults must be 'auto' or a list of callables or of (name, callable); got "
            f"{faults!r}."
        )
    named = []
    for place, given in enumerate(faults):
        name, fault = given if isinstance(given, tuple) else (None, given)
        if not callable(fault):
            raise TypeError(
                "faults must hold callables that take (X, random_state) and return "
                f"changed rows; got {fault!r} at position {place}."
            )
        if name is None:
            name = getattr(fault, "__name__", type(fault).__name__)
        named.append((str(name), fault))
    names = [name for name, _ in named]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise ValueError(
            f"faults need names of their own, but {double} occur more than once; give "
            "them as (name, callable)."
        )
    return named


def default_faults(X, kind):
    """Faults that suit rows of a kind; none for sparse rows.

    Returns
    -------
    faults : list of (str, callable)
    """
    if kind == "table":
        return [(name, TableFault(name)) for name in TABLE_CORRUPTIONS]
    if kind == "text":
        return [(name, RowFault(corrupt_text, name)) for name in TEXT_CORRUPTIONS]
    if kind in ("array", "given") and isinstance(X, np.ndarray):
        if X.ndim == 4 or (X.ndim == 3 and X.shape[1] == X.shape[2]):
            names, corrupt = IMAGE_CORRUPTIONS, corrupt_images
        elif X.ndim == 3:
            names, corrupt = SERIES_CORRUPTIONS, corrupt_series
        else:
            return []
        return [(name, RowFault(corrupt, name)) for name in names]
    return []


def _is_possible(fault, X, proba):
    """Whether a fault can be made and the classifier reads what it makes."""
    rows = X[:20] if not hasattr(X, "iloc") else X.iloc[:20]
    random_state = np.random.RandomState(0)
    try:
        for _ in range(3):
            proba(fault(rows, random_state))
    except (TypeError, ValueError):
        return False
    return True


def apply_fault(name, fault, X, random_state):
    """Apply a fault and check what it returns.

    Raises
    ------
    ValueError
        If the number of rows is another one.
    """
    changed = fault(X, random_state)
    if num_samples(changed) != num_samples(X):
        raise ValueError(
            f"The fault {name!r} must return as many rows as it is given, "
            f"{num_samples(X)}; it returned {num_samples(changed)}."
        )
    return changed
