"""The shifted twins of the rows, and whether they are twins at all."""

import warnings

import numpy as np
import pandas as pd
from pandas.api import types
from scipy import sparse
from scipy.stats import rankdata
from sklearn.feature_extraction.text import HashingVectorizer

from skdrift._sklearn import num_samples, safe_indexing

# What the check looks at: rows, columns, characters of a text.
_N_ROWS = 800
_N_COLUMNS = 1000
_N_CHARACTERS = 300
# The farthest row that a row is compared with, in places of the order.
_N_PLACES = 150
# Rows of two samples, and of two years of a market, stay below 1.3 in all but rare
# cases if there are 200 or more; twins reach 1.6 under nearly all shifts.
_LEAST_SPIKE = 1.4


class ShiftedTwins:
    """The shifted versions of the twin rows, one severity at a time.

    Parameters
    ----------
    X_shifted : dict
        Severity to shifted rows, or to a function that returns them. Rows are checked
        at once, those of a function when they are loaded.
    rows : StudyRows
    twins : True or None
        True takes the rows for twins unchecked.

    Raises
    ------
    ValueError
        If rows are no whole blocks, have other columns than X or are no twins.
    """

    def __init__(self, X_shifted, rows, twins=None):
        if twins not in (None, True):
            raise ValueError(
                "twins must be True, where the rows of X_shifted are the rows of X "
                f"after a shift, or None, which checks it; got {twins!r}. Rows without "
                "clean twins are for skdrift.backtest."
            )
        self._X_shifted = X_shifted
        self._rows = rows
        self._check = TwinCheck(rows.X) if twins is None else None
        for severity, shifted in X_shifted.items():
            if not callable(shifted):
                self._block_starts(severity, shifted)

    def load(self, severity):
        """Return the shifted twin rows of a severity, block after block."""
        shifted = self._X_shifted[severity]
        if callable(shifted):
            shifted = shifted()
            starts = self._block_starts(severity, shifted)
        else:
            starts = np.arange(0, num_samples(shifted), num_samples(self._rows.X))
        twins = (starts[:, np.newaxis] + self._rows.twins).ravel()
        return safe_indexing(shifted, twins)

    def _block_starts(self, severity, shifted):
        """Position of the first row of each block, after all checks."""
        X = self._rows.X
        n_rows, n_shifted = num_samples(X), num_samples(shifted)
        if n_shifted == 0 or n_shifted % n_rows:
            raise ValueError(
                f"X_shifted[{severity!r}] must hold whole blocks of {n_rows} rows, the "
                f"rows of X in their order once per corruption; got {n_shifted} rows. "
                "Rows that were collected at another time have no clean twins; "
                "skdrift.backtest is for those."
            )
        _check_columns(X, shifted, severity)
        starts = np.arange(0, n_shifted, n_rows)
        if self._check is not None:
            self._check(shifted, severity, starts)
        return starts


def _check_columns(X, shifted, severity):
    """Refuse DataFrames whose columns are not those of X."""
    if not (hasattr(X, "columns") and hasattr(shifted, "columns")):
        return
    wanted, given = list(X.columns), list(shifted.columns)
    if wanted == given:
        return
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    if missing or unknown:
        what = f"missing are {missing}, not in X are {unknown}"
    else:
        what = f"the order is {given} in place of {wanted}"
    raise ValueError(f"X_shifted[{severity!r}] must have the columns of X: {what}.")


