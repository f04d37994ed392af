"""Columns to blame: whose repair changes what the classifier says of a batch.

A column is repaired by giving each row the values of its nearest reference rows, near
in all other columns. On clean rows that changes the classifier's probabilities by so
much as values scatter among like rows; in a column that went wrong, and matters to the
classifier, by more.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state, gen_batches

from skdrift._columns import columns_of
from skdrift._sklearn import safe_indexing
from skdrift.explanation._lost_values import KnownValues
from skdrift.scoring._representation import TableRepresentation

_N_DONORS = 3
# Squared distance in a column beyond which two values are not alike.
_STRANGE = 0.01
# Rows that are looked at: of the batch, as controls, and as donors.
_MOST_ROWS = 1000
_LEAST_CONTROLS = 500
_MOST_CONTROLS = 2000
_MOST_DONORS = 1500
# Rows whose distances to the donors are held at once.
_ROWS_AT_ONCE = 300
# In wider tables fewer controls are looked at, and the columns that matter most.
_MANY_COLUMNS = 40
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

    @property
    def stands_out(self):
        """Whether the excess is large and clear."""
        return self.excess >= max(_LEAST_EXCESS, _CLEAR * self.error)


class DonorTable:
    """Reference rows that lend their values, and what lending does to clean rows.

    Parameters
    ----------
    reference : DataFrame or ndarray of shape (n_samples, n_features)
    proba : callable
        Gives the classifier's probabilities of rows.
    random_state : int, RandomState instance or None

    Attributes
    ----------
    controls : DataFrame or ndarray
        Clean rows that lend nothing.
    control_rows : ndarray of int
        Their positions in the reference.
    largest : ndarray of shape (n_controls,)
        Their `largest_changes`.
    """

    def __init__(self, reference, proba, random_state):
        n, n_columns = len(reference), reference.shape[1]
        order = check_random_state(random_state).permutation(n)
        at_most = _MOST_CONTROLS if n_columns <= _MANY_COLUMNS else _LEAST_CONTROLS
        n_controls = min(at_most, max(min(_LEAST_CONTROLS, n // 2), n - _MOST_DONORS))
        self.donors = safe_indexing(
            reference, order[n_controls : n_controls + _MOST_DONORS]
        )
        self.control_rows = order[:n_controls]
        self.controls = safe_indexing(reference, self.control_rows)
        alone = np.arange(len(self.donors))
        self.representation = TableRepresentation().fit(self.donors, alone)
        self.donor_points = self._points(self.donors)
        places = range(len(self.donor_points))
        self.clean = [
            change for change, _ in self._changes(self.controls, proba, places)
        ]
        self.known = [KnownValues.of(column) for column in columns_of(reference)]
        # Columns that the classifier hardly looks at can do no harm.
        means = [change.mean() for change in self.clean]
        self.weighty = np.argsort(means)[::-1][:_MANY_COLUMNS].tolist()
        self.largest = np.max([self.clean[place] for place in self.weighty], axis=0)

    def largest_changes(self, X, proba):
        """By how much each row's probabilities change by its most telling repair.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        proba : callable

        Returns
        -------
        changes : ndarray of shape (n_samples,)
        """
        changes = self._changes(X, proba, self.weighty)
        return np.max([change for change, _ in changes], axis=0)

    def joint_changes(self, X, proba, places):
        """By how much each row's probabilities change if some columns are repaired.

        All at once, out of rows near in the other columns.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        proba : callable
        places : list of int
            The columns, fewer than all.

        Returns
        -------
        changes : ndarray of shape (n_samples,)
        """
        before = proba(X)
        repaired = self._repair_all(X, places)
        return np.mean([_distance(proba(Z), before) for Z in repaired], axis=0)

    def find_harmful(self, X, proba, places, names, random_state):
        """Which of some suspect columns, put back into repaired rows, change much.

        All suspects are repaired at once, out of rows near in the other columns. So a
        column shows its harm also where another one does as much.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        proba : callable
        places : list of int
            The suspects, fewer than all columns.
        names : list of str
            Names of all columns.
        random_state : RandomState

        Returns
        -------
        repairs : list of Repair
            The worst column first.
        """
        X = _draw(X, _MOST_ROWS, random_state)
        changes = self._put_back(X, proba, places)
        controls = safe_indexing(
            self.controls, np.arange(len(self.controls))[:_MOST_ROWS]
        )
        lost = self._shares_lost(X, places)
        found = [
            _repair_of(names[place], change, clean, share)
            for place, change, clean, share in zip(
                places, changes, self._put_back(controls, proba, places), lost
            )
        ]
        found = [repair for repair in found if repair.stands_out]
        return sorted(found, key=lambda repair: -repair.excess)

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
        X = _draw(X, _MOST_ROWS, random_state)
        left, repairs = list(places), []
        while left and len(repairs) < at_most:
            changes = list(self._changes(X, proba, left))
            lost = self._shares_lost(X, left)
            found = [
                _repair_of(names[place], change, self.clean[place], share)
                for place, (change, _), share in zip(left, changes, lost)
            ]
            worst = int(np.argmax([repair.excess for repair in found]))
            if not found[worst].stands_out:
                break
            X = with_column(X, left.pop(worst), changes[worst][1])
            repairs.append(found[worst])
        return repairs, X

    def _shares_lost(self, X, places):
        columns = list(columns_of(X))
        return [self.known[place].share_lost(columns[place]) for place in places]

    def _points(self, X):
        pairs = zip(self.representation.columns_, columns_of(X), strict=True)
        return [learnt.transform(column) for learnt, column in pairs]

    def _near(self, X, without):
        """Nearest donors of rows, for each of several sets of columns left aside."""
        points = self._points(X)
        n_donors = min(_N_DONORS, len(self.donors))
        near = np.empty((len(without), len(X), n_donors), dtype=np.intp)
        for rows in gen_batches(len(X), _ROWS_AT_ONCE):
            distances = [
                _squared_distances(own[rows], extra[rows], donors)
                for (own, extra), (donors, _) in zip(points, self.donor_points)
            ]
            total = sum(distances)
            for found, places in zip(near, without):
                others = total - sum(distances[place] for place in places)
                found[rows] = np.argpartition(others, n_donors - 1, axis=1)[
                    :, :n_donors
                ]
        return near.transpose(0, 2, 1)

    def _changes(self, X, proba, places):
        """Yield for each column how much repair changes each row, and new values."""
        before = proba(X)
        near = self._near(X, [[place] for place in places])
        for place, donors in zip(places, near):
            lent = [column_values(self.donors, place, rows) for rows in donors]
            after = [proba(with_column(X, place, values)) for values in lent]
            yield np.mean([_distance(P, before) for P in after], axis=0), lent[0]

    def _repair_all(self, X, places):
        """Yield rows in which all of some columns come from a near donor."""
        (near,) = self._near(X, [places])
        for rows in near:
            repaired = X
            for place in places:
                lent = column_values(self.donors, place, rows)
                repaired = with_column(repaired, place, lent)
            yield repaired

    def _put_back(self, X, proba, places):
        """How much each suspect column changes rows in which all were repaired."""
        own = [column_values(X, place, np.arange(len(X))) for place in places]
        changes = []
        for repaired in self._repair_all(X, places):
            before = proba(repaired)
            changes.append(
                [
                    _distance(proba(with_column(repaired, place, values)), before)
                    for place, values in zip(places, own)
                ]
            )
        return np.mean(changes, axis=0)


def _draw(X, at_most, random_state):
    return safe_indexing(X, np.sort(random_state.permutation(len(X))[:at_most]))


def _distance(P, Q):
    return np.abs(P - Q).sum(axis=1) / 2


def _repair_of(column, change, clean, lost):
    """Compare with what repairs change in clean rows, but for rows that lost a value.

    A value that says nothing any more cannot be one that merely differs from its like:
    all that the repair changes is what the loss costs.
    """
    share = 1 - lost
    error = np.sqrt(change.var() / len(change) + share**2 * clean.var() / len(clean))
    return Repair(column, float(change.mean() - share * clean.mean()), float(error))


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
