"""Values of a table that no reference row has the like of, column by column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdrift._columns import (
    as_categories,
    as_numbers,
    columns_of,
    is_number,
)

# A number is strange if it lies beyond the range of the reference by more than this
# share of the range.
_BEYOND = 0.05


@dataclass(frozen=True)
class KnownColumn:
    """What the reference holds of a column.

    Parameters
    ----------
    low, high : float
        Range of numbers; NaN where the column holds none.
    names : frozenset of str or None
        Categories; None for numbers.
    constant : bool
        Whether there is one value only.
    open : bool
        Whether new categories are nothing strange, as in a column of ids.
    """

    low: float
    high: float
    names: frozenset | None
    constant: bool
    open: bool

    @classmethod
    def fit(cls, column):
        """Learn from a reference column."""
        if is_number(column):
            numbers = as_numbers(column)[0]
            numbers = numbers[np.isfinite(numbers)]
            if numbers.size == 0:
                return cls(np.nan, np.nan, None, True, False)
            low, high = float(numbers.min()), float(numbers.max())
            return cls(low, high, None, low == high, False)
        codes, names = as_categories(column)
        known = frozenset(name for name in names if name)
        counts = np.bincount(codes, minlength=len(names))
        return cls(np.nan, np.nan, known, len(known) <= 1, (counts == 1).mean() > 0.2)

    def strange(self, column):
        """Tell which values are unlike all of the reference; missing ones are not."""
        missing = np.asarray(pd.isna(column))
        if self.names is not None:
            if self.open:
                return np.zeros(len(missing), dtype=bool)
            codes, names = as_categories(pd.Series(column))
            new = np.array([bool(name) and name not in self.names for name in names])
            return new[codes]
        numbers = as_numbers(column)[0]
        if np.isnan(self.low):
            return ~missing
        room = _BEYOND * (self.high - self.low)
        # A few units of float32's last place are no other value.
        room = max(room, 1e-6 * max(abs(self.low), abs(self.high)))
        with np.errstate(invalid="ignore"):
            inside = (numbers >= self.low - room) & (numbers <= self.high + room)
        return ~inside & ~missing


class StrangeValues:
    """Tells strange and missing values of tables.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        The reference.
    """

    def __init__(self, X):
        self.columns = [KnownColumn.fit(column) for column in columns_of(X)]
        if hasattr(X, "columns"):
            self.names = [str(name) for name in X.columns]
        else:
            self.names = [f"x{place}" for place in range(len(self.columns))]

    def strange(self, X):
        """Tell which values are strange.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        strange : ndarray of bool of shape (n_samples, n_features)
        """
        pairs = zip(self.columns, columns_of(X), strict=True)
        return np.column_stack([known.strange(column) for known, column in pairs])

    def missing(self, X):
        """Share of the values that each row misses, shape (n_samples,)."""
        missing = [np.asarray(pd.isna(column)) for column in columns_of(X)]
        return np.mean(missing, axis=0)
