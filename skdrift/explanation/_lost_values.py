"""Values that say nothing of their row any more: missing, unknown, or stuck."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# A number is stuck if so many rows have it, and so many times as many as before.
_LEAST_STUCK, _TIMES = 0.1, 4.0
# Numbers with fewer different values are codes, and a batch may hold one of them only.
_LEAST_VALUES = 20


@dataclass(frozen=True)
class KnownValues:
    """How often each value of a column occurs in the reference.

    Parameters
    ----------
    missing : float
        Share of the rows without a value.
    shares : Series
        Share of the rows with each value.
    seen_once : float
        Share of the rows whose value no other row has.
    kind : {"number", "code", "category"}
        Numbers and dates take many values. Codes are numbers that take few.
    """

    missing: float
    shares: pd.Series
    seen_once: float
    kind: str

    @classmethod
    def of(cls, column):
        """Count the values of a column of the reference."""
        missing, shares = _shares(column)
        kind = "category"
        if _is_measured(column.dtype):
            kind = "number" if len(shares) >= _LEAST_VALUES else "code"
        seen_once = float(shares[shares * len(column) < 1.5].sum())
        return cls(missing, shares, seen_once, kind)

    def share_lost(self, column):
        """Share of the rows of a batch that lost their value, beyond the reference's.

        Parameters
        ----------
        column : Series or ndarray of shape (n_samples,)

        Returns
        -------
        share : float
        """
        missing, shares = _shares(column)
        lost = max(missing - self.missing, 0.0)
        if self.kind == "category":
            unknown = shares[~shares.index.isin(self.shares.index)].sum()
            # Good and Turing: fresh rows have values never seen as often as the
            # reference has values seen once.
            lost += max(float(unknown) - self.seen_once, 0.0)
        elif self.kind == "number" and len(shares):
            before = float(self.shares.get(shares.index[0], 0.0))
            now = float(shares.iloc[0])
            if now >= max(_LEAST_STUCK, _TIMES * before):
                lost += now - before
        return min(lost, 1.0)


def _is_measured(dtype):
    """Whether values are numbers or dates, which may well be new in every row."""
    types = pd.api.types
    number = types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype)
    return number or types.is_datetime64_any_dtype(dtype) or dtype.kind == "m"


def _shares(column):
    """Share of missing values, and of all others, the most frequent one first."""
    values = pd.Series(np.asarray(column))
    return float(values.isna().mean()), values.value_counts() / len(values)
