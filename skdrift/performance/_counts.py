"""PerformanceCounts: what is known of a piece of a batch; pieces add up."""

import numpy as np


class PerformanceCounts:
    """Sums over the rows of a piece of a batch.

    Made by :meth:`PerformanceEstimator.count` and read by
    :meth:`PerformanceEstimator.predict_counts`. Counts of pieces of one batch add up
    with ``+`` or ``sum``, in any order.

    Parameters
    ----------
    size : int
        Number of rows.
    sums : ndarray of shape (n_sums,)
        Sums of what is seen of each row.
    confusion : ndarray of shape (n_classes, n_classes)
        Expected confusion matrix.
    strange : ndarray of int of shape (n_columns,)
        How many values of each column no reference row has the like of.
    digest : str
        Identifies the fitted estimator.
    tables : ndarray of shape (2, n_classes, n_cells), default=None
        Expected table of a metric of probabilities, and that of labels without a link
        to the rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdrift import PerformanceEstimator
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = FrozenEstimator(LogisticRegression(max_iter=500).fit(X[::2], y[::2]))
    >>> estimator = PerformanceEstimator(clf, random_state=0).fit(X[1::2], y[1::2])
    >>> counts = estimator.count(X[:50]) + estimator.count(X[50:])
    >>> counts.size
    150
    >>> estimator.predict_counts(counts).verdict == estimator.predict(X).verdict
    True
    """

    def __init__(self, size, sums, confusion, strange, digest, tables=None):
        self.size = size
        self.sums = sums
        self.confusion = confusion
        self.strange = strange
        self.digest = digest
        self.tables = tables

    def __add__(self, other):
        if not isinstance(other, PerformanceCounts):
            return NotImplemented
        if self.digest != other.digest:
            raise ValueError(
                "These counts were made by different estimators and cannot be added; "
                "count all pieces of a batch with the same fitted one."
            )
        return PerformanceCounts(
            self.size + other.size,
            self.sums + other.sums,
            self.confusion + other.confusion,
            self.strange + other.strange,
            self.digest,
            None if self.tables is None else self.tables + other.tables,
        )

    def __radd__(self, other):
        # sum() starts from 0.
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def __eq__(self, other):
        if not isinstance(other, PerformanceCounts):
            return NotImplemented
        return (
            (self.size, self.digest) == (other.size, other.digest)
            and np.array_equal(self.sums, other.sums)
            and np.array_equal(self.confusion, other.confusion)
            and np.array_equal(self.strange, other.strange)
            and np.array_equal(self.tables, other.tables)
        )

    __hash__ = None

    def __repr__(self):
        return f"PerformanceCounts(size={self.size})"
