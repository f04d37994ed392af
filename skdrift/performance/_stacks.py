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
    """Types of the columns of a table, None where they do not say what it holds.

    What a column of objects holds is told by all of its values.
    """
    if isinstance(rows, np.ndarray):
        return rows.dtype if rows.ndim == 2 and rows.dtype.kind in "fiub" else None
    if not isinstance(rows, pd.DataFrame) or any(
        pd.api.types.is_object_dtype(one) for one in rows.dtypes
    ):
        return None
    return tuple(rows.dtypes)


def _stack(tables):
    if isinstance(tables[0], np.ndarray):
        return np.concatenate(tables)
    return pd.concat(tables, ignore_index=True)
