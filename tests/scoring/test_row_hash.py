import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse, stats

from skdrift.scoring import _row_hash
from skdrift.scoring._row_hash import _frame_hashes, assign_folds, row_hashes


@given(
    X=arrays(
        np.float32,
        st.tuples(st.integers(1, 8), st.integers(1, 6)),
        elements=st.floats(width=32, allow_infinity=False),
    )
)
def test_equal_rows_hash_alike_in_any_container(X):
    expected = row_hashes(X)
    filled = np.nan_to_num(X)
    forms = [X.astype(float), X.tolist(), X.astype(object), pd.DataFrame(X)]
    forms += [pd.DataFrame(X.astype(float)), np.asfortranarray(X), X[::-1][::-1]]
    for form in forms:
        np.testing.assert_array_equal(row_hashes(form), expected)
    np.testing.assert_array_equal(
        row_hashes(sparse.csr_matrix(filled)), row_hashes(filled)
    )
    for row in range(len(X)):
        assert row_hashes(X[row : row + 1])[0] == expected[row]


def test_integers_and_floats_of_equal_value():
    X = np.array([[1, 2, 0], [3, -4, 5]])
    np.testing.assert_array_equal(row_hashes(X), row_hashes(X.astype(float)))
    np.testing.assert_array_equal(row_hashes(X), row_hashes(X * np.float32(1)))
    assert row_hashes([[0.0, 1.0]]) == row_hashes([[-0.0, 1.0]])


def test_mixed_frame():
    frame = pd.DataFrame(
        {
            "number": [1, 2, None],
            "category": pd.Categorical(["a", None, "b"]),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "date": pd.to_datetime(["2020-01-01", None, "2021-06-01"]),
            "text": ["some longer piece of text", "", "b"],
        }
    )
    other = frame.astype({"number": "float32", "category": object, "nullable": float})
    np.testing.assert_array_equal(row_hashes(frame), row_hashes(other))
    np.testing.assert_array_equal(row_hashes(frame)[1:], row_hashes(frame.iloc[1:]))
    assert len(set(row_hashes(frame))) == 3


def test_numbers_and_text_in_a_list_are_not_confused():
    rows = [[1, "a"], [2, "b"]]
    frame = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    np.testing.assert_array_equal(row_hashes(rows), row_hashes(frame))
    assert row_hashes([["1", "a"]])[0] != row_hashes([[1, "a"]])[0]


def test_texts():
    texts = ["one text", "another", "one text", "one text "]
    hashes = row_hashes(texts)
    assert hashes[0] == hashes[2]
    assert len(set(hashes)) == 3
    np.testing.assert_array_equal(hashes[:2], row_hashes(np.array(texts[:2])))
    np.testing.assert_array_equal(hashes[:2], row_hashes(pd.Series(texts[:2])))


def test_the_place_of_a_value_counts():
    hashes = row_hashes([[1, 2, 3], [3, 2, 1], [2, 1, 3]])
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("n_folds", [2, 5, 7])
def test_folds_are_even_and_independent_of_the_salt(n_folds):
    # few distinct small integers: the hardest values for a weak hash
    X = np.random.default_rng(0).integers(0, 3, size=(20_000, 12))
    X = np.unique(X, axis=0)
    first, second = (assign_folds(X, n_folds, salt) for salt in (1, 2))
    table = np.zeros((n_folds, n_folds))
    np.add.at(table, (first.astype(int), second.astype(int)), 1)
    assert stats.chisquare(table.sum(axis=1)).pvalue > 1e-3
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_images_of_any_size_and_blocks():
    images = np.random.default_rng(0).random((7, 500, 400, 3), dtype=np.float32)
    one_by_one = np.concatenate([row_hashes(image[np.newaxis]) for image in images])
    np.testing.assert_array_equal(row_hashes(images), one_by_one)


def test_known_hashes_do_not_change_between_releases():
    # a scorer saved by one release has to find the same folds in the next
    folds = assign_folds([[1.5, -2.0], [0.0, 7.25], [3.0, 1.0]], 5, salt=42)
    assert folds.tolist() == [4, 2, 4]


def test_frames_of_numbers_hash_as_their_columns_do():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "float": rng.normal(size=50),
            "single": rng.normal(size=50).astype(np.float32),
            "whole": rng.integers(-5, 5, size=50),
            "large": rng.integers(2**60, 2**61, size=50),
            "truth": rng.random(50) < 0.5,
        }
    )
    frame.loc[3, "float"] = np.nan
    for coarse in (False, True):
        mixed = row_hashes(frame.assign(text="a"), coarse)
        without = row_hashes(frame, coarse)
        assert len(np.unique(without)) == len(np.unique(mixed)) == 50
        np.testing.assert_array_equal(without, _frame_hashes(frame, coarse))


@pytest.mark.parametrize("coarse", [False, True])
def test_a_mixed_frame_hashes_alike_row_by_row_and_as_objects(coarse, monkeypatch):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "float": rng.normal(size=40),
            "text": rng.choice(["u", "v"], size=40),
            "whole": rng.integers(-5, 5, size=40),
            "kind": pd.Categorical(rng.choice(["x", None], size=40)),
            "nullable": pd.array([1, None] * 20, dtype="Int64"),
        }
    )
    frame.loc[::7, "float"] = np.nan
    together = row_hashes(frame, coarse)
    objects = frame.astype(object).to_numpy()
    np.testing.assert_array_equal(row_hashes(objects, coarse), together)
    one_by_one = [row_hashes(frame.iloc[[row]], coarse)[0] for row in range(40)]
    np.testing.assert_array_equal(together, one_by_one)
    monkeypatch.setattr(_row_hash, "_BLOCK", 17)
    np.testing.assert_array_equal(row_hashes(frame, coarse), together)
    monkeypatch.setattr(_row_hash, "_MANY", 3)
    np.testing.assert_array_equal(row_hashes(frame, coarse), together)


def test_frames_without_rows_or_columns():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["u", "v"]})
    assert row_hashes(frame[:0]).shape == (0,)
    assert row_hashes(frame[[]]).tolist() == [0, 0]
