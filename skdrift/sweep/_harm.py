"""Which shifted rows hurt a classifier, and which leave it right."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import column_or_1d


class HarmLabels(NamedTuple):
    """Which shifted rows are harmful, and which are harmless.

    Returned by :func:`label_harm`. No row is both; rows that the classifier gets wrong
    when they are clean are neither.

    Parameters
    ----------
    harmful : ndarray of bool of shape (n_shifted,)
        The classifier is right on the clean row and wrong on its shifted twin.
    harmless : ndarray of bool of shape (n_shifted,)
        The classifier is right on both.

    Examples
    --------
    >>> from skdrift import label_harm
    >>> harmful, harmless = label_harm(["a", "b"], ["a", "b"], ["a", "a"])
    >>> harmful.tolist(), harmless.tolist()
    ([False, True], [True, False])
    """

    harmful: np.ndarray
    harmless: np.ndarray


def label_harm(y_true, y_pred, y_pred_shifted):
    """Label every shifted row as harmful, harmless or neither.

    A row that the classifier already gets wrong when it is clean tells nothing about
    the shift, so it is neither.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        True classes of the clean rows.
    y_pred : array-like of shape (n,)
        Classes predicted for the clean rows.
    y_pred_shifted : array-like of shape (r * n,)
        Classes predicted for the shifted rows: r blocks of n rows, each block
        one corruption of the clean rows in their order.

    Returns
    -------
    HarmLabels
        Named tuple ``(harmful, harmless)`` of ndarrays of bool of shape (r * n,).

    Raises
    ------
    ValueError
        If an input is not one-dimensional, if the lengths do not fit together,
        or if classes given as text meet classes given as numbers.

    Examples
    --------
    >>> from skdrift import label_harm
    >>> harm = label_harm([0, 1, 1], [0, 1, 0], [0, 0, 1])
    >>> harm.harmful
    array([False,  True, False])
    >>> harm.harmless
    array([ True, False, False])
    """
    y_true = column_or_1d(y_true)
    y_pred = column_or_1d(y_pred)
    y_pred_shifted = column_or_1d(y_pred_shifted)
    n = len(y_true)
    if n == 0:
        raise ValueError("y_true has no rows; at least one is needed.")
    if len(y_pred) != n:
        raise ValueError(
            f"y_pred must have one class per row of y_true, that is {n}; "
            f"got {len(y_pred)}."
        )
    if len(y_pred_shifted) == 0 or len(y_pred_shifted) % n:
        raise ValueError(
            f"y_pred_shifted must hold whole blocks of len(y_true) = {n} rows, one "
            f"block per corruption; got {len(y_pred_shifted)} rows."
        )
    if len({_is_text(labels) for labels in (y_true, y_pred, y_pred_shifted)}) > 1:
        raise ValueError(
            "y_true, y_pred and y_pred_shifted must hold the same kind of classes; "
            f"got dtypes {y_true.dtype}, {y_pred.dtype} and {y_pred_shifted.dtype}."
        )
    blocks = y_pred_shifted.reshape(-1, n)
    right_before = y_pred == y_true
    right_after = blocks == y_true
    return HarmLabels(
        (right_before & ~right_after).ravel(), (right_before & right_after).ravel()
    )


def _is_text(labels):
    """Whether classes are text rather than numbers."""
    if labels.dtype.kind == "O":
        return any(isinstance(label, str) for label in labels)
    return labels.dtype.kind in "US"
