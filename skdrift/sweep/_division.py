"""Which rows of a sweep become reference, clean and twin rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdrift._sklearn import num_samples, safe_indexing

# Batches drawn from fewer distinct rows than this would say more about those few rows
# than about the detector.
SMALLEST_POOL = 10


@dataclass(frozen=True)
class GivenRows:
    """Rows as `ContaminationSweep.fit` takes them.

    Attributes
    ----------
    X, y, groups : rows, ndarray of shape (n_samples,), and the same or None
        Clean labelled rows, and which of them belong together.
    X_reference, groups_reference : rows or None, ndarray or None
        Where the reference rows are taken from in place of X.
    """

    X: object
    y: np.ndarray
    groups: np.ndarray | None = None
    X_reference: object = None
    groups_reference: np.ndarray | None = None


@dataclass(frozen=True)
class StudyRows:
    """The rows of a sweep and the parts that they play.

    Attributes
    ----------
    X, y : rows and ndarray of shape (n_samples,)
        Clean labelled rows.
    X_fit, y_fit, groups_fit : rows, ndarray or None, ndarray or None
        The reference rows; None for a frozen detector, which brings its own.
    clean, twins : ndarray of int
        Positions in X of the rows that batches take clean, and of those whose shifted
        twins they take. Sorted; no row and no group plays two parts.
    n_reference : int
        Number of reference rows.
    """

    X: object
    y: np.ndarray
    X_fit: object
    y_fit: np.ndarray | None
    groups_fit: np.ndarray | None
    clean: np.ndarray
    twins: np.ndarray
    n_reference: int


def divide_rows(given, reference_size, frozen, rng):
    """Give each row its part.

    Parameters
    ----------
    given : GivenRows
    reference_size : int or None
    frozen : bool
        Whether the detector needs no reference rows.
    rng : numpy.random.Generator

    Returns
    -------
    StudyRows
    """
    n_rows = num_samples(given.X)
    X_fit, y_fit, groups_fit = None, None, None
    if given.X_reference is not None:
        _check_reference(given, reference_size, frozen)
        n_given = num_samples(given.X_reference)
        size = n_given if reference_size is None else reference_size
        reference, _, _ = split_rows(n_given, size, rng, given.groups_reference)
        _, clean, twins = split_rows(n_rows, 0, rng, given.groups)
        X_fit = safe_indexing(given.X_reference, reference)
        groups_fit = _taken(given.groups_reference, reference)
    elif frozen:
        reference, clean, twins = split_rows(n_rows, 0, rng, given.groups)
    else:
        size = n_rows // 3 if reference_size is None else min(reference_size, n_rows)
        reference, clean, twins = split_rows(n_rows, size, rng, given.groups)
        X_fit = safe_indexing(given.X, reference)
        y_fit = _taken(given.y, reference)
        groups_fit = _taken(given.groups, reference)
    if min(len(clean), len(twins)) < SMALLEST_POOL or not (frozen or len(reference)):
        of_groups = ""
        if given.groups is not None:
            of_groups = f" in {len(pd.unique(given.groups))} groups"
        raise ValueError(
            f"X has {n_rows} rows{of_groups}, which leaves {len(clean)} clean rows for "
            f"the batches and {len(twins)} twin rows beside {len(reference)} reference "
            f"rows; at least {SMALLEST_POOL} of each are needed."
        )
    return StudyRows(
        given.X, given.y, X_fit, y_fit, groups_fit, clean, twins, len(reference)
    )


def _check_reference(given, reference_size, frozen):
    """Refuse a separate reference that cannot be used."""
    if frozen:
        raise ValueError(
            "X_reference was given, but detector is frozen and brings its own "
            "reference."
        )
    n_given = num_samples(given.X_reference)
    if reference_size is not None and reference_size > n_given:
        raise ValueError(
            f"reference_size={reference_size} is more than the {n_given} rows of "
            "X_reference."
        )
    if given.groups is None or given.groups_reference is None:
        if given.groups is not given.groups_reference:
            raise ValueError(
                "X_reference needs groups_reference beside groups, and the other way "
                "round, so that no group stands on both sides; got only one of them."
            )
        return
    shared = np.intersect1d(given.groups, given.groups_reference)
    if len(shared):
        raise ValueError(
            f"{len(shared)} groups stand in X and in X_reference, such as "
            f"{shared[:3].tolist()}; their rows are no new rows to the reference."
        )


def _taken(values, rows):
    return None if values is None else values[rows]


def split_rows(n_rows, n_reference, rng, groups=None):
    """Divide row numbers at random into reference, clean and twin rows.

    Parameters
    ----------
    n_rows : int
        Number of rows to divide.
    n_reference : int
        How many become reference rows; the others are halved. With groups, as near to
        it as whole groups allow.
    rng : numpy.random.Generator
        Source of randomness.
    groups : ndarray of shape (n_rows,), default=None
        Rows of one group stay together. None: every row is a group.

    Returns
    -------
    reference, clean, twins : ndarray of int
        Sorted, disjoint, and together all rows. Without groups `twins` is the larger
        half where the halves cannot be equal.
    """
    unit = np.arange(n_rows) if groups is None else pd.factorize(groups)[0]
    sizes = np.bincount(unit)
    order = rng.permutation(len(sizes))
    ends = np.concatenate([[0], np.cumsum(sizes[order])])
    first = np.argmin(np.abs(ends - n_reference))
    middle = ends[first] + (n_rows - ends[first]) // 2
    second = max(first, np.argmin(np.abs(ends - middle)))
    parts = np.split(order, [first, second])
    return tuple(np.flatnonzero(np.isin(unit, part)) for part in parts)
