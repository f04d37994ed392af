"""Which rows of a sweep become reference, clean and twin rows."""

from dataclasses import dataclass

import numpy as np

from skdrift._sklearn import num_samples, safe_indexing

# Batches drawn from fewer distinct rows than this would say more about those few rows
# than about the detector.
SMALLEST_POOL = 10


@dataclass(frozen=True)
class StudyRows:
    """The rows of a sweep and the parts that they play.

    Attributes
    ----------
    X, y : rows and ndarray of shape (n_samples,)
        Clean labelled rows.
    X_fit, y_fit : rows and ndarray or None
        The reference rows; None for a frozen detector, which brings its own.
    clean, twins : ndarray of int
        Positions in X of the rows that batches take clean, and of those whose shifted
        twins they take. Sorted; no row plays two parts.
    n_reference : int
        Number of reference rows.
    """

    X: object
    y: np.ndarray
    X_fit: object
    y_fit: np.ndarray | None
    clean: np.ndarray
    twins: np.ndarray
    n_reference: int


def divide_rows(X, y, X_reference, reference_size, frozen, rng):
    """Give each row its part.

    Parameters
    ----------
    X, y : rows and ndarray of shape (n_samples,)
    X_reference : rows or None
        Where the reference rows are taken from in place of X.
    reference_size : int or None
    frozen : bool
        Whether the detector needs no reference rows.
    rng : numpy.random.Generator

    Returns
    -------
    StudyRows
    """
    n_rows = num_samples(X)
    if frozen and X_reference is not None:
        raise ValueError(
            "X_reference was given, but detector is frozen and brings its own "
            "reference."
        )
    X_fit, y_fit = None, None
    if frozen:
        reference, clean, twins = split_rows(n_rows, 0, rng)
    elif X_reference is None:
        size = n_rows // 3 if reference_size is None else reference_size
        reference, clean, twins = split_rows(n_rows, min(size, n_rows), rng)
        X_fit, y_fit = safe_indexing(X, reference), safe_indexing(y, reference)
    else:
        n_given = num_samples(X_reference)
        size = n_given if reference_size is None else reference_size
        if size > n_given:
            raise ValueError(
                f"reference_size={size} is more than the {n_given} rows of X_reference."
            )
        reference, _, _ = split_rows(n_given, size, rng)
        _, clean, twins = split_rows(n_rows, 0, rng)
        X_fit = safe_indexing(X_reference, reference)
    if min(len(clean), len(twins)) < SMALLEST_POOL:
        raise ValueError(
            f"X has {n_rows} rows, which leaves {len(clean)} clean rows for the "
            f"batches and {len(twins)} twin rows beside {len(reference)} reference "
            f"rows; at least {SMALLEST_POOL} of each are needed."
        )
    return StudyRows(X, y, X_fit, y_fit, clean, twins, len(reference))


def split_rows(n_rows, n_reference, rng):
    """Divide row numbers at random into reference, clean and twin rows.

    Parameters
    ----------
    n_rows : int
        Number of rows to divide.
    n_reference : int
        How many become reference rows; the others are halved.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    reference, clean, twins : ndarray of int
        Sorted, disjoint, and together all rows. `twins` is the larger half where
        the halves cannot be equal.
    """
    order = rng.permutation(n_rows)
    middle = n_reference + (n_rows - n_reference) // 2
    return tuple(map(np.sort, np.split(order, [n_reference, middle])))
