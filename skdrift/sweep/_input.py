"""What a contamination sweep accepts."""

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_consistent_length

from skdrift.sweep._division import GivenRows


def check_fractions(fractions):
    """Fractions as increasing floats."""
    fractions = np.asarray(fractions, dtype=float)
    if fractions.ndim != 1 or len(fractions) == 0:
        raise ValueError(
            f"fractions must be a non-empty sequence of numbers; got {fractions!r}."
        )
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise ValueError(f"fractions must lie in [0, 1]; got {fractions.tolist()}.")
    if len(np.unique(fractions)) < len(fractions):
        raise ValueError(f"fractions must be distinct; got {fractions.tolist()}.")
    return np.sort(fractions).tolist()


def check_severities(X_shifted):
    """Return the severities, in the order given."""
    if not isinstance(X_shifted, Mapping) or not X_shifted:
        raise ValueError(
            "X_shifted must be a non-empty dict of severity to shifted rows, such as "
            f"{{1: X_blurred}}; got {type(X_shifted).__name__}."
        )
    severities = list(X_shifted)
    numbers = [isinstance(s, Real) and not isinstance(s, bool) for s in severities]
    texts = [isinstance(s, str) for s in severities]
    if not (all(numbers) or all(texts)):
        raise ValueError(
            "The severities of X_shifted must be all numbers or all text; got "
            f"{severities}."
        )
    return severities


def check_rows(X, y, groups, X_reference, groups_reference):
    """Return rows with their labels and groups, all checked one by one."""
    if X_reference is None and groups_reference is not None:
        raise ValueError(
            "groups_reference was given without X_reference; the groups of the rows of "
            "X are groups."
        )
    return GivenRows(
        X,
        check_labels(X, y),
        check_groups(X, groups),
        X_reference,
        check_groups(X_reference, groups_reference, "groups_reference"),
    )


def check_labels(X, y):
    """Return labels as an array of shape (n_samples,)."""
    if y is None:
        raise ValueError(
            "ContaminationSweep requires y to be passed, but the target y is None: "
            "which shifted rows are harmful depends on the true classes of the rows."
        )
    y = column_or_1d(y)
    check_consistent_length(X, y)
    missing = np.flatnonzero(pd.isna(y))
    if len(missing):
        raise ValueError(
            f"y holds {len(missing)} missing label(s), the first in row {missing[0]}; "
            "every row of X needs its true class."
        )
    return y


def check_groups(X, groups, name="groups"):
    """Return groups as an array of shape (n_samples,), or None."""
    if groups is None:
        return None
    groups = column_or_1d(groups)
    check_consistent_length(X, groups)
    missing = np.flatnonzero(pd.isna(groups))
    if len(missing):
        raise ValueError(
            f"{name} holds {len(missing)} missing label(s), the first in row "
            f"{missing[0]}; give a row without a group a label of its own."
        )
    return groups


def split_candidates(candidates, batch_size):
    """Detector parameters and batch size of each candidate of a grid."""
    of_detector, batch_sizes = [], []
    for params in candidates:
        size = params.get("batch_size", batch_size)
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(
                f"batch_size must be an integer of at least 1; got {size!r} in "
                "param_grid."
            )
        batch_sizes.append(int(size))
        of_detector.append({k: v for k, v in params.items() if k != "batch_size"})
    return of_detector, batch_sizes
