"""Tests of the faults, column by column, on values that can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdrift.datasets import corrupt_table
from skdrift.datasets._table_faults import FAULTS
from tests.datasets.test_tables import SHARES, N, make_table

DEFAULT_SHARES = (0.05, 0.1, 0.3, 0.6, 1.0)


def by_severity(name, amounts):
    return pytest.mark.parametrize(
        ("severity", name), list(enumerate(amounts, start=1))
    )


def band(share, n):
    return 4 * np.sqrt(max(share * (1 - share), 1e-9) / n)


def changed(shifted, table, name):
    old, new = table[name].astype(object), shifted[name].astype(object)
    return ((old != new) & ~(old.isna() & new.isna())).to_numpy()


def test_every_fault_has_an_amount_for_each_severity():
    for fault in FAULTS.values():
        assert len(fault.amounts) == 5
        assert len(set(np.sign(np.diff(fault.amounts)))) == 1


@by_severity("share", SHARES)
def test_shuffled_values_change_rows_within_their_column(severity, share):
    table = make_table()
    table["unique"] = np.arange(N)
    shifted = corrupt_table(table, "shuffle", severity, random_state=0)
    for name in table:
        assert shifted.dtypes[name] == table.dtypes[name]
        assert_array_equal(shifted[name].isna(), table[name].isna())
        present = table[name].notna()
        old, new = (
            frame.loc[present, name].astype(object) for frame in (table, shifted)
        )
        assert old.value_counts().to_dict() == new.value_counts().to_dict()
    moved = changed(shifted, table, "unique")
    assert_allclose(moved.mean(), share, atol=band(share, N) + 2 / N)
    # Columns are shuffled apart from each other.
    assert not np.array_equal(moved, changed(shifted, table, "float")) or share == 1


@by_severity("share", DEFAULT_SHARES)
def test_default_values_of_numbers(severity, share):
    rng = np.random.default_rng(0)
    X = rng.normal(10, 1, (N, 12))
    X[::5] = np.nan
    median = np.nanmedian(X, axis=0)
    shifted = corrupt_table(X, "default", severity, random_state=0)
    chosen = set()
    for j in range(12):
        rows = ~(
            (shifted[:, j] == X[:, j]) | (np.isnan(shifted[:, j]) & (X[:, j] != 0))
        )
        (value,) = np.unique(shifted[rows, j])
        assert_allclose(rows.mean(), share, atol=band(share, N))
        assert np.isnan(X[rows, j]).any()
        chosen.add("median" if value == median[j] else int(value))
    assert chosen == {0, -1, 999, "median"}


def test_default_values_of_all_types():
    table = make_table()
    table["pair"] = np.where(np.arange(N) % 3 == 0, "a", "b")
    table["zone"] = table["day"].dt.tz_localize("Asia/Tokyo")
    table["wait"] = table["day"] - table["day"].iloc[0]
    table["maybe"] = pd.array([True, None] * (N // 2), dtype="boolean")
    table["empty"] = None
    shifted = corrupt_table(table, "default", 5, random_state=0)
    expected = {
        "truth": {False},
        "maybe": {False},
        "day": {pd.Timestamp(0)},
        "zone": {pd.Timestamp(0, tz="Asia/Tokyo")},
        "wait": {pd.Timedelta(0)},
        "empty": {None},
    }
    for name, values in expected.items():
        assert set(shifted[name]) == values, name
        assert shifted.dtypes[name] == table.dtypes[name], name
    pairs = [corrupt_table(table[["pair"]], "default", 5, seed) for seed in range(20)]
    assert {pair["pair"].unique().item() for pair in pairs} == {"a", "b"}
    assert set(shifted["size"]) <= {"small", table["size"].mode()[0]}


def test_default_values_keep_integers_where_they_fit():
    table = pd.DataFrame(
        {
            "short": np.arange(-60, 60, dtype=np.int8),
            "counts": np.arange(120, dtype=np.uint8),
            "nullable": pd.array([1, None] * 60, dtype="Int8"),
        }
    )
    seen = set()
    for seed in range(20):
        shifted = corrupt_table(table, "default", 5, random_state=seed)
        for name in table:
            (value,) = shifted[name].unique()
            fits = {"short": value != 999, "nullable": value != 999}
            fits["counts"] = value in (0, 60)
            same = shifted.dtypes[name] == table.dtypes[name]
            assert same == fits[name]
            assert pd.api.types.is_integer_dtype(shifted[name])
            seen.add((name, value != 999))
    assert len(seen) == 6


@by_severity("quantile", (0.05, 0.1, 0.2, 0.3, 0.45))
def test_clipped_at_inner_quantiles(severity, quantile):
    X = np.random.default_rng(0).standard_normal((N, 2))
    X[::9, 0], X[::11, 1] = np.nan, np.inf
    shifted = corrupt_table(X, "clip", severity)
    for old, new in zip(X.T, shifted.T):
        low, high = np.quantile(old[np.isfinite(old)], [quantile, 1 - quantile])
        assert_array_equal(new, np.clip(old, low, high))


@by_severity("std", (0.25, 0.5, 1, 2, 5))
def test_offset_by_standard_deviations_with_a_sign_for_each_column(severity, std):
    X = np.random.default_rng(0).normal(3, 2, (N, 20))
    X[::7] = np.nan
    moved = corrupt_table(X, "offset", severity, random_state=0) - X
    assert_array_equal(np.isnan(moved), np.isnan(X))
    assert_allclose(np.nanstd(moved, axis=0), 0, atol=1e-12)
    amount = np.nanmean(moved, axis=0) / np.nanstd(X, axis=0)
    assert_allclose(np.abs(amount), std)
    assert set(np.sign(amount)) == {-1, 1}


@by_severity("share", SHARES)
def test_mirrored_between_minimum_and_maximum(severity, share):
    table = make_table()[["float", "integer", "nullable"]]
    shifted = corrupt_table(table, "mirror", severity, random_state=0)
    for name in table:
        assert shifted.dtypes[name] == table.dtypes[name]
        old, new = table[name].astype(float), shifted[name].astype(float)
        mirrored = old.min() + old.max() - old
        rows = (new != old).to_numpy()
        assert_allclose(new[rows], mirrored[rows])
        # A value in the very middle, such as 4 of 0 to 8, is its own mirror image.
        alike = np.isclose(old, mirrored).mean()
        assert_allclose(rows.mean(), share * (1 - alike), atol=band(share, N) + 0.01)


@by_severity("std", (0.25, 0.5, 1, 2, 4))
def test_rounded_to_multiples_of_standard_deviations(severity, std):
    X = np.random.default_rng(0).normal(5, 3, (N, 2))
    X[3] = np.nan
    shifted = corrupt_table(X, "round", severity)
    step = std * np.nanstd(X, axis=0)
    assert_array_equal(np.isnan(shifted), np.isnan(X))
    assert np.nanmax(np.abs(shifted - X) / step) <= 0.5 + 1e-9
    multiples = shifted[~np.isnan(X).any(axis=1)] / step
    assert_allclose(multiples, np.rint(multiples), atol=1e-9)


def test_constant_columns_have_no_spread_to_be_changed_by():
    X = np.full((5, 1), 7)
    for kind in ("noise", "offset", "round", "clip", "mirror"):
        assert_array_equal(corrupt_table(X, kind, 5, random_state=0), X)


@by_severity("n_moved", (2, 2, 4, 7, 10))
def test_recoded_categories_are_permuted_consistently(severity, n_moved):
    letters = np.array(list("abcdefghij"))
    values = letters[np.random.default_rng(0).integers(10, size=N)]
    table = pd.DataFrame({"text": values, "category": pd.Categorical(values)})
    table.loc[::9, "text"] = None
    shifted = corrupt_table(table, "recode", severity, random_state=0)
    assert_array_equal(shifted["text"].isna(), table["text"].isna())
    for name in table:
        assert shifted.dtypes[name] == table.dtypes[name]
        pairs = set(zip(table[name].dropna(), shifted[name].dropna()))
        code = dict(pairs)
        assert len(pairs) == len(code) == 10
        assert sorted(code.values()) == list(letters)
        assert sum(old != new for old, new in pairs) == n_moved


def test_recode_of_other_types():
    table = pd.DataFrame(
        {
            "truth": [True, False] * 4,
            "mixed": pd.Series([1, "a"] * 4, dtype=object),
            "single": ["x"] * 8,
            "code": [3, 1] * 4,
        }
    )
    shifted = corrupt_table(table, "recode", 1, random_state=0)
    assert shifted["truth"].tolist() == [False, True] * 4
    assert shifted["mixed"].tolist() == ["a", 1] * 4
    assert shifted[["single", "code"]].equals(table[["single", "code"]])
    shifted = corrupt_table(table, "recode", 1, random_state=0, columns=["code"])
    assert shifted["code"].tolist() == [1, 3] * 4


def test_whole_range_of_small_integers_is_kept():
    X = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    shifted = corrupt_table(X, "mirror", 5)
    assert shifted.dtype == np.uint8
    assert_array_equal(shifted, X[::-1])
