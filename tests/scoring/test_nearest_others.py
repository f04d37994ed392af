import numpy as np
import pytest
from scipy import sparse

from skdrift.scoring._nearest_others import ReferencePoints, nearest_others
from tests.round_trips import ROUND_TRIPS


def reference(points, groups=None, own_points=None, own_extra=None):
    n = points.shape[0]
    groups = np.arange(n) if groups is None else np.asarray(groups)
    own_points = points if own_points is None else own_points
    own_extra = np.zeros(n) if own_extra is None else own_extra
    return ReferencePoints(points, own_points, own_extra, groups)


def by_hand(points, known, groups, k):
    """Distances to the k nearest rows, those of equals and their groups left out."""
    result = np.full((len(points), k), np.nan)
    for i, point in enumerate(points):
        distance = np.sqrt(((known - point) ** 2).sum(axis=1, dtype=np.float64))
        out = np.isin(groups, groups[(known == point).all(axis=1)])
        kept = np.sort(distance[~out])[:k]
        result[i, : len(kept)] = kept
    return result


@pytest.mark.parametrize("n_groups", [None, 40, 12, 3])
@pytest.mark.parametrize("distinct", [2, 5, 10_000])
def test_equal_to_a_search_by_hand(n_groups, distinct):
    rng = np.random.default_rng(0)
    known = rng.integers(distinct, size=(120, 3)).astype(np.float32)
    groups = np.arange(120) if n_groups is None else rng.integers(n_groups, size=120)
    fresh = rng.integers(distinct, size=(50, 3)).astype(np.float32)
    points = np.concatenate((known, fresh))
    found, places = nearest_others(points, np.zeros(170), reference(known, groups), 4)
    np.testing.assert_allclose(found, by_hand(points, known, groups, 4), atol=1e-4)
    there = ~np.isnan(found)
    distance = np.linalg.norm(known[places] - points[:, None], axis=2)
    np.testing.assert_allclose(distance[there], found[there], rtol=1e-6, atol=1e-4)


def test_sparse_points_give_what_dense_ones_give():
    rng = np.random.default_rng(1)
    known = (rng.random((60, 8)) * (rng.random((60, 8)) < 0.4)).astype(np.float32)
    dense, sparse_ones = (
        nearest_others(points, np.zeros(60), reference(points), 3)[0]
        for points in (known, sparse.csr_matrix(known))
    )
    np.testing.assert_allclose(dense, sparse_ones, atol=1e-5)


def test_what_is_added_is_added_to_squares():
    known = np.array([[0.0], [3.0]], dtype=np.float32)
    point = np.array([[1.0]], dtype=np.float32)
    found, places = nearest_others(point, np.array([3.0]), reference(known), 2)
    np.testing.assert_allclose(found, [[2.0, np.sqrt(7)]])
    assert places.tolist() == [[0, 1]]


def test_known_rows_stand_where_fresh_ones_would():
    known = np.array([[0.0], [1.0], [5.0]], dtype=np.float32)
    own = np.array([[0.0], [1.0], [9.0]], dtype=np.float32)
    held = reference(known, own_points=own, own_extra=np.array([0.0, 9.0, 0.0]))
    found, _ = nearest_others(known, np.zeros(3), held, 1)
    np.testing.assert_allclose(found[:, 0], [1.0, np.sqrt(10), 8.0])


def test_where_nothing_may_be_compared_the_distance_is_missing():
    known = np.ones((4, 2), dtype=np.float32)
    found, places = nearest_others(known[:1], np.zeros(1), reference(known), 2)
    assert np.isnan(found).all()
    assert ((places >= 0) & (places < 4)).all()


def test_rounded_rows_are_the_same_rows():
    known = np.random.default_rng(2).random((50, 4)).astype(np.float32)
    rounded = known.round(5)
    assert (known != rounded).any(axis=1).all()
    ours, theirs = (
        nearest_others(points, np.zeros(50), reference(known), 3)[0]
        for points in (known, rounded)
    )
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_stored_points_are_the_same(kind, name):
    points = kind(np.eye(6, 4, dtype=np.float32))
    held = reference(points, groups=[0, 0, 1, 1, 2, 2])
    again = ROUND_TRIPS[name](held)
    for ours, theirs in zip(
        nearest_others(points, np.zeros(6), again, 2),
        nearest_others(points, np.zeros(6), held, 2),
    ):
        np.testing.assert_array_equal(ours, theirs)
