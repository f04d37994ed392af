import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.ensemble import ExtraTreesRegressor

from skdrift._stored_trees import arrays_to_trees, trees_to_arrays

RNG = np.random.default_rng(0)
X, P = RNG.normal(size=(80, 3)), RNG.normal(size=(80, 4))
X[::7, 1] = np.nan


@pytest.fixture
def trees():
    forest = ExtraTreesRegressor(5, random_state=0).fit(X, P)
    return [tree.tree_ for tree in forest.estimators_]


def test_trees_come_back_the_same(trees):
    again = arrays_to_trees(trees_to_arrays(trees), 3)
    rows = RNG.normal(size=(50, 3)).astype(np.float32)
    rows[::5] = np.nan
    assert len(again) == 5
    for tree, copy in zip(trees, again):
        assert_array_equal(copy.predict(rows), tree.predict(rows))
        assert copy.max_depth == tree.max_depth


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("left_child", 0, "leads to no node below it"),
        ("right_child", -5, "leads to no node below it"),
        ("left_child", 10_000, "leads to no node below it"),
        ("feature", 3, "beyond the 3 of its rows"),
        ("feature", -2, "beyond the 3 of its rows"),
    ],
)
def test_forged_nodes_are_refused(trees, field, value, match):
    arrays = trees_to_arrays(trees)
    arrays["nodes"] = arrays["nodes"].copy()
    arrays["nodes"][field][0] = value
    with pytest.raises(ValueError, match=match):
        arrays_to_trees(arrays, 3)


def test_missing_nodes_are_refused(trees):
    arrays = trees_to_arrays(trees)
    for name in ("nodes", "values"):
        with pytest.raises(ValueError, match="other numbers of nodes"):
            arrays_to_trees({**arrays, name: arrays[name][:-1]}, 3)
