"""Rows as points: coordinates between which a Euclidean distance means something.

A representation has ``fit(X, groups)``, and ``transform(X)``, which returns coordinates
of shape (n_samples, n_coordinates) and what is added to the squares of all distances of
a row because no reference row has the like of it, shape (n_samples,). Reference rows
themselves go through ``transform_alone(X, groups, points)``: so they stand where fresh
rows in their place would stand, without what the reference knows from them alone.
"""

import re
import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils import check_array

from skdrift._columns import as_categories, as_numbers, columns_of, is_number
from skdrift._sklearn import num_samples

# Distances in a single column. The ranks of numbers lie between 0 and 1, and those of
# values outside of the range at most this much beyond.
_BEYOND = 0.5
_OTHER_CATEGORY = 0.5
_MISSING = 0.5
_UNKNOWN = 0.8
# Categories with a coordinate of their own, the most frequent ones.
_MOST_CATEGORIES = 24
_TEXT_COORDINATES = 2**18


def check_rows(X, given=False):
    """Refuse what no representation can read, and tell what kind of rows it is.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...), DataFrame or sequence of texts
    given : bool, default=False
        Whether the user gave a representation, which may read whatever it likes.

    Returns
    -------
    X : DataFrame, ndarray or sparse matrix
        Rows that can be indexed; texts as an array of objects.
    kind : {"table", "text", "sparse", "array", "given"}

    Raises
    ------
    ValueError
        If there are no rows or no columns, if numbers are complex, or if X has one
        dimension and is no sequence of texts.
    """
    if sparse.issparse(X):
        X, kind = check_array(X, accept_sparse="csr", ensure_all_finite=False), "sparse"
    elif hasattr(X, "columns"):
        if 0 in X.shape:
            raise ValueError(
                f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) "
                f"(shape={X.shape}) while a minimum of 1 is required."
            )
        kind = "table"
    else:
        X = _as_array(X)
        if _is_text(X):
            X, kind = np.where(pd.isna(X), "", X), "text"
        elif X.ndim > 2:
            X = check_array(X, allow_nd=True, dtype="numeric", ensure_all_finite=False)
            kind = "array"
        else:
            X, kind = check_array(X, dtype=None, ensure_all_finite=False), "table"
    if num_samples(X) == 0:
        raise ValueError("Found array with 0 sample(s); a minimum of 1 is required.")
    return X, "given" if given else kind


def _as_array(X):
    array = np.asarray(X)
    if array.dtype.kind in "US" and array.ndim > 1 and not isinstance(X, np.ndarray):
        # numpy has turned numbers into text; start again from the values themselves
        array = np.asarray(X, dtype=object)
    return array


def _is_text(X):
    if X.ndim != 1 or X.dtype.kind not in "OUT":
        return False
    return all(isinstance(text, str) for text in X[~pd.isna(X)])


