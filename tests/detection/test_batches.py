import numpy as np
import pandas as pd
import pytest

from skdrift.detection._batches import equal_size_stacks, split_rows


def test_labels_come_in_ascending_order_and_rows_keep_theirs():
    labels, order, sizes = split_rows(["b", "a", "b", "c", "a"], 5)
    assert labels.tolist() == ["a", "b", "c"]
    assert order.tolist() == [1, 4, 0, 2, 3]
    assert sizes.tolist() == [2, 2, 1]


def test_rows_already_in_order_are_not_moved():
    labels, order, sizes = split_rows(np.repeat([3, 5, 9], [2, 1, 4]), 7)
    assert order is None
    assert labels.tolist() == [3, 5, 9]
    assert sizes.tolist() == [2, 1, 4]


@pytest.mark.parametrize(
    "groups",
    [
        pd.Series(["x", "y", "x"]),
        pd.Categorical(["x", "y", "x"]),
        np.array(["2024-01-01", "2024-01-02", "2024-01-01"], dtype="datetime64[D]"),
        [2.5, 3.5, 2.5],
        [True, False, True],
    ],
)
def test_any_sortable_labels_will_do(groups):
    labels, order, sizes = split_rows(groups, 3)
    taken = np.asarray(groups)[order] if order is not None else np.asarray(groups)
    assert (taken == np.repeat(labels, sizes)).all()
    assert labels[0] < labels[1]
    assert sorted(sizes.tolist()) == [1, 2]


@pytest.mark.parametrize("groups", [[1, 2], [[1, 2, 3]], 7, [[1], [2], [3]]])
def test_wrong_shapes_are_refused(groups):
    with pytest.raises(ValueError, match=r"one label for each of the 3 rows"):
        split_rows(groups, 3)


@pytest.mark.parametrize(
    "groups",
    [
        [1.0, np.nan, 2.0],
        ["a", None, "b"],
        [None, None, None],
        np.array(["2024-01-01", "NaT", "2024-01-02"], dtype="datetime64[D]"),
        pd.Series(["a", pd.NA, "b"], dtype="string"),
    ],
)
def test_missing_labels_are_refused(groups):
    with pytest.raises(ValueError, match="missing labels"):
        split_rows(groups, 3)


def test_labels_that_cannot_be_sorted_are_refused():
    with pytest.raises(TypeError, match=r"can be sorted.*\['int', 'str'\]"):
        split_rows(np.array([1, "a", 2], dtype=object), 3)


@pytest.mark.parametrize("sizes", [[3, 3, 3], [2, 4, 3], [1, 1, 7], [9]])
def test_stacks_hold_every_row_once(sizes):
    rows = np.arange(18.0).reshape(9, 2)
    starts = np.cumsum(sizes) - sizes
    seen = []
    for which, stack in equal_size_stacks(rows, np.array(sizes)):
        assert stack.shape == (2, len(which), sizes[which[0]])
        for position, k in enumerate(which):
            expected = rows[starts[k] : starts[k] + sizes[k]].T
            np.testing.assert_array_equal(stack[:, position], expected)
            seen.append(k)
    assert sorted(seen) == list(range(len(sizes)))
