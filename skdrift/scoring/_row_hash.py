"""Folds by content: which rows are equal is all that decides where they go.

A row always falls into the same fold, whether it is met in training or years later, in
any batch, as list, array, sparse matrix or DataFrame. So "the student that was not
trained on this row" is a function of the row alone.

Rows may come back rounded: as float32, or from a file with a few decimals. Coarse
hashes read numbers that are not whole with three significant digits. Then a row keeps
its identity unless one of its numbers lies next to a rounding boundary: with float32
hardly ever, with four decimals in about one of a hundred values of size 1.
"""

import numpy as np
import pandas as pd
from pandas.api import types
from scipy import sparse

from skdrift._columns import is_plain, plain_numbers

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)  # the constants of the splitmix64 generator
_MIX_2 = np.uint64(0x94D049BB133111EB)
_MISSING = np.uint64(0x7FF8000000000000)  # one bit pattern for every kind of missing
_TOLD_APART = 0.9
_BLOCK = 1_000_000  # cells hashed at once, which bounds the temporary memory
_MANY = 5000


def row_hashes(X, coarse=False):
    """Hash every row of X by its values.

    Numbers count by their value as float64, whatever their dtype, and -0 equals 0;
    other cells by their text; every kind of missing value is the same. A zero adds
    nothing, so a sparse row and its dense twin agree.

    Parameters
    ----------
    X : array of shape (n, ...), DataFrame, sparse matrix, or sequence of rows or texts
    coarse : bool, default=False
        Whether numbers that are not whole count with three significant digits.

    Returns
    -------
    hashes : array of uint64 of shape (n,)
    """
    if sparse.issparse(X):
        return _sparse_hashes(X, coarse)
    if hasattr(X, "columns"):
        # Numbers are told by their value alone, so they may be read all at once.
        numbers = plain_numbers(X)
        if numbers is None:
            return _frame_hashes(X, coarse)
        X = numbers
    array = X if isinstance(X, np.ndarray) else _as_array(X)
    cells_a_row = max(1, int(np.prod(array.shape[1:])))
    places = _place_factors(np.arange(cells_a_row))

    def bits(rows):
        block = array[rows].reshape(-1, cells_a_row)
        return (_cell_bits(block, coarse) * places).sum(axis=1)

    return _by_blocks(bits, len(array), cells_a_row)


def _by_blocks(bits, n_rows, cells_a_row):
    """Hashes of all rows, of whose bits a block is computed at once."""
    step = max(1, _BLOCK // max(1, cells_a_row))
    starts = range(0, max(1, n_rows), step)
    return _mix(np.concatenate([bits(slice(at, at + step)) for at in starts]))


def assign_folds(X, n_folds, salt=0, coarse=False):
    """Give every row of X one of ``n_folds`` folds, by its content and ``salt``.

    Returns
    -------
    folds : array of int of shape (n,), values in [0, n_folds)
    """
    hashes = row_hashes(X, coarse) ^ np.uint64(salt)
    return (_mix(hashes) % np.uint64(n_folds)).astype(np.intp)


def tells_rows_apart(X):
    """Whether coarse hashes tell nearly all rows apart that exact ones do."""
    exact, coarse = (len(np.unique(row_hashes(X, one))) for one in (False, True))
    return coarse >= _TOLD_APART * exact


class KnownFolds:
    """Folds of rows that are not where their content would put them.

    Parameters
    ----------
    X : rows
    fold : ndarray of int of shape (n_samples,)
        Of equal rows the first one's fold counts.
    coarse : bool
    """

    def __init__(self, X, fold, coarse):
        self.coarse = coarse
        self.hashes, first = np.unique(row_hashes(X, coarse), return_index=True)
        self.fold = np.asarray(fold)[first]

    def correct(self, X, fold):
        """Put rows that are known into their own folds, and leave the others."""
        hashes = row_hashes(X, self.coarse)
        place = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[place] == hashes, self.fold[place], fold)


def _as_array(X):
    try:
        array = np.asarray(X)
    except ValueError:  # rows of unequal length
        return _as_objects(X)
    if array.dtype.kind in "US" and array.ndim > 1:
        # numpy has turned numbers into text; start again from the values themselves
        array = np.asarray(X, dtype=object)
    return array


def _as_objects(X):
    array = np.empty(len(X), dtype=object)
    array[:] = list(X)
    return array


