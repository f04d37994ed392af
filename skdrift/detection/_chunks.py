"""Batches judged against chunks of the reference, where rows are not exchangeable.

Rows of one hour, day or user are alike, and a batch holds few hours, days or users: its
statistic scatters more than that of as many rows drawn at random. What scatters alike
are chunks of the reference of the batch's size, each compared with a rest that holds no
row of its groups.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import t

from skdrift._group_labels import check_group_labels

# Fewer chunks tell nothing of how a statistic scatters; more are not looked at.
LEAST_CHUNKS = 5
MOST_CHUNKS = 200


@dataclass(frozen=True)
class OrderedReference:
    """Reference rows in their order, and the groups that they belong to.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
    codes : ndarray of int of shape (n_samples,)
        Group of each row, from 0 on in the order of appearance.
    """

    rows: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, rows, groups, least=LEAST_CHUNKS):
        """Check groups and put rows of one group together.

        Raises
        ------
        ValueError
            If there is not one label a row, rows have missing values, or groups are
            fewer than `least`.
        """
        codes, names = pd.factorize(check_group_labels(groups, len(rows)))
        if np.isnan(rows).any():
            raise ValueError(
                "X has missing values; with groups every row needs a score, since "
                "batches are compared with chunks of the reference as they are."
            )
        if len(names) < least:
            raise ValueError(
                f"groups must hold at least {least} groups, so that there are "
                f"chunks of the reference to compare with; got {len(names)}."
            )
        order = np.argsort(codes, kind="stable")
        return cls(rows[order], codes[order])

    def add(self, rows, groups=None):
        """Put further rows after the others.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_features)
        groups : array-like of shape (n_samples,), default=None
            Their groups, all of them new. None: the rows are one group.

        Returns
        -------
        ordered : OrderedReference
        """
        labels = np.zeros(len(rows), dtype=int) if groups is None else groups
        new = self.of(rows, labels, least=1)
        return OrderedReference(
            np.concatenate([self.rows, new.rows]),
            np.concatenate([self.codes, self.codes[-1] + 1 + new.codes]),
        )

    def chunks(self, size):
        """Cut the reference into chunks of whole groups, of so many rows or more.

        Parameters
        ----------
        size : int

        Returns
        -------
        chunks : list of slice

        Raises
        ------
        ValueError
            If there are fewer than five.
        """
        ends = np.flatnonzero(np.append(np.diff(self.codes) != 0, True)) + 1
        chunks, start = [], 0
        for end in ends.tolist():
            if end - start >= size:
                chunks.append(slice(start, end))
                start = end
        if len(chunks) < LEAST_CHUNKS:
            raise ValueError(
                f"The reference of {len(self.rows)} rows holds {len(chunks)} chunks of "
                f"whole groups with {size} rows or more; batches of this size need "
                f"{LEAST_CHUNKS}. Give a longer reference, or smaller batches."
            )
        kept = np.linspace(0, len(chunks) - 1, min(len(chunks), MOST_CHUNKS))
        return [chunks[place] for place in np.unique(kept.round().astype(int))]


def chunk_statistics(test_batches, ordered, size):
    """Statistics of chunks of the reference, each against the rest of it.

    Parameters
    ----------
    test_batches : callable
        `BaseDriftTest.test_batches` of a test.
    ordered : OrderedReference
    size : int
        Rows of the batch that is to be judged.

    Returns
    -------
    statistics : ndarray of shape (n_chunks, n_features)
    """
    order = np.argsort(ordered.rows, axis=0, kind="stable").T
    known = np.take_along_axis(ordered.rows.T, order, axis=1)
    statistics = []
    for chunk in ordered.chunks(size):
        others = (order < chunk.start) | (order >= chunk.stop)
        rest = np.stack([column[kept] for column, kept in zip(known, others)])
        # A chunk may end within a group: so does a batch, and a statistic of more rows
        # would scatter less.
        own = ordered.rows[chunk.start : chunk.start + size]
        own = np.ascontiguousarray(own.T)
        statistics.append(test_batches(rest, own[:, None])[0][:, 0])
    return np.array(statistics)


def chunk_p_values(statistic, chunks, alpha):
    """P-values of a batch's statistics among those of chunks.

    Parameters
    ----------
    statistic : ndarray of shape (n_features,)
    chunks : ndarray of shape (n_chunks, n_features)
    alpha : float
        The smallest p-value that is asked for.

    Returns
    -------
    p_value : ndarray of shape (n_features,)
    how : {"conformal", "t_bound"}
        The rank among the chunks, if they are enough for `alpha`; else a prediction
        bound by Student's t distribution, as for one more number of a normal sample.
    """
    n = len(chunks)
    if (n + 1) * alpha >= 1:
        return (1 + (chunks >= statistic).sum(axis=0)) / (n + 1), "conformal"
    spread = chunks.std(axis=0, ddof=1) * np.sqrt(1 + 1 / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (statistic - chunks.mean(axis=0)) / spread
    # Chunks that are all alike: anything larger is beyond them.
    far = np.where(spread > 0, far, np.where(statistic > chunks.max(axis=0), np.inf, 0))
    return t.sf(far, n - 1), "t_bound"


def among_chunks(tests, sizes, test_batches, ordered, alpha):
    """Put p-values among chunks of the reference in place of those of tests.

    Parameters
    ----------
    tests : FeatureTests
    sizes : ndarray of int of shape (n_batches,)
        Rows of each batch.
    test_batches : callable
        `BaseDriftTest.test_batches` of a test.
    ordered : OrderedReference
    alpha : float
        Level that the features of a batch share.

    Returns
    -------
    tests : FeatureTests
    """
    p_value, how = tests.p_value.copy(), tests.how.copy()
    for size in np.unique(sizes).tolist():
        chunks = chunk_statistics(test_batches, ordered, size)
        level = alpha / p_value.shape[1]
        for place in np.flatnonzero(sizes == size):
            p_value[place], how[place] = chunk_p_values(
                tests.statistic[place], chunks, level
            )
    return replace(tests, p_value=p_value, how=how)
