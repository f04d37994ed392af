"""Folds by content: which rows are equal is all that decides where they go.

A row always falls into the same fold, whether it is met in training or years later, in
any batch, as list, array, sparse matrix or DataFrame. So "the student that was not
trained on this row" is a function of the row alone.
"""

import numpy as np
from scipy import sparse

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)  # the constants of the splitmix64 generator
_MIX_2 = np.uint64(0x94D049BB133111EB)
_MISSING = np.uint64(0x7FF8000000000000)  # one bit pattern for every kind of missing
_BLOCK = 1_000_000  # cells hashed at once, which bounds the temporary memory


def row_hashes(X):
    """Hash every row of X by its values.

    Numbers count by their value as float64, whatever their dtype, and -0 equals 0;
    other cells by their text; every kind of missing value is the same. A zero adds
    nothing, so a sparse row and its dense twin agree.

    Parameters
    ----------
    X : array of shape (n, ...), DataFrame, sparse matrix, or sequence of rows or texts

    Returns
    -------
    hashes : array of uint64 of shape (n,)
    """
    if sparse.issparse(X):
        return _sparse_hashes(X)
    if hasattr(X, "columns"):
        return _frame_hashes(X)
    array = X if isinstance(X, np.ndarray) else _as_array(X)
    hashes = np.empty(len(array), dtype=np.uint64)
    cells_a_row = max(1, int(np.prod(array.shape[1:])))
    places = _place_factors(np.arange(cells_a_row))
    rows_a_block = max(1, _BLOCK // cells_a_row)
    for start in range(0, len(array), rows_a_block):
        block = array[start : start + rows_a_block].reshape(-1, cells_a_row)
        bits = _cell_bits(block)
        hashes[start : start + len(block)] = (bits * places).sum(axis=1)
    return _mix(hashes)


def assign_folds(X, n_folds, salt=0):
    """Give every row of X one of ``n_folds`` folds, by its content and ``salt``.

    Returns
    -------
    folds : array of int of shape (n,), values in [0, n_folds)
    """
    return _mix(row_hashes(X) ^ np.uint64(salt)) % np.uint64(n_folds)


def _as_array(X):
    array = np.asarray(X)
    if array.dtype.kind in "US" and array.ndim > 1:
        # numpy has turned numbers into text; start again from the values themselves
        array = np.asarray(X, dtype=object)
    return array


def _frame_hashes(frame):
    names = list(frame.columns)
    total = np.zeros(len(frame), dtype=np.uint64)
    places = _place_factors(np.arange(len(names)))
    for position, name in enumerate(names):
        column = frame.iloc[:, position] if hasattr(frame, "iloc") else frame[name]
        total += _cell_bits(column.to_numpy()) * places[position]
    return _mix(total)


def _sparse_hashes(matrix):
    matrix = matrix.tocsr()
    bits = _cell_bits(np.asarray(matrix.data)) * _place_factors(matrix.indices)
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(bits, dtype=np.uint64)])
    return _mix(running[matrix.indptr[1:]] - running[matrix.indptr[:-1]])


def _cell_bits(values):
    """Turn cells into well-mixed 64-bit numbers, zero into zero."""
    kind = values.dtype.kind
    if kind in "fiub":
        return _number_bits(values)
    if kind in "mM":
        missing = np.isnat(values)
        numbers = values.astype(f"{kind}8[ns]").astype(np.int64).astype(np.float64)
        return _number_bits(np.where(missing, np.nan, numbers))
    known = {}
    bits = np.empty(values.size, dtype=np.uint64)
    for position, cell in enumerate(values.ravel()):
        try:
            bits[position] = known[cell]
        except (KeyError, TypeError):  # TypeError: an unhashable cell, or pandas' NA
            bits[position] = _object_bits(cell)
            if isinstance(cell, str):
                known[cell] = bits[position]
    return bits.reshape(values.shape)


def _object_bits(cell):
    if isinstance(cell, (bool, int, float, np.number, np.bool_)):
        return _number_bits(np.array([cell], dtype=np.float64))[0]
    if cell is None or str(cell) in ("<NA>", "NaT"):
        return _number_bits(np.array([np.nan]))[0]
    text = np.frombuffer(str(cell).encode() + bytes(8), dtype=np.uint8)
    words = text[: len(text) // 8 * 8].view(np.uint64)
    factors = _place_factors(np.arange(len(words)))
    # the first term keeps a text apart from the number with the same bits
    return _mix(_mix(words + _MULTIPLIER) * factors + _MIX_2).sum(dtype=np.uint64)


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
