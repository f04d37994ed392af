"""Corruptions of tables: faults of a kind, at a severity, in some columns."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skdrift.datasets._frames import from_polars, is_polars_frame, to_polars
from skdrift.datasets._images import check_severity
from skdrift.datasets._table_faults import FAULTS, is_number

#: The names that :func:`corrupt_table` knows.
TABLE_CORRUPTIONS = tuple(FAULTS)


def corrupt_table(X, kind, severity, random_state=None, columns=None):
    """Return a corrupted copy of a table.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_samples, n_features)
        The table, of pandas, polars or numpy. It is not changed.
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
          single one of them, as when a sensor stops;
        - ``"shuffle"``: in the same share of the rows the values of each column change
          rows, as after a wrong join;
        - ``"default"``: a share of .05, .1, .3, .6, 1 of the values of each column,
          missing ones too, becomes what a program puts where it knows no better: of
          numbers 0, -1, 999 or the median, of categories the first or the most
          frequent one, of truth values False, of dates 1970-01-01;
        - ``"clip"``: numbers are clipped at the quantiles .05, .1, .2, .3, .45 from
          below and from above, as by a sensor that is overdriven;
        - ``"offset"``: .25, .5, 1, 2, 5 standard deviations are added to a column or
          taken from it;
        - ``"mirror"``: in a share of .1, .2, .4, .7, 1 of the rows a number x becomes
          the column's minimum + maximum - x, as when a scale is read from the wrong
          end;
        - ``"round"``: numbers are rounded to multiples of .25, .5, 1, 2, 4 standard
          deviations;
        - ``"recode"``: a share of .1, .2, .4, .7, 1 of the categories of a column, but
          two at least, stand for each other, as after a change of the code book.
    severity : int
        From 1 (slight) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed of the rows, noise and orders.
    columns : list, default=None
        The columns to corrupt: names for a DataFrame, positions for an array. Where
        names have several levels, the first ones take all below them. ``None``
        takes all to which the kind applies: numbers for scale, noise, clip, offset,
        mirror and round, all but numbers and dates for the three kinds about
        categories, else all. Numbers that stand for categories have to be named.

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
    if not isinstance(kind, str) or kind not in FAULTS:
        raise ValueError(
            f"Unknown kind {kind!r}; expected one of {', '.join(TABLE_CORRUPTIONS)}."
        )
    level = check_severity(severity) - 1
    table = _as_frame(X)
    fault = FAULTS[kind]
    chosen = _choose_columns(table, columns, kind)
    rng = check_random_state(random_state)
    changed = fault.corrupt(
        [table.iloc[:, j] for j in chosen], fault.amounts[level], rng
    )
    parts = {j: table.iloc[:, j] for j in range(table.shape[1])}
    parts.update(zip(chosen, changed))
    # Columns are joined by position: names in a DataFrame need not be unique.
    result = pd.concat([parts[j] for j in range(table.shape[1])], axis=1)
    result.columns = table.columns
    if isinstance(X, pd.DataFrame):
        return result
    if is_polars_frame(X):
        return to_polars(result, X)
    return _as_array(result, np.asarray(X))


def _as_frame(X):
    if isinstance(X, pd.DataFrame):
        table = X
    elif is_polars_frame(X):
        table = from_polars(X)
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


def _choose_columns(table, columns, kind):
    """Positions of the columns to corrupt."""
    applies, what = FAULTS[kind].applies, FAULTS[kind].what
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
    labels = list(table.columns)
    # A tuple is one name where columns have several levels.
    one = np.isscalar(columns) or (isinstance(columns, tuple) and columns in labels)
    chosen = []
    for name in [columns] if one else list(columns):
        places = [j for j, label in enumerate(labels) if _is_named(label, name)]
        if isinstance(name, bool) or not places:
            raise ValueError(f"Unknown column {name!r}; the columns are {labels}.")
        chosen.extend(j for j in places if j not in chosen)
    if not chosen:
        raise ValueError("columns is empty: name at least one column, or None for all.")
    if applies is is_number:
        for j in chosen:
            if not applies(table.iloc[:, j]):
                raise ValueError(
                    f"{kind!r} applies to {what}; column {labels[j]!r} has type "
                    f"{table.dtypes.iloc[j]}."
                )
    return chosen


def _is_named(label, name):
    """Whether a column bears a name, whole or, of several levels, its first ones."""
    if isinstance(label, tuple) and label != name:
        first = name if isinstance(name, tuple) else (name,)
        return label[: len(first)] == first
    return label == name
