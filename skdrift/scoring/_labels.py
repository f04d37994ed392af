"""Labels of the rows that a scorer learns from: whether they are needed and fit."""

import numpy as np
import pandas as pd


def require_labels(y, trained, error_model):
    """Refuse to go on without labels where somebody learns from them.

    Parameters
    ----------
    y : array-like or None
    trained : bool
        Whether the teacher came trained.
    error_model : classifier or None

    Raises
    ------
    ValueError
        If labels are needed and y is None.
    """
    if y is not None:
        return
    if not trained:
        who = "the teacher, unless a fitted one is wrapped in FrozenEstimator"
    elif error_model is not None:
        who = "error_model"
    else:
        return
    raise ValueError(
        "DistillationScorer requires y to be passed, but the target y is None: "
        f"labels are needed by {who}"
    )


def check_error_labels(y, classes):
    """Refuse labels that are no classes of the teacher.

    Raises
    ------
    ValueError
        If there are such labels.
    """
    labels = pd.unique(np.asarray(y))
    unknown = [label for label in labels.tolist() if label not in list(classes)]
    if unknown:
        raise ValueError(
            f"error_model learns where the teacher is wrong, but y holds {unknown}"
            f", which are none of the teacher's classes, {list(classes)}"
        )