def _frame_hashes(frame, coarse):
    factors = _place_factors(np.arange(len(frame.columns)))

    def bits(rows):
        if hasattr(frame, "iloc"):
            columns = [column for _, column in frame.iloc[rows].items()]
        else:
            columns = [frame[name][rows] for name in frame.columns]
        total = np.zeros(len(range(len(frame))[rows]), dtype=np.uint64)
        # Numbers are told by their value alone, so they may be read all at once.
        plain = [place for place, one in enumerate(columns) if is_plain(one.dtype)]
        if plain:
            numbers = [columns[place].to_numpy(np.float64) for place in plain]
            cells = _cell_bits(np.column_stack(numbers), coarse)
            total += (cells * factors[plain]).sum(axis=1)
        for place in sorted(set(range(len(columns))).difference(plain)):
            total += _column_bits(columns[place], coarse) * factors[place]
        return total

    return _by_blocks(bits, len(frame), len(factors))


def _column_bits(column, coarse):
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        known = _cell_bits(column.cat.categories.to_numpy(), coarse)
        known = np.append(known, _number_bits(np.array([np.nan])))
        return known[column.cat.codes.to_numpy()]
    if isinstance(dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    elif types.is_extension_array_dtype(dtype) and types.is_numeric_dtype(dtype):
        return _cell_bits(column.to_numpy(np.float64, na_value=np.nan), coarse)
    return _cell_bits(column.to_numpy(), coarse)


def _sparse_hashes(matrix, coarse):
    matrix = matrix.tocsr().copy()
    matrix.sum_duplicates()
    bits = _cell_bits(np.asarray(matrix.data), coarse)
    bits = bits * _place_factors(matrix.indices)
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(bits, dtype=np.uint64)])
    return _mix(running[matrix.indptr[1:]] - running[matrix.indptr[:-1]])


def _cell_bits(values, coarse=False):
    """Turn cells into well-mixed 64-bit numbers, zero into zero."""
    kind = values.dtype.kind
    if kind in "fiub":
        return _number_bits(_three_digits(values) if coarse and kind == "f" else values)
    if kind in "mM":
        missing = np.isnat(values)
        numbers = values.astype(f"{kind}8[ns]").astype(np.int64).astype(np.float64)
        return _number_bits(np.where(missing, np.nan, numbers))
    cells = values.ravel()
    bits = np.empty(cells.size, dtype=np.uint64)
    is_text = np.fromiter((isinstance(cell, str) for cell in cells), bool, cells.size)
    if is_text.any():
        texts = cells[is_text].astype(object)
        # To look for equal ones first takes longer than to hash a few.
        hashes = pd.util.hash_array(texts, categorize=len(texts) > _MANY)
        # The constant keeps a text apart from the number with the same bits.
        bits[is_text] = _mix(hashes + _MULTIPLIER)
    for position in np.flatnonzero(~is_text):
        bits[position] = _object_bits(cells[position], coarse)
    return bits.reshape(values.shape)


def _object_bits(cell, coarse):
    if isinstance(cell, (bool, int, float, np.number, np.bool_)):
        number = np.array([cell], dtype=np.float64)
        return _number_bits(_three_digits(number) if coarse else number)[0]
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return _number_bits(np.array([np.nan]))[0]
    if isinstance(cell, dict):
        # Equal dicts may hold their keys in another order.
        cell = sorted(cell.items(), key=lambda item: str(item[0]))
    text = np.array([str(cell)], dtype=object)
    return _mix(pd.util.hash_array(text, categorize=False) + _MULTIPLIER)[0]


def _three_digits(values):
    """Round numbers that are not whole to three significant digits."""
    numbers = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        broken = (numbers != np.rint(numbers)) & np.isfinite(numbers)
    if not broken.any():
        return numbers
    exponent = np.floor(np.log10(np.abs(numbers[broken])))
    # The unit of a number below 1e-306 is zero.
    with np.errstate(invalid="ignore", divide="ignore"):
        digits = np.rint(numbers[broken] / 10.0 ** (exponent - 2))
    # Written as digits and exponent, 0.1 is the same number however it was reached.
    moved = np.abs(digits) == 1000
    digits, exponent = np.where(moved, digits / 10, digits), exponent + moved
    rounded = numbers.copy()
    rounded[broken] = digits * 10.0 ** (exponent - 2)
    return rounded


def _number_bits(values):
    numbers = np.asarray(values, dtype=np.float64) + 0.0  # -0.0 + 0.0 is 0.0
    bits = np.ascontiguousarray(numbers).view(np.uint64)
    missing = np.isnan(numbers)
    if missing.any():
        bits = np.where(missing, _MISSING, bits)
    return _mix(bits)


def _place_factors(positions):
    """Odd factors that tell the places of a row apart."""
    counter = np.asarray(positions).astype(np.uint64) + np.uint64(1)
    return _mix(counter * _MULTIPLIER) | np.uint64(1)


def _mix(bits):
    """Scramble 64 bits one to one (the finaliser of splitmix64); zero stays zero."""
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
    return bits ^ (bits >> np.uint64(31))
