"""Tests of tables of polars."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from skdrift.datasets import TABLE_CORRUPTIONS, corrupt_table
from skdrift.datasets._frames import from_polars, is_polars_frame, to_polars
from tests.datasets.test_tables import make_table

pl = pytest.importorskip("polars")


def every_type():
    days = [dt.datetime(2020, 1, 1, 3), None, dt.datetime(2021, 1, 1)]
    return pl.DataFrame(
        {
            "whole": [1, 2, 3],
            "gap": [1, None, 3],
            "byte": pl.Series([1, 2, 255], dtype=pl.UInt8),
            "float": [1.5, None, float("nan")],
            "single": pl.Series([1.5, 2.5, None], dtype=pl.Float32),
            "money": pl.Series(["1.50", None, "2.25"]).cast(pl.Decimal(10, 2)),
            "text": ["a", "b", None],
            "truth": [True, False, True],
            "doubt": [True, None, False],
            "colour": pl.Series(["r", "g", None], dtype=pl.Categorical),
            "size": pl.Series(["s", None, "l"], dtype=pl.Enum(["s", "m", "l"])),
            "day": [day and day.date() for day in days],
            "time": days,
            "zone": pl.Series(days).dt.replace_time_zone("Europe/Rome"),
            "wait": [dt.timedelta(1), None, dt.timedelta(0, 5)],
        }
    )


def test_there_and_back():
    table = every_type()
    assert is_polars_frame(table)
    assert not is_polars_frame(table["whole"])
    assert not is_polars_frame(pd.DataFrame())
    back = to_polars(from_polars(table), table)
    assert back.schema == table.schema
    assert back.equals(table)


def test_types_in_between():
    dtypes = from_polars(every_type()).dtypes.astype(str)
    assert dtypes[["whole", "gap", "byte"]].tolist() == ["int64", "Int64", "uint8"]
    assert dtypes[["float", "single"]].tolist() == ["float64", "float32"]
    assert dtypes[["truth", "doubt"]].tolist() == ["bool", "boolean"]
    assert dtypes[["colour", "size"]].tolist() == ["category", "category"]
    assert all(dtypes[["day", "time", "zone"]].str.startswith("datetime64"))


@pytest.mark.parametrize("kind", TABLE_CORRUPTIONS)
def test_the_same_as_of_pandas(kind):
    # Polars has no ordered categories but enumerations.
    table = make_table().reset_index(drop=True)
    table["size"] = table["size"].cat.set_categories(["small", "medium", "large"])
    given = pl.DataFrame(
        {
            name: table[name].astype(object).where(table[name].notna(), None).tolist()
            for name in table
        },
        schema_overrides={
            "category": pl.Categorical,
            "size": pl.Enum(["small", "medium", "large"]),
            "short": pl.Int8,
            "float32": pl.Float32,
        },
    )
    before = given.clone()
    shifted = corrupt_table(given, kind, 4, random_state=0)
    assert given.equals(before)
    assert isinstance(shifted, pl.DataFrame)
    assert shifted.columns == given.columns
    expected = corrupt_table(table, kind, 4, random_state=0)
    for name in table:
        column = expected[name].astype(object)
        values = column.where(column.notna(), None).tolist()
        if kind == "swap" and name == "float32":
            # Single precision stays in polars where pandas takes the other column's.
            values = pytest.approx(values, rel=1e-6)
        assert shifted[name].to_list() == values, name


def test_types_are_kept_where_they_hold_the_values():
    table = every_type()
    lost = corrupt_table(table, "missing", 5, random_state=0)
    assert lost.schema == table.schema
    assert (
        lost.null_count().sum_horizontal().item()
        > table.null_count().sum_horizontal().item()
    )
    wide = corrupt_table(table, "scale", 5)
    assert wide.schema["byte"] == pl.Int64
    assert wide["byte"].to_list() == [1000, 2000, 255000]
    assert wide["money"].to_list() == [1500, None, 2250]
    new = corrupt_table(table, "unseen_category", 5)
    assert new.schema["size"].categories.to_list() == ["s", "m", "l", "unseen"]
    assert new["colour"].to_list() == ["unseen", "unseen", None]
    assert new.schema["colour"] == pl.Categorical
    nan = corrupt_table(table, "scale", 1)["float"].to_list()
    assert nan[1] is None
    assert np.isnan(nan[2])


def test_columns_are_named():
    table = every_type()
    shifted = corrupt_table(table, "scale", 3, columns=["whole"])
    assert shifted["whole"].to_list() == [10, 20, 30]
    assert shifted.drop("whole").equals(table.drop("whole"))
    with pytest.raises(ValueError, match="Unknown column 'none'"):
        corrupt_table(table, "scale", 3, columns=["none"])


def test_lazy_frames_are_refused():
    with pytest.raises(TypeError, match=r"collect\(\) it into a DataFrame first"):
        corrupt_table(every_type().lazy(), "missing", 3)
