"""Nearest reference rows that are not the row itself, its equals or its group."""

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import gen_batches

from skdrift.scoring._row_hash import row_hashes

# Cosines below this count as this, so that distances are finite.
_SMALLEST_COSINE = 1e-3
# Rows this near to a reference row, in coordinates, are the same row.
_SAME = 1e-4
# Cells held at once to look for neighbours beyond rows that are left out.
_CELLS = 2**22


class ReferencePoints:
    """Points of the reference rows, as others and as they themselves are compared.

    Parameters
    ----------
    points : ndarray or sparse matrix of float32, shape (n_reference, n_coordinates)
        What other rows are compared with.
    own_points : ndarray or sparse matrix of float32, same shape
        Where each row would stand if the reference did not hold it and its group.
    own_extra : ndarray of shape (n_reference,)
        What would then be added to its squared distances.
    groups : ndarray of int, shape (n_reference,)
        Code of each row's group, from 0 on.
    """

    def __init__(self, points, own_points, own_extra, groups):
        self.points = points
        self.own_points = own_points
        self.own_extra = own_extra
        self.groups = groups
        self.index = NearestNeighbors(algorithm="brute").fit(points)
        _, self.equals = np.unique(row_hashes(points), return_inverse=True)
        pairs = (np.ones(len(groups), dtype=bool), (self.equals, groups))
        self.groups_of_equals = sparse.csr_matrix(pairs)

    def __getstate__(self):
        # Sparse matrices as arrays, which can be read without trust in other types.
        own = None if self.own_points is self.points else _take_apart(self.own_points)
        return {
            "points": _take_apart(self.points),
            "own_points": own,
            "own_extra": self.own_extra,
            "groups": self.groups,
        }

    def __setstate__(self, state):
        points = _put_together(state["points"])
        own = state["own_points"]
        own = points if own is None else _put_together(own)
        self.__init__(points, own, state["own_extra"], state["groups"])


def _take_apart(points):
    if not sparse.issparse(points):
        return points
    return [points.data, points.indices, points.indptr, list(points.shape)]


def _put_together(parts):
    if isinstance(parts, np.ndarray):
        return parts
    return sparse.csr_matrix(tuple(parts[:3]), shape=tuple(parts[3]))


def nearest_others(points, extra, reference, n_neighbors):
    """Find for each point the nearest reference rows that it may be compared with.

    A point that is the same as a reference row leaves out all that are equal, and all
    of their groups. So it finds what a fresh row in its place would find.

    Parameters
    ----------
    points : ndarray or sparse matrix of float32, shape (n_points, n_coordinates)
    extra : ndarray of shape (n_points,)
        What is added to squared distances.
    reference : ReferencePoints
    n_neighbors : int
        How many to find, at most ``n_reference``.

    Returns
    -------
    distance : ndarray of shape (n_points, n_neighbors)
        In ascending order. NaN where there are no more rows to be compared with.
    place : ndarray of int, shape (n_points, n_neighbors)
        Where in the reference they are. In place of those that are not there, rows that
        were left out.
    """
    distance, place = reference.index.kneighbors(points, n_neighbors)
    # Nothing is added for a row that is in the reference.
    is_known = (distance[:, 0] <= _SAME) & (extra == 0)
    distance = np.sqrt(distance.astype(np.float64) ** 2 + extra[:, None])
    known = np.flatnonzero(is_known)
    twin = place[known, 0]
    n_reference, width = reference.equals.size, n_neighbors
    while known.size:
        width = min(2 * width + 1, n_reference)
        done = np.zeros(known.size, dtype=bool)
        for part in gen_batches(known.size, max(1, _CELLS // n_reference)):
            found, where = _others(twin[part], reference, width, n_neighbors)
            done[part] = ~np.isnan(found[:, -1]) | (width == n_reference)
            rows = known[part][done[part]]
            distance[rows], place[rows] = found[done[part]], where[done[part]]
        known, twin = known[~done], twin[~done]
    return distance, place


def _others(rows, reference, width, n_neighbors):
    """Neighbours of reference rows among the ``width`` nearest rows."""
    distance, place = reference.index.kneighbors(reference.own_points[rows], width)
    left_out = reference.groups_of_equals[reference.equals[rows]].toarray()
    left_out = np.take_along_axis(left_out, reference.groups[place], axis=1)
    order = np.argsort(left_out, axis=1, kind="stable")[:, :n_neighbors]
    distance = np.take_along_axis(distance, order, axis=1).astype(np.float64)
    distance = np.sqrt(distance**2 + reference.own_extra[rows, None])
    distance[np.take_along_axis(left_out, order, axis=1)] = np.nan
    return distance, np.take_along_axis(place, order, axis=1)


def mean_distance(points, extra, reference, n_neighbors, is_cosine):
    """Mean distance to the nearest reference rows that a row may be compared with.

    Parameters
    ----------
    points : ndarray or sparse matrix of float32, shape (n_points, n_coordinates)
    extra : ndarray of shape (n_points,)
        What is added to squared distances.
    reference : ReferencePoints
    n_neighbors : int
        How many, or all others if there are fewer.
    is_cosine : bool
        Whether points are directions, at minus the logarithm of the cosine.

    Returns
    -------
    distance : ndarray of shape (n_points,)
        Zero where no row may be compared with.
    """
    n_neighbors = min(n_neighbors, len(reference.groups) - 1)
    distance, _ = nearest_others(points, extra, reference, n_neighbors)
    if is_cosine:
        distance = -np.log(np.maximum(1 - distance**2 / 2, _SMALLEST_COSINE))
    found = ~np.isnan(distance)
    total = np.where(found, distance, 0.0).sum(axis=1)
    return total / np.maximum(found.sum(axis=1), 1)
