"""Tables put below each other, so that many small ones are read at once."""

import numpy as np
import pandas as pd

_TABLES_AT_ONCE = 10


def in_stacks(drawn):
    """Put tables below each other as far as that changes nothing in what is read.

    Parameters
    ----------
    drawn : iterable of (key, places, rows)
        Only rows with the same key are put together.

    Yields
    ------
    key : object
    parts : list of ndarray
        Places of each of the tables.
    rows : DataFrame, ndarray or other rows
        All of them, in the order of the parts.
    """
    waiting = {}
    for key, places, rows in drawn:
        types = _types_of(rows)
        if types is None:
            yield key, [places], rows
            continue
        parts, tables = waiting.setdefault((key, types), ([], []))
        parts.append(places)
        tables.append(rows)
        if len(parts) == _TABLES_AT_ONCE:
            del waiting[key, types]
            yield key, parts, _stack(tables)
    for (key, _), (parts, tables) in waiting.items():
        yield key, parts, _stack(tables)


def _types_of(rows):
    """Types of the columns of a table, None where they do not say what it holds."""
    if isinstance(rows, pd.DataFrame):
        types = tuple(_type_of(column) for _, column in rows.items())
    elif isinstance(rows, np.ndarray) and rows.ndim == 2:
        types = (_type_of(rows),)
        if rows.dtype == object:
            types = tuple(map(_type_of, rows.T))
    else:
        return None
    # By identity: to numpy, float64 equals None.
    return None if any(one is None for one in types) else types


def _type_of(column):
    """Type of a column; of one of objects, what all of its values are."""
    if column.dtype != object:
        return column.dtype
    found = pd.api.types.infer_dtype(column, skipna=True)
    return None if found.startswith("mixed") else found


def _stack(tables):
    if isinstance(tables[0], np.ndarray):
        return np.concatenate(tables)
    return pd.concat(tables, ignore_index=True)
