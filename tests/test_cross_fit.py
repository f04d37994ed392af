import numpy as np
import pytest

from skdrift._cross_fit import by_fold, in_chunks, training_rows


@pytest.mark.parametrize("batch_size", [1, 3, 10, 50])
def test_chunks_are_stacked_in_order(batch_size):
    X = np.arange(20).reshape(10, 2)
    sizes = []

    def double(part):
        sizes.append(len(part))
        return part * 2

    np.testing.assert_array_equal(in_chunks(double, X, batch_size), X * 2)
    assert max(sizes) == min(batch_size, 10)
    assert sum(sizes) == 10


def test_an_empty_input_is_heard_of():
    with pytest.raises(RuntimeError, match="nothing to do"):
        in_chunks(raise_if_empty, [], 5)


def raise_if_empty(part):
    if not len(part):
        raise RuntimeError("nothing to do")
    return np.asarray(part)


def test_each_row_is_answered_by_the_model_of_its_fold():
    X = np.arange(6.0).reshape(6, 1)
    fold = np.array([2, 0, 2, 1, 0, 2])
    answers = by_fold(lambda model, part: part + model, [100, 200, 300], X, fold)
    np.testing.assert_array_equal(answers[:, 0], [300, 101, 302, 203, 104, 305])
    alone = by_fold(lambda model, part: part + model, [100], X, fold)
    np.testing.assert_array_equal(alone, X + 100)


def test_training_rows_are_those_of_the_other_folds():
    fold = np.array([0, 2, 2, 0])
    rows = training_rows(fold, 3)
    assert [list(part) for part in rows] == [[1, 2], [0, 1, 2, 3], [0, 3]]
    assert [list(part) for part in training_rows(fold, 1)] == [[0, 1, 2, 3]]


def test_a_fold_of_all_rows_leaves_nothing_to_train_on():
    with pytest.raises(ValueError, match="all n_samples=3 fell into one"):
        training_rows(np.array([1, 1, 1]), 2)
