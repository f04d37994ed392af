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
    is_number : bool
        Whether values are numbers, of which there are many.
    """

    missing: float
    shares: pd.Series
    is_number: bool

    @classmethod
    def of(cls, column):
        """Count the values of a column of the reference."""
        missing, shares = _shares(column)
        is_number = _is_number(column) and len(shares) >= _LEAST_VALUES
        return cls(missing, shares, is_number)

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
        if not self.is_number:
            lost += (
                0.0
                if _is_number(column)
                else float(shares[~shares.index.isin(self.shares.index)].sum())
            )
        elif len(shares):
            before = float(self.shares.get(shares.index[0], 0.0))
            now = float(shares.iloc[0])
            if now >= max(_LEAST_STUCK, _TIMES * before):
                lost += now - before
        return min(lost, 1.0)


def _is_number(column):
    dtype = column.dtype
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(
        dtype
    )


def _shares(column):
    """Share of missing values, and of all others, the most frequent one first."""
    values = pd.Series(np.asarray(column))
    return float(values.isna().mean()), values.value_counts() / len(values)