@dataclass(frozen=True)
class NumberColumn:
    """Ranks among the reference, continued in standard deviations beyond its range.

    Parameters
    ----------
    values : ndarray of shape (n_distinct,)
        Distinct finite values of the reference in ascending order.
    ranks : ndarray of shape (n_distinct,)
        Share of the reference below each value, of its equals half.
    std : float
        Standard deviation, NaN if there are fewer than two distinct values.
    knows_missing : bool
        Whether a row of the reference misses the value.
    """

    values: np.ndarray
    ranks: np.ndarray
    std: float
    knows_missing: bool

    @classmethod
    def fit(cls, column, groups):
        """Learn from a reference column and the group codes of its rows."""
        numbers, missing = as_numbers(column)
        finite = numbers[np.isfinite(numbers)]
        values, counts = np.unique(finite, return_counts=True)
        ranks = (np.cumsum(counts) - counts / 2) / max(finite.size, 1)
        std = np.nan
        if values.size > 1:
            largest = np.abs(values[[0, -1]]).max()
            std = float(largest * (finite / largest).std())
        return cls(values, ranks, std, bool(missing.any()))

    def transform(self, column):
        """Return coordinates, and what to add to squared distances."""
        numbers, missing = as_numbers(column)
        # What cannot be read as a number is unlike all that was seen, not missing.
        unknown = np.isnan(numbers) & ~missing
        rank = np.full(numbers.size, 0.5)
        known = ~np.isnan(numbers)
        if self.values.size == 0:
            unknown |= np.isfinite(numbers)
        elif self.values.size == 1:
            # A few units of float32's last place are no other value.
            unknown |= known & ~np.isclose(numbers, self.values[0], rtol=1e-6, atol=0)
        else:
            rank[known] = self._ranks(numbers[known])
        extra = _UNKNOWN**2 * unknown
        if self.knows_missing:
            return np.column_stack((rank, _MISSING * missing)), extra
        return rank[:, None], extra + _MISSING**2 * missing

    def transform_alone(self, column, groups):
        """Return the same for reference rows, none of which knows its own group."""
        coordinates, extra = self.transform(column)
        numbers, _ = as_numbers(column)
        finite = np.isfinite(numbers)
        if self.values.size == 0:
            return coordinates, extra
        # Without the group that holds the largest value the range ends earlier.
        ends = [finite & (numbers == self.values[end]) for end in (0, -1)]
        for group in np.unique([groups[end][0] for end in ends]):
            own = groups == group
            others = numbers[finite & ~own]
            if others.size == 0:
                continue
            kept = (self.values >= others.min()) & (self.values <= others.max())
            known = replace(self, values=self.values[kept], ranks=self.ranks[kept])
            coordinates[own], extra[own] = known.transform(column[own])
        return coordinates, extra

    def _ranks(self, numbers):
        rank = np.interp(numbers, self.values, self.ranks)
        excess = numbers - np.clip(numbers, self.values[0], self.values[-1])
        outside = excess != 0
        if outside.any():
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                steps = np.abs(excess[outside]) / self.std
                steps = _BEYOND / (1 + (_BEYOND / steps) ** 3) ** (1 / 3)
            rank[outside] += np.sign(excess[outside]) * np.nan_to_num(steps)
        return rank


@dataclass(frozen=True)
class CategoryColumn:
    """Agreement of categories; what is missing is one of them.

    Parameters
    ----------
    places : dict of str to int or None
        Coordinate of each known category; rare ones share the last one. None for a
        column such as an id, where most rows have a category of their own: it cannot
        tell near from far and counts for nothing.
    n_coordinates : int
        Number of coordinates.
    """

    places: dict | None
    n_coordinates: int

    @classmethod
    def fit(cls, column, groups):
        """Learn from a reference column and the group codes of its rows."""
        codes, names = as_categories(column)
        counts = np.bincount(codes)
        if counts[_n_groups(codes, groups) > 1].sum() < len(codes) / 2:
            return cls(None, 0)
        known = names[np.lexsort((names, -counts))].tolist()
        last = _MOST_CATEGORIES
        places = {name: min(place, last) for place, name in enumerate(known)}
        return cls(places, min(len(known), last + 1))

    def transform(self, column):
        """Return coordinates, and what to add to squared distances."""
        if self.places is None:
            return np.zeros((len(column), 0)), np.zeros(len(column))
        codes, names = as_categories(column)
        places = np.array([self.places.get(name, -1) for name in names], dtype=np.intp)
        return self._coordinates(places[codes])

    def transform_alone(self, column, groups):
        """Return the same for reference rows, none of which knows its own group."""
        if self.places is None:
            return self.transform(column)
        codes, names = as_categories(column)
        places = np.array([self.places[name] for name in names], dtype=np.intp)
        known = _n_groups(codes, groups) > 1
        return self._coordinates(np.where(known, places, -1)[codes])

    def _coordinates(self, place):
        known = np.flatnonzero(place >= 0)
        coordinates = np.zeros((place.size, self.n_coordinates))
        coordinates[known, place[known]] = _OTHER_CATEGORY / np.sqrt(2)
        # An unknown category has coordinates zero: part of the distance is there.
        rest = _UNKNOWN**2 - _OTHER_CATEGORY**2 / 2
        return coordinates, rest * (place < 0)


def _n_groups(codes, groups):
    """Count the groups that hold each category, codes and groups from 0 on."""
    pairs = np.unique(np.column_stack((codes, groups)), axis=0)
    return np.bincount(pairs[:, 0])


