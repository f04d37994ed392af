"""Corruptions of tables: the faults that data suffer on their way to a model."""

from functools import partial

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.utils import check_random_state

from skdrift.datasets._images import check_severity

_MISSING_SHARE = (0.05, 0.1, 0.2, 0.4, 0.7)
_SCALE_FACTOR = (1.2, 2.0, 10.0, 100.0, 1000.0)
_NOISE_STD = (0.1, 0.25, 0.5, 1.0, 2.0)
_CELL_SHARE = (0.1, 0.2, 0.4, 0.7, 1.0)


def corrupt_table(X, kind, severity, random_state=None, columns=None):
    """Return a corrupted copy of a table.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_rows, n_columns)
        The table. It is not changed.
    kind : str
        One of `TABLE_CORRUPTIONS`, with what severities 1 to 5 stand for:

        - ``"missing"``: a share of .05, .1, .2, .4, .7 of the values goes missing;
        - ``"scale"``: all values are multiplied by 1.2, 2, 10, 100, 1000, as when a
          unit is mistaken;
        - ``"noise"``: Gaussian noise of .1, .25, .5, 1, 2 standard deviations of the
          column's finite values is added;
        - ``"swap"``: in a share of .1, .2, .4, .7, 1 of the rows the columns stand in
          each other's place. Numbers only swap with numbers, other columns with
          columns of the same type;
        - ``"shift_category"``: the same share of the values of each column is replaced
          by the next one in order, the last one by the first, as after an error in a
          code table;
        - ``"unseen_category"``: the same share of the values is replaced by a new one;
        - ``"stuck"``: the same share of the values of each column is replaced by a
          single one of them, as when a sensor stops.
    severity : int
        From 1 (slight) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed of the rows, noise and orders.
    columns : list, default=None
        The columns to corrupt: names for a DataFrame, positions for an array. ``None``
        takes all to which the kind applies: numbers for scale and noise, all that are
        not numbers for the two kinds about categories, else all. Numbers that stand
        for categories have to be named.

    Returns
    -------
    ndarray or DataFrame
        The corrupted table, of the shape, index and columns of `X`. Types are kept as
        far as they can hold the new values: integers are rounded, become wider where
        they would overflow and floats where values are missing, truth values become
        pandas' nullable ones, and categories gain those that are new.

    Raises
    ------
    ValueError
        If the kind, the severity or a column is unknown, or the kind does not apply to
        a column.

    See Also
    --------
    corrupt_images : The same for images.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdrift.datasets import corrupt_table
    >>> table = pd.DataFrame({"height": [1.6, 1.7, 1.8], "colour": ["r", "g", "r"]})
    >>> corrupt_table(table, "scale", 4)
       height colour
    0   160.0      r
    1   170.0      g
    2   180.0      r
    """
    if not isinstance(kind, str) or kind not in _CORRUPTIONS:
        raise ValueError(
            f"Unknown kind {kind!r}; expected one of {', '.join(TABLE_CORRUPTIONS)}."
        )
    level = check_severity(severity) - 1
    table = _as_frame(X)
    corrupt, settings, applies, what = _CORRUPTIONS[kind]
    chosen = _choose_columns(table, columns, kind, applies, what)
    rng = check_random_state(random_state)
    changed = corrupt([table.iloc[:, j] for j in chosen], settings[level], rng)
    parts = {j: table.iloc[:, j] for j in range(table.shape[1])}
    parts.update(zip(chosen, changed))
    # Columns are joined by position: names in a DataFrame need not be unique.
    result = pd.concat([parts[j] for j in range(table.shape[1])], axis=1)
    result.columns = table.columns
    return result if isinstance(X, pd.DataFrame) else _as_array(result, np.asarray(X))


