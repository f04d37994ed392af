"""Counts of the values of a table, which add up over pieces of a batch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NumberCounts:
    """What is counted of a column of numbers.

    Parameters
    ----------
    size, n_missing, n_numbers : int
        Rows, missing values, and values that can be read.
    below, not_above : ndarray of int of shape (n_distinct,)
        Values below, and not above, each distinct value of the reference.
    smallest, largest : float
    moments, log_moments : ndarray of shape (3,)
        Number, sum and sum of squares of the finite values, and of the logarithms of
        the sizes of those that are not zero.
    distinct : tuple of float
        Distinct values in ascending order, of a column that is constant in the
        reference.
    """

    size: int
    n_missing: int
    n_numbers: int
    below: np.ndarray
    not_above: np.ndarray
    smallest: float
    largest: float
    moments: np.ndarray
    log_moments: np.ndarray
    distinct: tuple

    def __add__(self, other):
        return NumberCounts(
            self.size + other.size,
            self.n_missing + other.n_missing,
            self.n_numbers + other.n_numbers,
            self.below + other.below,
            self.not_above + other.not_above,
            min(self.smallest, other.smallest),
            max(self.largest, other.largest),
            self.moments + other.moments,
            self.log_moments + other.log_moments,
            tuple(sorted({*self.distinct, *other.distinct})),
        )


@dataclass(frozen=True)
class CategoryCounts:
    """What is counted of a column of categories.

    Parameters
    ----------
    size, n_missing : int
        Rows, and missing values.
    counts : dict of str to int
        How often each category occurs.
    """

    size: int
    n_missing: int
    counts: dict

    def __add__(self, other):
        counts = dict(self.counts)
        for name, count in other.counts.items():
            counts[name] = counts.get(name, 0) + count
        return CategoryCounts(
            self.size + other.size, self.n_missing + other.n_missing, counts
        )


class InputCounts:
    """Counts of the columns of a piece of a batch.

    Made by :meth:`InputDriftTest.count` and read by
    :meth:`InputDriftTest.predict_counts`. Counts of pieces of one batch add up with
    ``+`` or ``sum``, in any order.

    Parameters
    ----------
    columns : tuple of NumberCounts or CategoryCounts
        One for each column.
    reference_digest : str
        Identifies the reference that was counted against.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdrift import InputDriftTest
    >>> reference = pd.DataFrame({"age": range(20, 80), "city": list("abc") * 20})
    >>> test = InputDriftTest().fit(reference)
    >>> counts = test.count(reference[:10]) + test.count(reference[10:])
    >>> counts.size, bool(test.predict_counts(counts))
    (60, False)
    """

    def __init__(self, columns, reference_digest):
        self.columns = columns
        self.reference_digest = reference_digest

    @property
    def size(self):
        """Number of rows."""
        return self.columns[0].size

    def __add__(self, other):
        if not isinstance(other, InputCounts):
            return NotImplemented
        if self.reference_digest != other.reference_digest:
            raise ValueError(
                "These counts belong to different references and cannot be added; "
                "count all pieces of a batch with the same fitted test."
            )
        pairs = zip(self.columns, other.columns)
        return InputCounts(tuple(a + b for a, b in pairs), self.reference_digest)

    def __radd__(self, other):
        # sum() starts from 0.
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def __repr__(self):
        return f"InputCounts(size={self.size}, n_columns={len(self.columns)})"
