"""What a contamination sweep accepts."""

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import ParameterGrid

from skdrift._sklearn import num_samples, safe_indexing
from skdrift.sweep._batches import SMALLEST_POOL, split_rows


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


def shifted_twins(X_shifted, severity, n_rows, twins):
    """Shifted versions of the twin rows at one severity, block after block."""
    shifted = X_shifted[severity]
    if callable(shifted):
        shifted = shifted()
    n_shifted = num_samples(shifted)
    if n_shifted == 0 or n_shifted % n_rows:
        raise ValueError(
            f"X_shifted[{severity!r}] must hold whole blocks of {n_rows} rows, the "
            f"rows of X in their order once per corruption; got {n_shifted} rows."
        )
    starts = np.arange(0, n_shifted, n_rows)
    return safe_indexing(shifted, (starts[:, np.newaxis] + twins).ravel())


def split_candidates(param_grid, batch_size):
    """Detector parameters and batch size of each candidate of a grid."""
    candidates, batch_sizes = [], []
    for params in ParameterGrid(param_grid or {}):
        size = params.get("batch_size", batch_size)
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(
                f"batch_size must be an integer of at least 1; got {size!r} in "
                "param_grid."
            )
        batch_sizes.append(int(size))
        candidates.append({k: v for k, v in params.items() if k != "batch_size"})
    return candidates, batch_sizes


def divide_rows(X, X_reference, reference_size, frozen, rng):
    """Row numbers of reference, clean and twin rows.

    Reference rows are numbers in `X_reference` where that is given, else in X; a frozen
    detector needs none.
    """
    n_rows = num_samples(X)
    if frozen and X_reference is not None:
        raise ValueError(
            "X_reference was given, but detector is frozen and brings its own "
            "reference."
        )
    if frozen:
        reference, clean, twins = split_rows(n_rows, 0, rng)
    elif X_reference is None:
        size = n_rows // 3 if reference_size is None else reference_size
        reference, clean, twins = split_rows(n_rows, min(size, n_rows), rng)
    else:
        n_given = num_samples(X_reference)
        size = n_given if reference_size is None else reference_size
        if size > n_given:
            raise ValueError(
                f"reference_size={size} is more than the {n_given} rows of X_reference."
            )
        reference, _, _ = split_rows(n_given, size, rng)
        _, clean, twins = split_rows(n_rows, 0, rng)
    if min(len(clean), len(twins)) < SMALLEST_POOL:
        raise ValueError(
            f"X has {n_rows} rows, which leaves {len(clean)} clean rows for the "
            f"batches and {len(twins)} twin rows beside {len(reference)} reference "
            f"rows; at least {SMALLEST_POOL} of each are needed."
        )
    return reference, clean, twins