def _as_frame(X):
    if isinstance(X, pd.DataFrame):
        table = X
    else:
        array = np.asarray(X)
        if array.ndim != 2:
            raise ValueError(
                "A table must have two dimensions (rows, columns); got an array of "
                f"shape {array.shape}."
            )
        table = pd.DataFrame(array)
        if array.dtype.kind == "O":
            table = table.infer_objects()
    if table.size == 0:
        raise ValueError(f"The table is empty: its shape is {table.shape}.")
    return table


def _as_array(table, original):
    kind = original.dtype.kind
    if kind in "OUS":
        values = table.to_numpy(dtype=object)
        has_missing = table.isna().to_numpy().any()
        return values if kind == "O" or has_missing else values.astype(kind)
    if kind == "b":
        # An array has no truth value that is missing; a float's NaN is one.
        has_missing = table.isna().to_numpy().any()
        return table.to_numpy(
            dtype=np.float64 if has_missing else bool, na_value=np.nan
        )
    return table.to_numpy()


def _choose_columns(table, columns, kind, applies, what):
    if columns is None:
        chosen = [j for j in range(table.shape[1]) if applies(table.iloc[:, j])]
        if not chosen:
            hint = " Numbers that stand for categories must be named in columns."
            raise ValueError(
                f"{kind!r} applies to {what}, and the table has no such column: its "
                f"types are {sorted({str(dtype) for dtype in table.dtypes})}."
                + hint
                * (what == "categories")
            )
        return chosen
    names = [columns] if np.isscalar(columns) else list(columns)
    chosen = []
    for name in names:
        places = np.flatnonzero(table.columns == name)
        if isinstance(name, bool) or not len(places):
            raise ValueError(
                f"Unknown column {name!r}; the columns are {list(table.columns)}."
            )
        chosen.extend(int(j) for j in places if j not in chosen)
    if not chosen:
        raise ValueError("columns is empty: name at least one column, or None for all.")
    if applies is _is_number:
        for j in chosen:
            if not applies(table.iloc[:, j]):
                raise ValueError(
                    f"{kind!r} applies to {what}; column {table.columns[j]!r} has type "
                    f"{table.dtypes.iloc[j]}."
                )
    return chosen


def _is_number(column):
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def _is_category(column):
    return (
        isinstance(column.dtype, pd.CategoricalDtype)
        or types.is_object_dtype(column)
        or types.is_string_dtype(column)
        or types.is_bool_dtype(column)
    )


def _is_extensible_category(column):
    return _is_category(column) and not types.is_bool_dtype(column)


def _is_any(column):
    return True


def _as_integers(values, dtype):
    """Round floats into the first integer type that holds them, else leave them."""
    rounded = np.rint(values)
    for candidate in (dtype, np.dtype(np.int64)):
        # The largest integers are no floats: the next float below them is meant.
        low, high = float(np.iinfo(candidate).min), float(np.iinfo(candidate).max)
        if rounded.min() >= low and rounded.max() < high:
            return rounded.astype(candidate)
    return rounded


def _with_numbers(column, compute):
    """Apply a function of floats to a column of numbers, keeping its type."""
    if types.is_extension_array_dtype(column):
        present = column.notna().to_numpy()
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        new = compute(values)
        if types.is_integer_dtype(column):
            new = np.rint(new)
        new = pd.Series(new, index=column.index, name=column.name)
        new = new.where(present)
        for dtype in (column.dtype, "Int64"):
            try:
                return new.astype(dtype)
            except (TypeError, ValueError, OverflowError):
                pass
        return new.astype("Float64")
    values = column.to_numpy(dtype=np.float64)
    new = compute(values)
    if types.is_integer_dtype(column):
        new = _as_integers(new, column.dtype)
    else:
        new = new.astype(column.dtype)
    return pd.Series(new, index=column.index, name=column.name)


def _missing(columns, share, rng):
    result = []
    for column in columns:
        lost = rng.random_sample(len(column)) < share
        if types.is_bool_dtype(column) and not types.is_extension_array_dtype(column):
            column = column.astype("boolean")
        result.append(column.mask(lost))
    return result


def _scale(columns, factor, rng):
    return [_with_numbers(column, lambda x: x * factor) for column in columns]


