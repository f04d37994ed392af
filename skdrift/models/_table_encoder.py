"""TableEncoder: columns of all types as numbers."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from skdrift._columns import (
    as_categories,
    as_numbers,
    columns_of,
    is_number,
    plain_numbers,
)

# Categories of a column with a place of their own, the most frequent ones.
_MOST_CATEGORIES = 30
# Columns such as ids, where so many categories are met only once, say nothing.
_MOST_SINGLE = 0.5
_LIMIT = 1e30


class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn a table with columns of any type into numbers.

    Numbers, truth values and times stay numbers, with NaN for what is missing or cannot
    be read; categories are one-hot encoded, the most frequent thirty of each column,
    all others and what is missing as one more each. Columns of ids, in which most
    values occur only once, are left out.

    Attributes
    ----------
    kinds_ : list of str
        "numbers", "categories" or "left out" for each column.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdrift.models._table_encoder import TableEncoder
    >>> X = pd.DataFrame({"age": [1, None, 3], "sex": ["f", "m", "f"]})
    >>> TableEncoder().fit_transform(X)
    array([[ 1.,  1.,  0.,  0.,  0.],
           [nan,  0.,  1.,  0.,  0.],
           [ 3.,  1.,  0.,  0.,  0.]])
    """

    def fit(self, X, y=None):
        """Learn the types of the columns, and their categories.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        kinds, places = [], []
        for column in columns_of(X):
            if is_number(column):
                kinds.append("numbers")
                places.append({})
                continue
            codes, names = as_categories(pd.Series(column))
            counts = np.bincount(codes, minlength=len(names))
            single = (counts == 1).sum() / len(codes)
            kinds.append("left out" if single > _MOST_SINGLE else "categories")
            order = sorted(range(len(names)), key=lambda place: -counts[place])
            known = [str(names[place]) for place in order if names[place]]
            known = known[:_MOST_CATEGORIES]
            places.append({name: place for place, name in enumerate(known)})
        self.kinds_ = kinds
        self._places = places
        return self

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        encoded : ndarray of float of shape (n_samples, n_encoded)
        """
        return self.encode(self.read(X))

    def read(self, X):
        """Read the values of a table's columns, which is most of the work.

        Encoders that have the same ``kinds_`` read the same.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        columns : list
            For each column its numbers, an ndarray of shape (n_samples,); or, of
            categories, codes of this shape and the name of each code; or None.
        """
        if set(self.kinds_) == {"numbers"}:
            numbers = plain_numbers(X)
            if numbers is not None and numbers.shape[1] == len(self.kinds_):
                return list(np.clip(numbers, -_LIMIT, _LIMIT).T)
        columns = []
        for column, kind in zip(columns_of(X), self.kinds_, strict=True):
            if kind == "numbers":
                columns.append(np.clip(as_numbers(column)[0], -_LIMIT, _LIMIT))
            elif kind == "categories":
                is_array = isinstance(column, np.ndarray)
                columns.append(as_categories(pd.Series(column) if is_array else column))
            else:
                columns.append(None)
        return columns

    def encode(self, columns, rows=slice(None)):
        """Encode rows of a table that has been read.

        Parameters
        ----------
        columns : list
            What :meth:`read` gave.
        rows : slice or ndarray of int, default=slice(None)
            Which of them.

        Returns
        -------
        encoded : ndarray of float of shape (n_rows, n_encoded)
        """
        encoded = []
        for column, kind, places in zip(
            columns, self.kinds_, self._places, strict=True
        ):
            if kind == "numbers":
                encoded.append(column[rows, None])
            elif kind == "categories":
                codes, names = column
                other, missing = len(places), len(places) + 1
                own = [
                    places.get(str(name), other) if name else missing for name in names
                ]
                encoded.append(np.eye(len(places) + 2)[np.array(own)[codes[rows]]])
        return np.hstack(encoded)
