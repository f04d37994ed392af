"""Splitting rows into batches by their labels."""

from typing import NamedTuple

import numpy as np

from skdrift._group_labels import check_group_labels


class Batches(NamedTuple):
    """Where each batch's rows are.

    Parameters
    ----------
    labels : ndarray of shape (n_batches,)
        Distinct labels in ascending order.
    order : ndarray of int of shape (n_rows,), or None
        Brings the rows of a batch together; None if they already are.
    sizes : ndarray of int of shape (n_batches,)
        Rows of each batch.
    """

    labels: np.ndarray
    order: np.ndarray | None
    sizes: np.ndarray


def split_rows(groups, n_rows):
    """Find the batches that ``groups`` describes.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
        Sortable labels.
    n_rows : int
        Number of rows there are.

    Returns
    -------
    batches : Batches

    Raises
    ------
    ValueError
        If the labels have a wrong shape or are missing.
    TypeError
        If the labels cannot be sorted.

    Examples
    --------
    >>> labels, order, sizes = split_rows([5, 3, 5], 3)
    >>> labels, order, sizes
    (array([3, 5]), array([1, 0, 2]), array([1, 2]))
    """
    labels = check_group_labels(groups, n_rows)
    try:
        ascending = bool((labels[:-1] <= labels[1:]).all())
        order = None
        if not ascending:
            order = np.argsort(labels, kind="stable")
            labels = labels[order]
        starts = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    except TypeError as error:
        raise TypeError(
            "groups must hold labels that can be sorted, all numbers or all strings; "
            f"got {sorted({type(label).__name__ for label in labels})}."
        ) from error
    starts = np.concatenate(([0], starts))
    return Batches(labels[starts], order, np.diff(starts, append=n_rows))


def equal_size_stacks(rows, sizes):
    """Stacks of the batches of each size.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        The rows of the first batch, then those of the second, and so on.
    sizes : ndarray of int of shape (n_batches,)
        Rows of each batch.

    Yields
    ------
    which : ndarray of int of shape (n_some,)
        Indices of the batches of one size.
    stack : ndarray of shape (n_columns, n_some, size)
    """
    n_columns = rows.shape[1]
    distinct = np.unique(sizes)
    if distinct.size == 1:
        yield np.arange(sizes.size), rows.T.reshape(n_columns, sizes.size, -1)
        return
    starts = np.cumsum(sizes) - sizes
    for size in distinct:
        which = np.flatnonzero(sizes == size)
        taken = rows[starts[which][:, None] + np.arange(size)]
        yield which, taken.transpose(2, 0, 1)
