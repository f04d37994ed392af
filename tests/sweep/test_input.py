from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skdrift.sweep._input import (
    check_fractions,
    check_severities,
    shifted_twins,
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


def study_rows(X, twins):
    return SimpleNamespace(X=X, twins=np.array(twins))


@pytest.mark.parametrize("convert", [np.asarray, pd.DataFrame, np.ndarray.tolist])
@pytest.mark.parametrize("is_function", [False, True])
def test_twins_are_taken_out_of_every_block(convert, is_function):
    X = np.arange(5)[:, np.newaxis]
    shifted = convert(np.concatenate([X + 100, X + 200]))
    given = {1: None, 2: (lambda: shifted) if is_function else shifted}
    taken = shifted_twins(given, 2, study_rows(convert(X), [1, 4]))
    assert type(taken) is type(shifted)
    assert np.asarray(taken)[:, 0].tolist() == [101, 104, 201, 204]


@pytest.mark.parametrize("n_shifted", [0, 4, 6])
def test_blocks_must_be_whole(n_shifted):
    with pytest.raises(
        ValueError, match=rf"X_shifted\['s'\] .* whole blocks of 5 .* got {n_shifted}"
    ):
        shifted_twins({"s": np.ones((n_shifted, 1))}, "s", study_rows(np.ones(5), [0]))


def test_candidates_have_the_batch_size_of_the_grid_or_the_default():
    of_detector, sizes = split_candidates([{"a": 1, "batch_size": 9}, {"a": 2}], 5)
    assert of_detector == [{"a": 1}, {"a": 2}]
    assert sizes == [9, 5]


@pytest.mark.parametrize("size", [0, -1, 2.0, "9", None])
def test_bad_batch_sizes(size):
    with pytest.raises(ValueError, match=r"batch_size must be an integer .* got"):
        split_candidates([{"batch_size": size}], 5)
