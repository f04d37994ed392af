"""Where values stand among sorted reference values, many at once.

A binary search that asks one value at a time spends its time on branches that the
processor cannot foresee. Here all values take each step together, and a guide table,
which divides the range of the reference into equal cells, lets them start near the
end of the search (Chen and Asau, "On generating random variates from an empirical
distribution", AIIE Transactions 6, 1974).
"""

import numpy as np

# Values handled at once, so that intermediate arrays stay in the processor's cache: in
# a search, and in all that is done to a block of batches.
_SEARCH_BLOCK, _BLOCK = 2**14, 2**15
# Cells of a guide table for each reference value, and at most; how many values to look
# up for each reference value make a table worth its while.
_CELLS, _MOST_CELLS = 8, 2**20
_WORTH_A_TABLE = 4
# Values of a single column up to which starting the machinery costs more than it saves.
_FEW = 2_000


class Places:
    """Find the places of values among the sorted values of each reference column.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis, finite.
    n_lookups : int
        How many values a column will be asked about, about.

    Examples
    --------
    >>> places = Places(np.array([[1.0, 2.0, 2.0, 5.0]]), n_lookups=3)
    >>> places.below(np.array([[0.0, 2.0, 7.0]]))
    array([[0, 1, 4]])
    """

    def __init__(self, reference, n_lookups):
        self._reference = reference
        n = reference.shape[1]
        guided = n_lookups >= _WORTH_A_TABLE * n
        self._guides = [_guide(column) for column in reference] if guided else None

    def below(self, values, columns=None):
        """Count the reference values below each value, as ``searchsorted`` does.

        Parameters
        ----------
        values : ndarray of shape (n_some_columns, ...)
            Finite values, faster if they are sorted.
        columns : range, default=None
            The columns that the values belong to; None: all.

        Returns
        -------
        places : ndarray of int64, of the shape of ``values``
        """
        if columns is None:
            columns = range(len(self._reference))
        if self._guides is None:
            if len(columns) == 1 and values.size <= _FEW:
                return self._reference[columns[0]].searchsorted(values)
            return _search_columns(
                self._reference[columns.start : columns.stop], values
            )
        places = np.empty(values.shape, dtype=np.int64)
        for column, answer, asked in zip(columns, places, values):
            _search_guided(*self._guides[column], asked, answer)
        return places


