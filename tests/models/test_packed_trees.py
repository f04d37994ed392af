import numpy as np
import pytest

from skdrift import ForestStudent
from skdrift.models._forest_student import trees_to_arrays
from skdrift.models._packed_trees import PackedTrees


def one_tree_after_the_other(student, X):
    total = np.zeros((len(X), len(student.classes_)))
    for tree in student.trees_:
        total += tree.predict(X).reshape(total.shape)
    return total / len(student.trees_)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_same_bits_as_the_trees_themselves(n_classes, missing):
    rng = np.random.default_rng(n_classes)
    X = rng.normal(size=(300, 7)).astype(np.float32)
    X[rng.random(X.shape) < missing] = np.nan
    P = rng.dirichlet(np.ones(n_classes), size=len(X))
    student = ForestStudent(30, random_state=0).fit(X, P)
    packed = PackedTrees(trees_to_arrays(student.trees_))
    fresh = rng.normal(size=(80, 7), scale=3).astype(np.float32)
    fresh[rng.random(fresh.shape) < 0.2] = np.nan
    np.testing.assert_array_equal(
        packed.average(fresh), one_tree_after_the_other(student, fresh)
    )


def test_trees_of_a_single_leaf():
    X = np.zeros((20, 2), dtype=np.float32)
    student = ForestStudent(3, random_state=0).fit(X, np.full((20, 2), 0.5))
    assert student.trees_[0].node_count == 1
    packed = PackedTrees(trees_to_arrays(student.trees_))
    np.testing.assert_array_equal(packed.average(X), np.full((20, 2), 0.5))


def test_few_and_many_rows_get_the_same_answer():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    P = rng.dirichlet(np.ones(2), size=400)
    student = ForestStudent(20, random_state=0).fit(X, P)
    few = np.concatenate(
        [student.predict_proba(X[i : i + 50]) for i in range(0, 400, 50)]
    )
    np.testing.assert_array_equal(few, student.predict_proba(X))