def _noise(columns, std, rng):
    def add(values, draw):
        present = values[np.isfinite(values)]
        return values + std * (np.std(present) if len(present) else 0.0) * draw

    return [
        _with_numbers(column, partial(add, draw=rng.standard_normal(len(column))))
        for column in columns
    ]


def _swap(columns, share, rng):
    groups = {}
    for place, column in enumerate(columns):
        key = "number" if _is_number(column) else str(column.dtype)
        if isinstance(column.dtype, pd.CategoricalDtype):
            key = (*column.cat.categories, column.cat.ordered)
        groups.setdefault(key, []).append(place)
    groups = [places for places in groups.values() if len(places) > 1]
    if not groups:
        raise ValueError(
            "'swap' needs two columns of numbers, or two others of the same type; got "
            f"columns of types {[str(column.dtype) for column in columns]}."
        )
    result = list(columns)
    rows = rng.random_sample(len(columns[0])) < share
    for places in groups:
        order = rng.permutation(places)
        for place, source in zip(order, np.roll(order, 1)):
            result[place] = _blend(columns[place], columns[source], rows)
    return result


def _blend(column, other, rows):
    """Take the other column's values in the given rows."""
    other = other.set_axis(column.index)
    if column.dtype != other.dtype and _is_number(column):
        common = pd.concat([column.head(0), other.head(0)]).dtype
        column, other = column.astype(common), other.astype(common)
    return column.where(~rows, other)


def _categories(column):
    """Return the distinct values present, in the order of the type or sorted."""
    present = column.dropna().unique()
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [value for value in column.cat.categories if value in present]
    try:
        return sorted(present)
    except TypeError:
        return sorted(present, key=lambda value: (type(value).__name__, str(value)))


def _shift_category(columns, share, rng):
    result = []
    for column in columns:
        values = _categories(column)
        following = dict(zip(values, values[1:] + values[:1]))
        rows = rng.random_sample(len(column)) < share
        shifted = column.map(following).astype(column.dtype)
        result.append(column.where(~rows, shifted))
    return result


def _unseen_category(columns, share, rng):
    result = []
    for column in columns:
        rows = rng.random_sample(len(column)) < share
        rows &= column.notna().to_numpy()
        if types.is_bool_dtype(column) or types.is_datetime64_any_dtype(column):
            raise ValueError(
                f"'unseen_category' does not apply to column {column.name!r} of type "
                f"{column.dtype}."
            )
        if isinstance(column.dtype, pd.CategoricalDtype):
            known = column.cat.categories
        else:
            known = _categories(column)
        if _is_number(column) or types.is_numeric_dtype(known):
            new = max(known, default=0) + 1
        else:
            new = "unseen"
            while new in known:
                new += "_"
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.add_categories([new])
        result.append(column.mask(rows, new))
    return result


def _stuck(columns, share, rng):
    result = []
    for column in columns:
        rows = rng.random_sample(len(column)) < share
        present = np.flatnonzero(column.notna().to_numpy())
        place = rng.random_sample()
        if len(present):
            value = column.iloc[present[int(place * len(present))]]
            column = column.mask(rows, value)
        result.append(column)
    return result


_CORRUPTIONS = {
    "missing": (_missing, _MISSING_SHARE, _is_any, "any type"),
    "scale": (_scale, _SCALE_FACTOR, _is_number, "numbers"),
    "noise": (_noise, _NOISE_STD, _is_number, "numbers"),
    "swap": (_swap, _CELL_SHARE, _is_any, "any type"),
    "shift_category": (_shift_category, _CELL_SHARE, _is_category, "categories"),
    "unseen_category": (
        _unseen_category,
        _CELL_SHARE,
        _is_extensible_category,
        "categories",
    ),
    "stuck": (_stuck, _CELL_SHARE, _is_any, "any type"),
}

#: The names that :func:`corrupt_table` knows.
TABLE_CORRUPTIONS = tuple(_CORRUPTIONS)