def placed_blocks(reference, batches):
    """Sort batches and find their places in the reference, block by block.

    Parameters
    ----------
    reference : ndarray of shape (n_columns, n)
        Sorted along the last axis, finite.
    batches : ndarray of shape (n_columns, n_batches, m)
        In any order, finite.

    Yields
    ------
    block : tuple of slice
        Which columns and batches.
    below, not_above : ndarray of int64 of shape (n_some_columns, n_some_batches, m)
        Reference values below, and not above, each batch value in ascending order; one
        and the same array if no batch value of the block equals a reference value.
    tied : ndarray of bool of shape (n_some_columns, n_some_batches)
        Whether the pooled sample has ties.
    """
    n_columns, n = reference.shape
    n_batches, m = batches.shape[1:]
    places = Places(reference, n_batches * m)
    columns_at_once = max(1, _BLOCK // (n_batches * m))
    batches_at_once = min(n_batches, max(1, _BLOCK // m))
    for column in range(0, n_columns, columns_at_once):
        columns = range(column, min(column + columns_at_once, n_columns))
        known = reference[column : columns.stop]
        reference_tied = (known[:, 1:] == known[:, :-1]).any(axis=1)
        ties_end = None
        for batch in range(0, n_batches, batches_at_once):
            block = np.s_[columns.start : columns.stop, batch : batch + batches_at_once]
            values = np.sort(batches[block], axis=-1)
            below = places.below(values, columns)
            # The reference value at each place, the last one beyond the end.
            at = below + np.reshape(np.arange(len(columns)) * n, (-1, 1, 1))
            at -= below == n
            meets = known.reshape(-1).take(at) == values
            repeats = values[..., 1:] == values[..., :-1]
            tied = np.broadcast_to(reference_tied[:, None], values.shape[:-1])
            if repeats.any():
                tied = tied | repeats.any(axis=-1)
            not_above = below
            if meets.any():
                tied = tied | meets.any(axis=-1)
                if ties_end is None:
                    ties_end = _where_ties_end(known)
                not_above = np.where(meets, ties_end.reshape(-1).take(at), below)
            yield block, below, not_above, tied


def _where_ties_end(reference):
    """For each value, how many values of its column are not above it."""
    n = reference.shape[1]
    ends = np.where(reference[:, 1:] != reference[:, :-1], np.arange(1, n), n)
    ends = np.append(ends, np.full((len(ends), 1), n), axis=1)
    return np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]


def count_values(distinct, values):
    """Count values below, and not above, each of the distinct reference values.

    Parameters
    ----------
    distinct : ndarray of shape (n_distinct,)
        In ascending order, finite.
    values : ndarray of shape (n_values,)
        Finite, in any order.

    Returns
    -------
    below, not_above : ndarray of int64 of shape (n_distinct,)

    Examples
    --------
    >>> count_values(np.array([1.0, 2.0]), np.array([2.0, 1.5, 9.0, 1.0]))
    (array([0, 2]), array([1, 3]))
    """
    n = distinct.size
    places = Places(distinct[None], values.size)
    arrived, met = np.zeros((2, n + 1), dtype=np.int64)
    # What lies beyond the last value meets nothing.
    ends = np.append(distinct, distinct.dtype.type(np.nan))
    for start in range(0, values.size, _SEARCH_BLOCK):
        part = values[start : start + _SEARCH_BLOCK]
        place = places.below(part[None])[0]
        arrived += np.bincount(place, minlength=n + 1)
        meets = ends.take(place) == part
        if meets.any():
            met += np.bincount(place[meets], minlength=n + 1)
    not_above = arrived.cumsum()[:-1]
    return not_above - met[:-1], not_above


def _guide(column):
    """Table of where to start in a sorted column.

    The cell of a value is a function that never falls, computed for reference and
    looked-up values in the same way. So a value's place is that of the first reference
    value of its cell or up to ``longest`` beyond, and what lies beyond the cell is
    larger than the value.
    """
    column = column.astype(np.float64, copy=False)
    first = column[0]
    with np.errstate(over="ignore", divide="ignore"):
        n_cells = min(_CELLS * column.size, _MOST_CELLS)
        scale = (n_cells - 1) / (column[-1] - first)
    if not 0 < scale < np.inf:
        # A constant column, or one too wide or too narrow to be divided.
        n_cells, first, scale = 1, 0.0, 0.0
    counts = np.bincount(_cells(column, first, scale, n_cells), minlength=n_cells)
    start = counts.cumsum() - counts
    longest = int(counts.max())
    beyond = np.full(longest, np.inf)
    return np.concatenate((column, beyond)), start, longest, first, scale


def _cells(values, first, scale, n_cells):
    if n_cells == 1:
        return np.zeros(values.shape, dtype=np.int64)
    with np.errstate(over="ignore"):
        cells = values - first
        cells *= scale
    np.clip(cells, 0, n_cells - 1, out=cells)
    return cells.astype(np.int64)


def _search_guided(padded, start, longest, first, scale, values, places):
    """Fill ``places`` with the places of values of one column."""
    values, places = values.reshape(-1), places.reshape(-1)
    for begin in range(0, values.size, _SEARCH_BLOCK):
        part = values[begin : begin + _SEARCH_BLOCK].astype(np.float64, copy=False)
        place = start.take(_cells(part, first, scale, start.size))
        places[begin : begin + _SEARCH_BLOCK] = _halve(padded, place, part, longest)


def _search_columns(reference, values):
    """Places of values in many columns, all searched from their beginning."""
    n_columns, n = reference.shape
    beginning = np.reshape(np.arange(n_columns) * n, (-1, *[1] * (values.ndim - 1)))
    place = np.broadcast_to(beginning, values.shape).copy()
    return _halve(reference.reshape(-1), place, values, n) - beginning


def _halve(reference, place, values, length):
    """Move each place on by up to ``length``, past all reference values below."""
    while length > 1:
        half = length // 2
        is_below = reference[half - 1 :].take(place) < values
        place += is_below if half == 1 else half * is_below
        length -= half
    place += reference.take(place) < values
    return place
