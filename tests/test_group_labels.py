import numpy as np
import pandas as pd
import pytest

from skdrift._group_labels import check_group_labels


@pytest.mark.parametrize(
    "labels",
    [
        [1, 2, 1],
        ["a", "b", "a"],
        [1.5, 2.0, 1.5],
        [True, False, True],
        (b"x", b"y", b"x"),
    ],
)
def test_labels_come_back_as_an_array(labels):
    assert check_group_labels(labels, 3).tolist() == list(labels)
    assert check_group_labels(pd.Series(labels, index=[5, 6, 7]), 3).shape == (3,)


@pytest.mark.parametrize("labels", [[1, 2], np.ones((3, 1)), 7, []])
def test_one_label_a_row(labels):
    with pytest.raises(ValueError, match=r"each of the 3 rows of X, shape \(3,\)"):
        check_group_labels(labels, 3)


@pytest.mark.parametrize(
    "labels",
    [
        [1.0, np.nan, np.nan],
        ["a", None, None],
        np.array(["2020", "NaT", "NaT"], dtype="datetime64[D]"),
        pd.array([1, pd.NA, pd.NA], dtype="Int64"),
    ],
)
def test_no_label_is_missing(labels):
    with pytest.raises(ValueError, match="missing labels, 2 of 3"):
        check_group_labels(labels, 3)
