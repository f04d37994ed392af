"""Labels that say which group or batch each row belongs to."""

import numpy as np
import pandas as pd


def check_group_labels(groups, n_rows):
    """Return labels as an array, one for each row.

    Parameters
    ----------
    groups : array-like of shape (n_rows,)
    n_rows : int

    Returns
    -------
    labels : ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        If the shape is another one, or labels are missing.
    """
    labels = np.asarray(groups)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"groups must have one label for each of the {n_rows} rows of X, shape "
            f"({n_rows},); got shape {labels.shape}."
        )
    # Integers, booleans and fixed-width strings cannot be missing.
    if labels.dtype.kind not in "iubSU" and pd.isna(labels).any():
        raise ValueError(
            f"groups has missing labels, {pd.isna(labels).sum()} of {n_rows}; every "
            "row needs one."
        )
    return labels
