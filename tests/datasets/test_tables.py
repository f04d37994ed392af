"""Tests of the table corruptions."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal

from skdrift.datasets import TABLE_CORRUPTIONS, corrupt_table
from skdrift.datasets._table_faults import FAULTS

N = 2000
SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)


def make_table():
    rng = np.random.default_rng(0)
    letters = np.array(list("abcd"))
    objects = letters[rng.integers(4, size=N)].astype(object)
    objects[::10] = None
    return pd.DataFrame(
        {
            "float": rng.standard_normal(N),
            "float32": rng.standard_normal(N).astype(np.float32),
            "integer": rng.integers(0, 1000, N),
            "short": rng.integers(-100, 100, N).astype(np.int8),
            "nullable": pd.array(rng.integers(0, 9, N), dtype="Int64"),
            "truth": rng.random(N) < 0.5,
            "text": letters[rng.integers(4, size=N)],
            "object": objects,
            "category": pd.Categorical(letters[rng.integers(3, size=N)]),
            "size": pd.Categorical(
                np.array(["small", "large", "medium"])[rng.integers(3, size=N)],
                categories=["small", "medium", "large"],
                ordered=True,
            ),
            "day": pd.date_range("2020-01-01", periods=N),
        },
        index=np.arange(N)[::-1] + 7,
    )


@pytest.mark.parametrize("kind", TABLE_CORRUPTIONS)
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_frames_keep_shape_names_and_index(kind, severity):
    table = make_table()
    before = table.copy(deep=True)
    shifted = corrupt_table(table, kind, severity, random_state=0)
    assert_frame_equal(table, before)
    assert_array_equal(shifted.index, table.index)
    assert_array_equal(shifted.columns, table.columns)
    assert not shifted.equals(table)
    assert_frame_equal(shifted, corrupt_table(table, kind, severity, random_state=0))


OF_NUMBERS = [name for name in TABLE_CORRUPTIONS if FAULTS[name].what != "categories"]


@pytest.mark.parametrize("kind", OF_NUMBERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int16])
def test_arrays_keep_shape_and_type(kind, dtype):
    X = (100 * np.random.default_rng(0).standard_normal((300, 4))).astype(dtype)
    before = X.copy()
    shifted = corrupt_table(X, kind, 2, random_state=0)
    assert_array_equal(X, before)
    assert shifted.shape == X.shape
    has_missing = kind == "missing" and np.dtype(dtype).kind == "i"
    assert shifted.dtype == (np.float64 if has_missing else dtype)
    assert not np.array_equal(shifted, X)


@pytest.mark.parametrize(
    ("severity", "share"), list(enumerate((0.05, 0.1, 0.2, 0.4, 0.7), start=1))
)
def test_share_of_missing_values(severity, share):
    shifted = corrupt_table(np.ones((N, 10)), "missing", severity, random_state=0)
    assert_allclose(np.isnan(shifted).mean(axis=0), share, atol=4 * 0.5 / np.sqrt(N))


def test_missing_types():
    table = make_table()
    shifted = corrupt_table(table, "missing", 3, random_state=0)
    assert (shifted.isna().sum() > table.isna().sum()).all()
    kept = ["float", "float32", "nullable", "text", "category", "size", "day"]
    for name in kept:
        assert shifted.dtypes[name] == table.dtypes[name], name
    assert shifted.dtypes["integer"] == np.float64
    assert shifted.dtypes["truth"] == "boolean"
    present = shifted.notna()
    assert_array_equal(
        shifted["integer"][present["integer"]], table["integer"][present["integer"]]
    )


@pytest.mark.parametrize(("severity", "factor"), [(1, 1.2), (3, 10), (5, 1000)])
def test_scale(severity, factor):
    table = make_table()
    shifted = corrupt_table(table, "scale", severity)
    assert_allclose(shifted["float"], factor * table["float"])
    assert_allclose(shifted["float32"], factor * table["float32"], rtol=1e-6)
    assert_array_equal(shifted["integer"], np.rint(factor * table["integer"]))
    assert_array_equal(
        shifted["nullable"].astype(int), np.rint(factor * table["nullable"].astype(int))
    )
    assert_array_equal(shifted["short"], np.rint(factor * table["short"].astype(float)))
    for name in ("integer", "nullable", "float32"):
        assert shifted.dtypes[name] == table.dtypes[name]
    # 8 bits hold 1.2 times 100, and no larger product.
    assert shifted.dtypes["short"] == (np.int8 if factor == 1.2 else np.int64)
    untouched = ["truth", "text", "object", "category", "size", "day"]
    assert_frame_equal(shifted[untouched], table[untouched])


def test_nullable_types():
    table = pd.DataFrame(
        {
            "short": pd.array([1, 100, None], dtype="Int8"),
            "single": pd.array([1.5, None, 2.5], dtype="Float32"),
            "text": pd.array(["a", None, "b"], dtype="string"),
        }
    )
    shifted = corrupt_table(table, "scale", 3)
    assert list(shifted.dtypes) == ["Int64", "Float32", "string"]
    assert shifted["short"].tolist() == [10, 1000, pd.NA]
    shifted = corrupt_table(table, "missing", 5, random_state=0)
    assert list(shifted.dtypes) == list(table.dtypes)
    shifted = corrupt_table(table, "shift_category", 5)
    assert shifted["text"].tolist() == ["b", pd.NA, "a"]


def test_columns_without_finite_values_or_with_infinite_ones():
    X = np.array([[np.nan, np.inf], [np.nan, 1.0], [np.nan, 2.0]])
    for kind in set(OF_NUMBERS) - {"missing", "default", "stuck", "swap"}:
        shifted = corrupt_table(X, kind, 3, random_state=0)
        assert np.isnan(shifted[:, 0]).all()
        assert not np.isnan(shifted[:, 1]).any()
    noisy = corrupt_table(X, "noise", 3, random_state=0)
    assert np.isnan(noisy[:, 0]).all()
    assert np.isinf(noisy[0, 1])
    assert_allclose(noisy[1:, 1], X[1:, 1], atol=2)


def test_scale_beyond_all_integers_becomes_float():
    X = np.array([[2**62, 1]])
    shifted = corrupt_table(X, "scale", 5)
    assert shifted.dtype == np.float64
    assert_allclose(shifted, 1000.0 * X)


@pytest.mark.parametrize(
    ("severity", "std"), list(enumerate((0.1, 0.25, 0.5, 1, 2), start=1))
)
def test_noise_is_in_standard_deviations_of_the_column(severity, std):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, 3)) * [1, 10, 100]
    X[::7, 1] = np.nan
    shifted = corrupt_table(X, "noise", severity, random_state=0)
    assert_array_equal(np.isnan(shifted), np.isnan(X))
    noise = np.nanstd(shifted - X, axis=0) / np.nanstd(X, axis=0)
    assert_allclose(noise, std, rtol=0.08)


@pytest.mark.parametrize(("severity", "share"), list(enumerate(SHARES, start=1)))
def test_swap_moves_rows_between_columns(severity, share):
    X = np.tile([1.0, 2.0, 3.0], (N, 1))
    shifted = corrupt_table(X, "swap", severity, random_state=0)
    assert_array_equal(np.sort(shifted, axis=1), X)
    swapped = (shifted != X).any(axis=1)
    assert_allclose(swapped.mean(), share, atol=4 * 0.5 / np.sqrt(N))
    # A swapped row leaves no value where it was.
    assert (shifted != X)[swapped].all()


def test_swap_keeps_to_like_columns():
    table = make_table()[["float", "integer", "text", "truth", "category", "size"]]
    shifted = corrupt_table(table, "swap", 5, random_state=0)
    assert_array_equal(shifted["float"], table["integer"])
    assert_array_equal(shifted["integer"], table["float"])
    alone = ["text", "truth", "category", "size"]
    assert_frame_equal(shifted[alone], table[alone])
    with pytest.raises(ValueError, match=r"two columns of numbers.*got columns of"):
        corrupt_table(table[["float", "text"]], "swap", 1)


def test_swap_of_categories_that_agree():
    values = pd.Categorical(["x", "y"] * 5)
    table = pd.DataFrame({"one": values, "two": values[::-1]})
    shifted = corrupt_table(table, "swap", 5, random_state=0)
    assert_array_equal(shifted["one"], table["two"])
    assert shifted.dtypes["one"] == table.dtypes["one"]


@pytest.mark.parametrize(("severity", "share"), list(enumerate(SHARES, start=1)))
@pytest.mark.parametrize("name", ["text", "object", "category", "size", "truth"])
def test_shifted_categories_are_the_next_ones(severity, share, name):
    table = make_table()
    following = {
        "truth": {True: False, False: True},
        "size": {"small": "medium", "medium": "large", "large": "small"},
        "category": dict(zip("abc", "bca")),
    }.get(name, dict(zip("abcd", "bcda")))
    shifted = corrupt_table(table, "shift_category", severity, random_state=0)
    assert shifted.dtypes[name] == table.dtypes[name]
    assert_array_equal(shifted[name].isna(), table[name].isna())
    present = table[name].notna().to_numpy()
    old, new = table[name][present], shifted[name][present]
    changed = (old.astype(object) != new.astype(object)).to_numpy()
    assert_allclose(changed.mean(), share, atol=4 * 0.5 / np.sqrt(present.sum()))
    assert [following[value] for value in old[changed]] == list(new[changed])


@pytest.mark.parametrize(("severity", "share"), list(enumerate(SHARES, start=1)))
@pytest.mark.parametrize("name", ["text", "object", "category", "size"])
def test_unseen_categories_are_new(severity, share, name):
    table = make_table()
    shifted = corrupt_table(table, "unseen_category", severity, random_state=0)
    assert_array_equal(shifted[name].isna(), table[name].isna())
    present = table[name].notna().to_numpy()
    changed = (
        shifted[name][present].astype(object) != table[name][present].astype(object)
    ).to_numpy()
    assert_allclose(changed.mean(), share, atol=4 * 0.5 / np.sqrt(present.sum()))
    assert set(shifted[name][present][changed]) == {"unseen"}


def test_unseen_categories_keep_the_old_ones_and_avoid_their_names():
    table = pd.DataFrame(
        {
            "known": pd.Categorical(["unseen", "a"] * 10),
            "code": pd.Categorical([3, 1] * 10),
        }
    )
    shifted = corrupt_table(table, "unseen_category", 5, random_state=0)
    assert set(shifted["known"]) == {"unseen_"}
    assert list(shifted["known"].cat.categories) == ["a", "unseen", "unseen_"]
    assert set(shifted["code"]) == {4}


def test_categories_in_arrays():
    codes = np.tile([[0, 5], [1, 6], [2, 7]], (10, 1))
    shifted = corrupt_table(codes, "shift_category", 5, columns=[1])
    assert_array_equal(shifted[:3], [[0, 6], [1, 7], [2, 5]])
    assert shifted.dtype == codes.dtype
    shifted = corrupt_table(codes, "unseen_category", 5, columns=1)
    assert_array_equal(shifted[:3], [[0, 8], [1, 8], [2, 8]])
    text = np.array([["a", "x"], ["b", "y"]])
    shifted = corrupt_table(text, "shift_category", 5)
    assert_array_equal(shifted, [["b", "y"], ["a", "x"]])
    assert shifted.dtype.kind == "U"
    mixed = np.array([["a", 1.5], ["b", 2.5]], dtype=object)
    shifted = corrupt_table(mixed, "shift_category", 5)
    assert_array_equal(shifted, np.array([["b", 1.5], ["a", 2.5]], dtype=object))
    assert corrupt_table(mixed, "scale", 2)[1, 1] == 5.0


def test_truth_values_in_arrays():
    truth = np.array([[True, False], [False, False]] * 20)
    assert_array_equal(corrupt_table(truth, "shift_category", 5)[0], [False, False])
    shifted = corrupt_table(truth, "missing", 5, random_state=0)
    assert shifted.dtype == np.float64
    assert np.isnan(shifted).any()


@pytest.mark.parametrize(("severity", "share"), list(enumerate(SHARES, start=1)))
def test_stuck_values(severity, share):
    X = np.random.default_rng(0).standard_normal((N, 3))
    X[0] = np.nan
    shifted = corrupt_table(X, "stuck", severity, random_state=0)
    changed = shifted != X
    assert_allclose(changed[1:].mean(axis=0), share, atol=4 * 0.5 / np.sqrt(N))
    for j in range(3):
        (value,) = np.unique(shifted[1:, j][changed[1:, j]])
        assert value in X[:, j]


@pytest.mark.parametrize("kind", ["missing", "scale", "noise", "stuck"])
def test_only_the_named_columns_change(kind):
    table = make_table()
    shifted = corrupt_table(table, kind, 3, random_state=0, columns=["short", "float"])
    others = [c for c in table.columns if c not in ("short", "float")]
    assert_frame_equal(shifted[others], table[others])
    assert (shifted["float"] != table["float"]).any()
    assert (shifted["short"] != table["short"]).any()


def test_names_of_columns_may_repeat_or_be_numbers():
    table = pd.DataFrame(np.ones((4, 3)), columns=["a", "b", "a"])
    shifted = corrupt_table(table, "scale", 3, columns=["a"])
    assert_array_equal(shifted.to_numpy()[0], [10, 1, 10])
    table = pd.DataFrame(np.ones((4, 3)), columns=[5, 7, 9])
    assert_array_equal(corrupt_table(table, "scale", 3, columns=7).iloc[0], [1, 10, 1])


LEVELS = [("n", "a"), ("n", "b"), ("c", "a")]


@pytest.mark.parametrize(
    ("columns", "scaled"),
    [
        (None, [0, 1, 2]),
        ([("n", "b")], [1]),
        (("n", "b"), [1]),
        ("n", [0, 1]),
        (["c", ("n", "a")], [0, 2]),
    ],
)
def test_names_of_several_levels(columns, scaled):
    names = pd.MultiIndex.from_tuples(LEVELS, names=["kind", "name"])
    table = pd.DataFrame(np.ones((4, 3)), columns=names)
    shifted = corrupt_table(table, "scale", 3, columns=columns)
    assert shifted.columns.equals(names)
    assert shifted.columns.names == ["kind", "name"]
    assert np.flatnonzero(shifted.iloc[0] == 10).tolist() == scaled


@pytest.mark.parametrize("kind", TABLE_CORRUPTIONS)
def test_several_levels_suffer_every_kind(kind):
    table = make_table()
    names = pd.MultiIndex.from_product([["x"], table.columns])
    shifted = corrupt_table(table.set_axis(names, axis=1), kind, 4, random_state=0)
    expected = corrupt_table(table, kind, 4, random_state=0).set_axis(names, axis=1)
    assert_frame_equal(shifted, expected)


@pytest.mark.parametrize("kind", TABLE_CORRUPTIONS)
def test_index_does_not_matter(kind):
    table = make_table()
    shifted = corrupt_table(table, kind, 5, random_state=0)
    for index in (np.zeros(N, dtype=int), table["text"], table["day"]):
        again = corrupt_table(table.set_axis(index), kind, 5, random_state=0)
        assert_array_equal(again.index, index)
        assert_frame_equal(again.set_axis(table.index), shifted)


@pytest.mark.parametrize("kind", ["outlier", None, 4, ["scale"]])
def test_unknown_kind_names_the_known_ones(kind):
    with pytest.raises(ValueError, match="expected one of missing, scale, noise"):
        corrupt_table(np.ones((2, 2)), kind, 1)


@pytest.mark.parametrize("severity", [0, 6, 1.0, None, True])
def test_unknown_severity(severity):
    with pytest.raises(ValueError, match="severity must be one of 1, 2, 3, 4, 5"):
        corrupt_table(np.ones((2, 2)), "scale", severity)


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (np.ones(4), ("scale", 1), r"two dimensions.*\(4,\)"),
        (np.ones((0, 4)), ("scale", 1), r"empty.*\(0, 4\)"),
        (np.ones((4, 2)), ("scale", 1, None, [2]), r"Unknown column 2.*\[0, 1\]"),
        (np.ones((4, 2)), ("scale", 1, None, ["a"]), "Unknown column 'a'"),
        (np.ones((4, 2)), ("scale", 1, None, [True]), "Unknown column True"),
        (np.ones((4, 2)), ("scale", 1, None, []), "columns is empty"),
        (
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("n", "a")])),
            ("scale", 1, None, [("n", "b")]),
            r"Unknown column \('n', 'b'\); the columns are \[\('n', 'a'\)\]",
        ),
        (np.ones((4, 2)), ("shift_category", 1), r"no such column.*must be named"),
        (np.array([["a"]]), ("noise", 1), "applies to numbers, and the table has no"),
        (pd.DataFrame({"a": ["x"]}), ("scale", 1, None, "a"), "column 'a' has type"),
        (
            pd.DataFrame({"a": [True]}),
            ("unseen_category", 1, None, ["a"]),
            "does not apply to column 'a' of type bool",
        ),
    ],
)
def test_bad_tables_and_columns(table, arguments, message):
    with pytest.raises(ValueError, match=message):
        corrupt_table(table, *arguments)
