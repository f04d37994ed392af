"""Columns to blame: whose repair changes what the classifier says of a batch.

A column is repaired by giving each row the values of its nearest reference rows, near
in all other columns. On clean rows that changes the classifier's probabilities by so
much as values scatter among like rows; in a column that went wrong, and matters to the
classifier, by more.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skdrift._columns import columns_of
from skdrift._sklearn import safe_indexing
from skdrift.scoring._representation import TableRepresentation

_N_DONORS = 3
# Squared distance in a column beyond which two values are not alike.
_STRANGE = 0.01
# Rows that are looked at: of the batch, as controls, and as donors.
_MOST_ROWS = 300
_MOST_CONTROLS = 500
_MOST_DONORS = 1500
# A repair has to change probabilities by so much more than among clean rows: this
# share, and so many standard errors.
_LEAST_EXCESS = 0.02
_CLEAR = 3.0


@dataclass(frozen=True)
class Repair:
    """What repairing one column does to a batch.

    Parameters
    ----------
    column : str
        Name of the column.
    excess : float
        By how much more the probabilities of the classes change (total variation, from
        0 to 1) than when the column is repaired in clean rows.
    error : float
        Standard error of the excess.
    """

    column: str
    excess: float
    error: float


class DonorTable:
    """Reference rows that lend their values, and what lending does to clean rows.

    Parameters
    ----------
    reference : DataFrame or ndarray of shape (n_samples, n_features)
    proba : callable
        Gives the classifier's probabilities of rows.
    random_state : int, RandomState instance or None
    """

    def __init__(self, reference, proba, random_state):
        order = check_random_state(random_state).permutation(len(reference))
        n_controls = min(_MOST_CONTROLS, len(order) // 2)
        self.donors = safe_indexing(
            reference, order[n_controls : n_controls + _MOST_DONORS]
        )
        self.controls = safe_indexing(reference, order[:n_controls])
        alone = np.arange(len(self.donors))
        self.representation = TableRepresentation().fit(self.donors, alone)
        self.donor_points = self._points(self.donors)
        self.clean = [
            change
            for change, _ in self._changes(
                self.controls, proba, range(len(self.donor_points))
            )
        ]

    def find_repairs(self, X, proba, places, names, random_state, at_most=4):
        """Repair columns one after the other while any repair stands out.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        proba : callable
        places : list of int
            The columns that may be repaired.
        names : list of str
            Names of all columns.
        random_state : RandomState
        at_most : int, default=4

        Returns
        -------
        repairs : list of Repair
            In the order in which they were found, the worst column first.
        X : DataFrame or ndarray
            The rows that were looked at, repaired.
        """
        kept = random_state.permutation(len(X))[:_MOST_ROWS]
        X = safe_indexing(X, np.sort(kept))
        left, repairs = list(places), []
        while left and len(repairs) < at_most:
            changes = list(self._changes(X, proba, left))
            clean = [self.clean[place] for place in left]
            excess = [
                change.mean() - c.mean() for (change, _), c in zip(changes, clean)
            ]
            error = [
                np.sqrt(change.var() / len(change) + c.var() / len(c))
                for (change, _), c in zip(changes, clean)
            ]
            worst = int(np.argmax(excess))
            if excess[worst] < max(_LEAST_EXCESS, _CLEAR * error[worst]):
                break
            place = left.pop(worst)
            X = with_column(X, place, changes[worst][1])
            repairs.append(
                Repair(names[place], float(excess[worst]), float(error[worst]))
            )
        return repairs, X

    def _points(self, X):
        pairs = zip(self.representation.columns_, columns_of(X), strict=True)
        return [learnt.transform(column) for learnt, column in pairs]

    def _changes(self, X, proba, places):
        """Yield for each column how much repair changes each row, and new values."""
        distances = [
            _squared_distances(points, extra, donors)
            for (points, extra), (donors, _) in zip(self._points(X), self.donor_points)
        ]
        total = sum(distances)
        before = proba(X)
        n_donors = min(_N_DONORS, len(self.donors))
        for place in places:
            others = total - distances[place]
            near = np.argpartition(others, n_donors - 1, axis=1)[:, :n_donors]
            lent = [column_values(self.donors, place, rows) for rows in near.T]
            after = [proba(with_column(X, place, values)) for values in lent]
            change = np.mean(
                [np.abs(P - before).sum(axis=1) / 2 for P in after], axis=0
            )
            yield change, lent[0]


def _squared_distances(points, extra, donors):
    """Squared distances in one column, none where no donor has the like of a value.

    Such a value says nothing about which donors are near.
    """
    squares = (points**2).sum(axis=1)[:, None] + (donors**2).sum(axis=1)
    squares = squares - 2 * points @ donors.T
    strange = extra + squares.min(axis=1, initial=np.inf) > _STRANGE
    return np.where(strange[:, None], 0.0, squares).astype(np.float32)


def column_values(X, place, rows):
    """Values of one column in some rows."""
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows, place].array
    return X[rows, place]


def with_column(X, place, values):
    """Copy of a table with other values in one column, of the same type."""
    X = X.copy()
    if isinstance(X, pd.DataFrame):
        name = X.columns[place]
        series = pd.Series(values, index=X.index, name=name)
        parts = [X.iloc[:, :place], series, X.iloc[:, place + 1 :]]
        return pd.concat(parts, axis=1)
    X[:, place] = values
    return X
