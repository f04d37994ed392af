"""Tables of other libraries as pandas' and back."""

import numpy as np
import pandas as pd


def is_polars_frame(X):
    """Whether X is a polars DataFrame; a lazy one is refused."""
    kind = type(X)
    if kind.__module__.split(".")[0] != "polars":
        return False
    if kind.__name__ == "LazyFrame":
        raise TypeError(
            "A LazyFrame holds no rows yet; collect() it into a DataFrame first."
        )
    return kind.__name__ == "DataFrame"


def from_polars(X):
    """Polars DataFrame as pandas', with types that hold the same values.

    Integers and truth values with nulls become pandas' nullable ones, categories and
    enumerations pandas' categories. A null in a column of floats becomes NaN.
    """
    return pd.DataFrame({name: _column(X[name]) for name in X.columns})


def _column(series):
    kind = str(series.dtype).partition("(")[0]
    values = series.to_list()
    if kind == "Enum":
        return pd.Categorical(values, categories=list(series.dtype.categories))
    if kind == "Categorical":
        return pd.Categorical(values)
    if kind in ("Date", "Datetime"):
        return pd.to_datetime(pd.Series(values, dtype=object))
    if kind == "Duration":
        return pd.to_timedelta(pd.Series(values, dtype=object))
    if kind == "Decimal":
        return series.cast(float).to_numpy()
    if series.null_count() and (kind == "Boolean" or series.dtype.is_integer()):
        return pd.array(values, dtype=kind.lower() if kind == "Boolean" else kind)
    if kind == "Boolean" or series.dtype.is_numeric():
        return series.to_numpy()
    return pd.Series(values, dtype=object)


def to_polars(table, original):
    """Put the columns of a table into a copy of a polars DataFrame.

    Parameters
    ----------
    table : pandas.DataFrame
        Made from `original`, with columns replaced.
    original : polars.DataFrame

    Returns
    -------
    polars.DataFrame
        Types are those of `original` where they hold the values.
    """
    import polars as pl

    columns = []
    for name, (_, column) in zip(original.columns, table.items(), strict=True):
        before = original[name]
        values = column.astype(object).where(column.notna().to_numpy(), None).tolist()
        columns.append(_series(pl, [_plain(value, before) for value in values], before))
    return pl.DataFrame(columns)


def _plain(value, before):
    """Python's own time in place of pandas', and integers that had become floats."""
    if isinstance(value, float) and before.dtype.is_integer() and value.is_integer():
        return int(value)
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
        return value.date() if str(before.dtype) == "Date" else value
    return value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value


def _series(pl, values, before):
    """Return values as the type that they had, or as the next one that holds them."""
    if before.dtype.is_float():
        # A NaN that was there is no null.
        was_nan = before.is_nan().fill_null(False).to_list()
        values = [np.nan if v is None and nan else v for v, nan in zip(values, was_nan)]
    candidates = [before.dtype]
    if before.dtype.is_numeric():
        candidates += [pl.Int64, pl.Float64]
    if str(before.dtype).startswith("Enum"):
        known = list(before.dtype.categories)
        new = {v: None for v in values if v is not None and v not in known}
        candidates.append(pl.Enum([*known, *new]))
    for dtype in candidates:
        try:
            return pl.Series(before.name, values, dtype=dtype, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            continue
    return pl.Series(before.name, values, strict=False)
