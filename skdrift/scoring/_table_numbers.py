"""Tables as numbers on which trees can cut."""

import numpy as np
import pandas as pd

from skdrift._columns import as_categories, as_numbers, columns_of, is_number

# The smallest and the largest number; missing ones become the smallest.
MOST = float(np.finfo(np.float32).max / 2)
LEAST = -MOST


class TableNumbers:
    """Turns tables into numbers.

    Categories become ranks by how frequent they are in the reference, unknown ones the
    rank after the last; missing numbers become the smallest number.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        The reference.
    """

    def __init__(self, X):
        self.categories = []
        for column in columns_of(X):
            names = None
            if not is_number(column):
                codes, names = as_categories(column)
                order = np.argsort(-np.bincount(codes, minlength=len(names)))
                names = {str(names[place]): rank for rank, place in enumerate(order)}
            self.categories.append(names)

    def encode(self, X):
        """Turn a table into numbers on which trees can cut."""
        encoded = []
        for column, names in zip(columns_of(X), self.categories, strict=True):
            if names is None:
                numbers = np.clip(as_numbers(column)[0], LEAST, MOST)
                encoded.append(np.where(np.isnan(numbers), LEAST, numbers))
                continue
            codes, known = as_categories(pd.Series(column))
            places = np.array([names.get(str(name), len(names)) for name in known])
            encoded.append(places[codes].astype(np.float64))
        return np.column_stack(encoded)