class TwinCheck:
    """Tells whether shifted rows depend on their own clean rows more than on others.

    The dependence is the Hilbert-Schmidt independence criterion with a linear kernel on
    ranks of numbers and on parts of words. It sees values that are mirrored, recoded or
    stand in another column. Where rows have an order, as in time, a row is related to
    the rows before and after its own as well, and to those of the same hour of other
    days. So what counts is how far the dependence at a row's own place rises above that
    at the places beside it, in comparison with the largest such rise elsewhere.

    Parameters
    ----------
    X : rows
        Clean rows.

    References
    ----------
    A. Gretton, O. Bousquet, A. Smola and B. Schoelkopf, "Measuring statistical
    dependence with Hilbert-Schmidt norms", Algorithmic Learning Theory, 2005.
    """

    def __init__(self, X):
        self._rows = np.arange(min(num_samples(X), _N_ROWS))
        self._gram = _gram(safe_indexing(X, self._rows))

    def __call__(self, shifted, severity, starts):
        """Raise a ValueError where a block holds no twins."""
        for block, start in enumerate(starts):
            gram = _gram(safe_indexing(shifted, start + self._rows))
            # Rows that are all alike, as of a sensor that is stuck, cannot be checked.
            if np.allclose(gram, 0) or spike(self._gram, gram) >= _LEAST_SPIKE:
                continue
            where = f" in block {block + 1}" if len(starts) > 1 else ""
            raise ValueError(
                f"The rows of X_shifted[{severity!r}]{where} have no more in common "
                "with their own rows of X than with others, so they do not look like "
                "the rows of X, in their order, after a shift. If they are, and the "
                "shift leaves nothing of them, pass twins=True. Rows that were "
                "collected at another time have no clean twins: no row of them can be "
                "called harmful or harmless. If they have labels, see what a detector "
                "says of them with skdrift.backtest."
            )


def spike(clean, shifted):
    """How far rows depend on their own rows, by the most they do on any others.

    Parameters
    ----------
    clean, shifted : ndarray of shape (n, n)
        Centred Gram matrices.

    Returns
    -------
    float
        Around 0 and hardly above 1 if rows of one sample are paired with those of
        another.
    """
    n = len(clean)
    reach = min(_N_PLACES, n // 4)
    middle = shifted[reach : n - reach, reach : n - reach]
    places = [slice(start, start + len(middle)) for start in range(2 * reach + 1)]
    dependence = np.array([np.vdot(clean[rows, rows], middle) for rows in places])
    rise = dependence[1:-1] - (dependence[:-2] + dependence[2:]) / 2
    own = reach - 1
    # The places next to a row's own one contain its rise, turned round.
    others = np.delete(rise, [own - 1, own, own + 1])
    return rise[own] / max(np.abs(others).max(initial=0.0), 1e-300)


def _gram(rows):
    """Return centred inner products of rows of any kind; all columns weigh the same."""
    if hasattr(rows, "to_pandas"):
        rows = rows.to_pandas()
    if isinstance(rows, pd.DataFrame):
        columns = [rows.iloc[:, j] for j in range(rows.shape[1])]
        return sum(_scaled(_gram_of_column(column)) for column in columns)
    if sparse.issparse(rows):
        return _centred((rows @ rows.T).toarray())
    try:
        numbers = np.asarray(rows, dtype=float)
    except (TypeError, ValueError):
        return _centred(_gram_of_texts(rows))
    return _centred(_gram_of_numbers(numbers.reshape(len(numbers), -1)))


def _gram_of_column(column):
    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        column = column.rank()
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return _centred(_gram_of_numbers(values[:, np.newaxis]))
    return _centred(_gram_of_texts(column))


def _gram_of_numbers(values):
    if values.shape[1] > _N_COLUMNS:
        kept = np.linspace(0, values.shape[1] - 1, _N_COLUMNS).astype(int)
        values = values[:, kept]
    ranks = rankdata(values, axis=0, nan_policy="omit")
    ranks = np.where(np.isnan(values), np.nan, ranks)
    with warnings.catch_warnings():
        # Columns without any value.
        warnings.simplefilter("ignore", RuntimeWarning)
        ranks = ranks - np.nanmean(ranks, axis=0)
        spread = np.nanstd(ranks, axis=0)
    known = np.nan_to_num(ranks) / np.where(spread > 0, spread, np.inf)
    return known @ known.T


def _gram_of_texts(rows):
    parts = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), n_features=2**12, alternate_sign=False
    ).transform([str(row)[:_N_CHARACTERS] for row in rows])
    return (parts @ parts.T).toarray()


def _centred(gram):
    means = gram.mean(axis=0)
    return gram - means - means[:, np.newaxis] + means.mean()


def _scaled(gram):
    """Gram matrix of trace 1, or of zeros where all rows are alike."""
    trace = np.trace(gram)
    return gram / trace if trace > 1e-9 else np.zeros_like(gram)
