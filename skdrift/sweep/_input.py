"""What a contamination sweep accepts."""

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np

from skdrift._sklearn import num_samples, safe_indexing


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


def shifted_twins(X_shifted, severity, rows):
    """Shifted versions of the twin rows at one severity, block after block."""
    n_rows = num_samples(rows.X)
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
    return safe_indexing(shifted, (starts[:, np.newaxis] + rows.twins).ravel())


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