class TableRepresentation:
    """Coordinates of the rows of a table, column by column."""

    is_cosine = False

    def fit(self, X, groups):
        """Learn from the reference rows and their group codes."""
        self.columns_ = [
            (NumberColumn if is_number(column) else CategoryColumn).fit(column, groups)
            for column in columns_of(X)
        ]
        if all(getattr(column, "places", 0) is None for column in self.columns_):
            warnings.warn(
                "All columns of X are like ids: most rows have a category of their own "
                "in each. Such columns cannot tell near from far, and every row will "
                "count as inside the reference. Give texts as a sequence, not as a "
                "column.",
                UserWarning,
                stacklevel=2,
            )
        return self

    def transform(self, X):
        """Return coordinates, and what to add to squared distances."""
        pairs = zip(self.columns_, columns_of(X), strict=True)
        return _side_by_side([learnt.transform(column) for learnt, column in pairs])

    def transform_alone(self, X, groups, points):
        """Return the same for reference rows, none of which knows its own group."""
        pairs = zip(self.columns_, columns_of(X), strict=True)
        return _side_by_side(
            [learnt.transform_alone(column, groups) for learnt, column in pairs]
        )


def _side_by_side(parts):
    coordinates, extra = zip(*parts)
    points = [part.astype(np.float32) for part in coordinates]
    return np.concatenate(points, axis=1), np.sum(extra, axis=0)


def words(text):
    """Words of a text in lower case; one empty word if there are none."""
    return re.findall(r"\w+", text.lower()) or [""]


class TextRepresentation:
    """Directions of texts, or of sparse rows, weighted by TF-IDF.

    Words are hashed, so that new ones count too, as words that no reference row has.
    """

    is_cosine = True

    def fit(self, X, groups):
        """Learn from the reference rows how rare each word is."""
        self.weights_ = TfidfTransformer().fit(self._counts(X))
        return self

    def transform(self, X):
        """Return coordinates, and what to add to squared distances."""
        return as_directions(self.weights_.transform(self._counts(X)))

    def transform_alone(self, X, groups, points):
        """Return the same for reference rows."""
        return points, np.zeros(points.shape[0])

    @staticmethod
    def _counts(X):
        if sparse.issparse(X):
            counts = sparse.csr_matrix(X, dtype=np.float32)
            counts.data = np.clip(np.nan_to_num(counts.data), -1e15, 1e15)
            return counts
        vectorizer = HashingVectorizer(
            analyzer=words,
            n_features=_TEXT_COORDINATES,
            norm=None,
            alternate_sign=False,
            dtype=np.float32,
        )
        return vectorizer.transform(X)


def as_directions(rows):
    """Sparse rows at length one; those of zeros become a direction of their own."""
    rows = normalize(sparse.csr_matrix(rows, dtype=np.float32))
    empty = np.diff(rows.indptr) == 0
    return sparse.hstack((rows, empty[:, None]), format="csr", dtype=np.float32), (
        np.zeros(rows.shape[0])
    )


class ArrayRepresentation:
    """The values of each row side by side, or what a given function makes of the row.

    Parameters
    ----------
    given : callable or fitted transformer, default=None
        Takes rows and gives an array of shape (n_samples, ...) or a sparse matrix.
        None: rows are arrays.
    """

    def __init__(self, given=None):
        self.given = given

    def fit(self, X, groups):
        """Learn centre and scale of the reference rows."""
        rows = self._rows(X)
        self.is_cosine = sparse.issparse(rows)
        if not self.is_cosine:
            finite = np.ma.masked_invalid(rows)
            self.centre_ = finite.mean(axis=0).filled(0.0)
            spread = np.sqrt(finite.var(axis=0).filled(0.0).sum())
            self.scale_ = float(spread) if spread > 0 else 1.0
        return self

    def transform(self, X):
        """Return coordinates, and what to add to squared distances."""
        rows = self._rows(X)
        if self.is_cosine:
            return as_directions(rows)
        # Squares of the limit, summed over all coordinates, stay within float32.
        limit = 1e18 / rows.shape[1]
        rows = np.nan_to_num((rows - self.centre_) / self.scale_, posinf=limit)
        return np.clip(rows, -limit, limit).astype(np.float32), np.zeros(len(rows))

    def transform_alone(self, X, groups, points):
        """Return the same for reference rows."""
        return points, np.zeros(points.shape[0])

    def _rows(self, X):
        rows = X
        if self.given is not None:
            rows = getattr(self.given, "transform", self.given)(X)
        if sparse.issparse(rows):
            return rows
        rows = np.asarray(rows, dtype=np.float64)
        return rows.reshape(len(rows), -1)
