import numpy as np
import pandas as pd
import pytest

from skdrift.sweep._input import (
    check_fractions,
    check_groups,
    check_labels,
    check_rows,
    check_severities,
    split_candidates,
)


@pytest.mark.parametrize(
    "fractions", [(0.5, 0, 1), [1, 0.5, 0.0], np.array([0, 1, 0.5])]
)
def test_fractions_are_sorted_floats(fractions):
    assert check_fractions(fractions) == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ([], "non-empty sequence"),
        ([[0.5]], "non-empty sequence"),
        ([-0.1], r"lie in \[0, 1\]; got \[-0.1\]"),
        ([np.nan], r"lie in \[0, 1\]"),
        ([0.2, 0.2], r"must be distinct; got \[0.2, 0.2\]"),
    ],
)
def test_bad_fractions(fractions, message):
    with pytest.raises(ValueError, match=message):
        check_fractions(fractions)


def test_severities_keep_their_order():
    assert check_severities({5: 0, 1.5: 0, np.int64(3): 0}) == [5, 1.5, 3]
    assert check_severities({"strong": 0, "mild": 0}) == ["strong", "mild"]


@pytest.mark.parametrize(
    ("shifted", "message"),
    [
        ([1], "non-empty dict .* got list"),
        ({}, "non-empty dict"),
        ({1: 0, "a": 0}, "all numbers or all text"),
        ({True: 0}, "all numbers or all text"),
        ({(1, 2): 0}, "all numbers or all text"),
    ],
)
def test_bad_severities(shifted, message):
    with pytest.raises(ValueError, match=message):
        check_severities(shifted)


@pytest.mark.parametrize("convert", [list, np.array, pd.Series, pd.Categorical])
def test_labels_become_an_array(convert):
    y = check_labels(np.ones((3, 1)), convert(["a", "b", "a"]))
    assert isinstance(y, np.ndarray)
    assert y.tolist() == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None: which shifted"),
        ([0, 1], "inconsistent numbers of samples"),
        ([[0, 1], [1, 0], [0, 1]], "1d array"),
        ([0, np.nan, np.nan], r"y holds 2 missing label\(s\), the first in row 1"),
        (np.array(["a", "b", None], dtype=object), "the first in row 2"),
    ],
)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        check_labels(np.ones((3, 1)), y)


def test_groups_are_optional():
    assert check_groups(np.ones((2, 1)), None) is None
    groups = check_groups(np.ones((2, 1)), pd.Series(["u", "v"], index=[7, 7]))
    assert groups.tolist() == ["u", "v"]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        check_groups(np.ones((2, 1)), [1])
    with pytest.raises(ValueError, match=r"who holds 1 missing label.* in row 0"):
        check_groups(np.ones((2, 1)), [None, "v"], "who")


def test_rows_are_checked_together():
    X, reference = np.ones((2, 1)), np.ones((1, 1))
    given = check_rows(X, [0, 1], None, reference, None)
    assert given.X is X
    assert given.X_reference is reference
    assert given.y.tolist() == [0, 1]
    given = check_rows(X, [0, 1], ["u", "v"], reference, ["w"])
    assert given.groups.tolist() == ["u", "v"]
    assert given.groups_reference.tolist() == ["w"]
    with pytest.raises(ValueError, match="groups_reference was given without X_ref"):
        check_rows(X, [0, 1], None, None, ["w"])
    with pytest.raises(ValueError, match="groups_reference holds 1 missing"):
        check_rows(X, [0, 1], ["u", "v"], reference, [None])


def test_candidates_have_the_batch_size_of_the_grid_or_the_default():
    of_detector, sizes = split_candidates([{"a": 1, "batch_size": 9}, {"a": 2}], 5)
    assert of_detector == [{"a": 1}, {"a": 2}]
    assert sizes == [9, 5]


@pytest.mark.parametrize("size", [0, -1, 2.0, "9", None])
def test_bad_batch_sizes(size):
    with pytest.raises(ValueError, match=r"batch_size must be an integer .* got"):
        split_candidates([{"batch_size": size}], 5)
