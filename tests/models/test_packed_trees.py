import pickle

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from skdrift.models import _packed_trees
from skdrift.models._packed_trees import PackedTrees

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3)).astype(np.float32)
X[::7, 1] = np.nan
P = RNG.dirichlet(np.ones(4), size=400)
ROWS = RNG.normal(size=(90, 3)).astype(np.float32)
ROWS[::5] = np.nan


def grow(n_trees=30, y=P, **parameters):
    forest = ExtraTreesRegressor(n_trees, random_state=0, **parameters).fit(X, y)
    return [tree.tree_ for tree in forest.estimators_]


@pytest.fixture(scope="module")
def packed():
    return PackedTrees.of(grow(), 3)


def changed(packed, name, place, value):
    state = packed.__getstate__()
    state[name] = state[name].copy()
    state[name][place] = value
    return state


@pytest.mark.parametrize("depth", [1, 3, None])
@pytest.mark.parametrize("y", [P, P[:, 0]], ids=["many outputs", "one output"])
def test_it_says_what_the_trees_say(depth, y):
    trees = grow(y=y, max_depth=depth)
    alone = np.mean([tree.predict(ROWS).reshape(90, -1) for tree in trees], axis=0)
    # Trees are kept in single precision.
    np.testing.assert_allclose(PackedTrees.of(trees, 3).average(ROWS), alone, rtol=1e-6)


def test_wide_rows_with_missing_values():
    wide = RNG.normal(size=(60, 300)).astype(np.float32)
    wide[RNG.random(wide.shape) < 0.3] = np.nan
    forest = ExtraTreesRegressor(5, random_state=0).fit(wide, np.arange(60.0))
    said = PackedTrees.of([tree.tree_ for tree in forest.estimators_], 300)
    np.testing.assert_allclose(
        said.average(wide)[:, 0], forest.predict(wide), rtol=1e-6
    )


def test_trees_of_one_leaf():
    trees = grow(3, np.full(400, 0.5))
    assert [tree.node_count for tree in trees] == [1, 1, 1]
    assert PackedTrees.of(trees, 3).average(ROWS[:2]).tolist() == [[0.5], [0.5]]


def test_a_row_is_told_the_same_in_any_company(packed, monkeypatch):
    together = packed.average(ROWS)
    one_by_one = [packed.average(row[None])[0] for row in ROWS]
    np.testing.assert_array_equal(together, one_by_one)
    for pairs, rows in ((100, 17), (7, 90), (1, 1)):
        monkeypatch.setattr(_packed_trees, "_PAIRS", pairs)
        monkeypatch.setattr(_packed_trees, "_ROWS", rows)
        np.testing.assert_array_equal(packed.average(ROWS), together)


def test_rows_stay_as_they_are(packed):
    rows = ROWS.copy()
    packed.average(rows)
    np.testing.assert_array_equal(rows, ROWS)


def test_a_copy_says_the_same_and_takes_no_more_room(packed):
    stored = pickle.dumps(packed)
    again = pickle.loads(stored)
    np.testing.assert_array_equal(again.average(ROWS), packed.average(ROWS))
    assert pickle.dumps(again) == stored


@pytest.mark.parametrize(
    ("field", "place", "value", "match"),
    [
        ("child", 40, 39, "leads to no node below it"),
        ("child", 0, -5, "leads to no node below it"),
        ("child", 0, 10**6, "leads to no node below it"),
        ("child", 0, -1, "leads to no node below it"),
        ("column", 0, 6, "beyond the 3 of its rows"),
        ("column", 0, -2, "beyond the 3 of its rows"),
    ],
)
def test_forged_nodes_are_refused(packed, field, place, value, match):
    with pytest.raises(ValueError, match=match):
        PackedTrees(**changed(packed, field, place, value))


def test_a_right_child_beyond_the_end_is_refused(packed):
    with pytest.raises(ValueError, match="leads to no node below it"):
        PackedTrees(**changed(packed, "child", 0, len(packed.child) - 1))


@pytest.mark.parametrize("name", ["child", "column", "threshold", "values"])
def test_missing_nodes_are_refused(packed, name):
    state = packed.__getstate__()
    with pytest.raises(ValueError, match="other numbers of nodes"):
        PackedTrees(**{**state, name: state[name][:-1]})


@pytest.mark.parametrize("n_trees", [0, 10**6])
def test_missing_roots_are_refused(packed, n_trees):
    with pytest.raises(ValueError, match="roots of"):
        PackedTrees(**{**packed.__getstate__(), "n_trees": n_trees})
