"""The faults that data suffer on their way to a model, column by column."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

_CELL_SHARE = (0.1, 0.2, 0.4, 0.7, 1.0)
_MISSING_SHARE = (0.05, 0.1, 0.2, 0.4, 0.7)
_DEFAULT_SHARE = (0.05, 0.1, 0.3, 0.6, 1.0)
_SCALE_FACTOR = (1.2, 2.0, 10.0, 100.0, 1000.0)
# In standard deviations of the column.
_NOISE_STD = (0.1, 0.25, 0.5, 1.0, 2.0)
_OFFSET_STD = (0.25, 0.5, 1.0, 2.0, 5.0)
_ROUND_STD = (0.25, 0.5, 1.0, 2.0, 4.0)
_CLIP_QUANTILE = (0.05, 0.1, 0.2, 0.3, 0.45)


class Fault(NamedTuple):
    """A kind of fault.

    Parameters
    ----------
    corrupt : callable
        Takes a list of columns, the amount and a RandomState; returns the columns
        changed.
    amounts : tuple of float
        The amount at each of the five severities.
    applies : callable
        Whether a column is of a type that suffers the fault.
    what : str
        The types, in words.
    """

    corrupt: object
    amounts: tuple
    applies: object
    what: str


def is_number(column):
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def is_category(column):
    return (
        isinstance(column.dtype, pd.CategoricalDtype)
        or types.is_object_dtype(column)
        or types.is_string_dtype(column)
        or types.is_bool_dtype(column)
    )


def is_extensible_category(column):
    return is_category(column) and not types.is_bool_dtype(column)


def is_any(column):
    return True


def _as_integers(values, dtype):
    """Round floats into the first integer type that holds them, else leave them."""
    rounded = np.rint(values)
    for candidate in (dtype, np.dtype(np.int64)):
        # Compared as Python's integers, because the largest ones are no floats.
        limits = np.iinfo(candidate)
        if limits.min <= int(rounded.min()) and int(rounded.max()) <= limits.max:
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
        lost = ~present & np.isnan(new)
        new = pd.Series(new, index=column.index, name=column.name).mask(lost)
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
        return values + std * _spread(values) * draw

    return [
        _with_numbers(column, partial(add, draw=rng.standard_normal(len(column))))
        for column in columns
    ]


def _swap(columns, share, rng):
    groups = {}
    for place, column in enumerate(columns):
        key = "number" if is_number(column) else str(column.dtype)
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
    if column.dtype != other.dtype and is_number(column):
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
        result.append(column.where(~rows, _map_values(column, following)))
    return result


def _map_values(column, new):
    """Column with each value replaced as the dict says."""
    return column.map(new).astype(column.dtype)


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
        if is_number(column) or types.is_numeric_dtype(known):
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


def _default(columns, share, rng):
    result = []
    for column in columns:
        rows = rng.random_sample(len(column)) < share
        choice = rng.random_sample()
        values = _default_values(column)
        if not values:
            result.append(column)
            continue
        value = values[int(choice * len(values))]
        if is_number(column):
            column = _with_numbers(column, partial(np.where, rows, value))
        else:
            column = column.mask(rows, value)
        result.append(column)
    return result


def _default_values(column):
    """Return what a form or a program puts where it knows no better."""
    if types.is_datetime64_any_dtype(column):
        return [pd.Timestamp(0, tz=getattr(column.dt, "tz", None))]
    if types.is_timedelta64_dtype(column):
        return [pd.Timedelta(0)]
    if types.is_bool_dtype(column):
        return [False]
    if is_number(column):
        present = _finite(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return [0.0, -1.0, 999.0, *([np.median(present)] if len(present) else [])]
    # The first entry of the list that one chooses from, or the usual one.
    values = _categories(column)
    return [values[0], column.value_counts().idxmax()] if values else []


def _shuffle(columns, share, rng):
    result = []
    for column in columns:
        rows = rng.random_sample(len(column)) < share
        places = np.flatnonzero(rows & column.notna().to_numpy())
        order = np.arange(len(column))
        order[places] = rng.permutation(places)
        result.append(column.iloc[order].set_axis(column.index))
    return result


def _clip(columns, quantile, rng):
    def clip(values):
        present = _finite(values)
        if not len(present):
            return values
        return np.clip(values, *np.quantile(present, [quantile, 1 - quantile]))

    return [_with_numbers(column, clip) for column in columns]


def _offset(columns, std, rng):
    def add(values, sign):
        return values + sign * std * _spread(values)

    signs = rng.choice([-1.0, 1.0], size=len(columns))
    return [
        _with_numbers(column, partial(add, sign=sign))
        for column, sign in zip(columns, signs)
    ]


def _mirror(columns, share, rng):
    def mirror(values, rows):
        present = _finite(values)
        if not len(present):
            return values
        return np.where(rows, present.min() + present.max() - values, values)

    return [
        _with_numbers(
            column, partial(mirror, rows=rng.random_sample(len(column)) < share)
        )
        for column in columns
    ]


def _round(columns, std, rng):
    def snap(values):
        step = std * _spread(values)
        return step * np.rint(values / step) if step > 0 else values

    return [_with_numbers(column, snap) for column in columns]


def _recode(columns, share, rng):
    result = []
    for column in columns:
        values = _categories(column)
        # Two codes at least change places: one alone has nowhere to go.
        n_moved = min(max(2, round(share * len(values))), len(values))
        moved = [values[j] for j in rng.permutation(len(values))[:n_moved]]
        code = dict(zip(values, values))
        code.update(zip(moved, moved[1:] + moved[:1]))
        result.append(_map_values(column, code))
    return result


def _finite(values):
    return values[np.isfinite(values)]


def _spread(values):
    """Return the standard deviation of the finite values, 0 without any."""
    present = _finite(values)
    return np.std(present) if len(present) else 0.0


FAULTS = {
    "missing": Fault(_missing, _MISSING_SHARE, is_any, "any type"),
    "scale": Fault(_scale, _SCALE_FACTOR, is_number, "numbers"),
    "noise": Fault(_noise, _NOISE_STD, is_number, "numbers"),
    "swap": Fault(_swap, _CELL_SHARE, is_any, "any type"),
    "shift_category": Fault(_shift_category, _CELL_SHARE, is_category, "categories"),
    "unseen_category": Fault(
        _unseen_category, _CELL_SHARE, is_extensible_category, "categories"
    ),
    "stuck": Fault(_stuck, _CELL_SHARE, is_any, "any type"),
    "shuffle": Fault(_shuffle, _CELL_SHARE, is_any, "any type"),
    "default": Fault(_default, _DEFAULT_SHARE, is_any, "any type"),
    "clip": Fault(_clip, _CLIP_QUANTILE, is_number, "numbers"),
    "offset": Fault(_offset, _OFFSET_STD, is_number, "numbers"),
    "mirror": Fault(_mirror, _CELL_SHARE, is_number, "numbers"),
    "round": Fault(_round, _ROUND_STD, is_number, "numbers"),
    "recode": Fault(_recode, _CELL_SHARE, is_category, "categories"),
}
