"""Whether the values of a row of a table go together as those of known rows do."""

import numpy as np

from skdrift._sklearn import safe_indexing
from skdrift.models._averaged_trees import AveragedTrees
from skdrift.scoring._cross_fit import by_fold
from skdrift.scoring._groups import group_folds
from skdrift.scoring._row_hash import KnownFolds, assign_folds, tells_rows_apart
from skdrift.scoring._table_numbers import LEAST, MOST, TableNumbers

_N_TREES = 40
_LEAST_IN_LEAF = 5
_MOST_ROWS = 4000
# Wide tables: so many cells of known rows, and so many columns tried for each cut.
_MOST_CELLS = 4_000_000
_MOST_TRIED = 32
_N_FOLDS = 3
# Fewer rows or columns do not show what goes together.
_LEAST_ROWS, _LEAST_COLUMNS = 200, 3
_LEAST_CHANCE = 1e-3
# Share of columns that come from other rows where several do.
_SEVERAL = (0.3, 0.9)
# The unit of log odds is what so many known rows exceed. Of rows of which several
# values come from others so many have to exceed it; else columns know nothing of each
# other.
_RARE, _LEAST_TOLD = 0.005, 0.05


class Coherence:
    """Tells known rows from rows in which some values come from other rows.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        Known rows.
    seed : int
    several : bool, default=False
        Whether rows of which one value only comes from another row pass for known ones,
        and values that no known row has for usual ones.
    """

    def __init__(self, X, seed, several=False):
        random_state = np.random.RandomState(seed)
        self.numbers = TableNumbers(X)
        self.range = None
        rows = self.numbers.encode(X)
        n_columns = rows.shape[1]
        n_rows = min(_MOST_ROWS, max(_MOST_CELLS // n_columns, _LEAST_ROWS))
        rows = rows[random_state.permutation(len(rows))[:n_rows]]
        max_features = 1.0
        if several:
            self.range = _range_of(rows)
            max_features = min(1.0, _MOST_TRIED / n_columns)
            parts = [
                rows,
                _mix(rows, (0.0, 0.0), 1, random_state),
                _mix(rows, _SEVERAL, 2, random_state),
            ]
        else:
            parts = [rows, _mix(rows, (0.0, 0.6), 1, random_state)]
        is_mixed = np.append(np.zeros(len(parts) - 1), 1.0)
        self.trees = AveragedTrees.fit(
            np.concatenate(parts),
            np.repeat(is_mixed, len(rows)),
            None,
            n_trees=_N_TREES,
            min_samples_leaf=_LEAST_IN_LEAF,
            max_features=max_features,
            seed=seed,
        )

    def mixed(self, X):
        """Estimate how likely it is that values of a row come from several rows.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        mixed : ndarray of shape (n_samples,)
        """
        return self.trees.predict(self._encode(X))[0]

    def mixed_of_mixed(self, X, random_state):
        """Estimate the same for rows made of X whose values come from several of them.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
        random_state : RandomState

        Returns
        -------
        mixed : ndarray of shape (n_samples,)
        """
        rows = _mix(self._encode(X), _SEVERAL, 2, random_state)
        return self.trees.predict(rows)[0]

    def _encode(self, X):
        rows = self.numbers.encode(X)
        if self.range is None:
            return rows
        low, high, usual, some_missing = self.range
        is_missing = rows == LEAST
        is_strange = np.where(is_missing, ~some_missing.astype(bool), rows < low)
        return np.where(is_strange | (rows > high), usual, rows)


class CrossFittedCoherence:
    """How little the values of a row go together, in units of the reference.

    Each row is judged by trees that met neither it nor its group; use `learn`. One
    strange value alone does not count, for one broken column seldom does harm.

    Parameters
    ----------
    models : list of Coherence
        One for each fold, which did not meet its rows.
    salt : int
    coarse : bool
        How the fold of a row is found, see `assign_folds`.
    known : KnownFolds or None
        Folds of known rows that lie elsewhere, with their groups.
    """

    def __init__(self, models, salt, coarse, known):
        self.models = models
        self.salt = salt
        self.coarse = coarse
        self.known = known
        self.median, self.unit = 0.0, 1.0

    @classmethod
    def learn(cls, X, groups, random_state):
        """Learn what goes together, or return None where too little shows it.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            Known rows.
        groups : ndarray of int of shape (n_samples,) or None
        random_state : RandomState
        """
        n, n_columns = X.shape
        if n < _LEAST_ROWS or n_columns < _LEAST_COLUMNS:
            return None
        salt = int(random_state.randint(2**31))
        coarse, known = bool(tells_rows_apart(X)), None
        fold = assign_folds(X, _N_FOLDS, salt, coarse)
        if groups is not None:
            fold = group_folds(groups, n, _N_FOLDS, random_state)
            known = KnownFolds(X, fold, coarse)
            fold = known.correct(X, fold)
        parts = [np.flatnonzero(fold != place) for place in range(_N_FOLDS)]
        if min(map(len, parts)) < _LEAST_ROWS / 2:
            return None
        seeds = random_state.randint(2**31 - 1, size=_N_FOLDS)
        models = [
            Coherence(safe_indexing(X, rows), int(seed), several=True)
            for rows, seed in zip(parts, seeds)
        ]
        learnt = cls(models, salt, coarse, known)
        own = learnt.beyond(X)
        learnt.median = float(np.median(own))
        learnt.unit = float(np.quantile(own, 1 - _RARE)) - learnt.median or 1.0
        mixed = by_fold(
            lambda model, part: model.mixed_of_mixed(part, random_state),
            *(models, X, fold),
        )
        told = np.mean(learnt._in_units(mixed) > 1)
        return learnt if told >= _LEAST_TOLD else None

    def _in_units(self, mixed):
        mixed = np.clip(mixed, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
        return (np.log(mixed / (1 - mixed)) - self.median) / self.unit

    def beyond(self, X):
        """Log odds that several values of a row come from other rows.

        Parameters
        ----------
        X : DataFrame or ndarray of shape (n_samples, n_features)

        Returns
        -------
        beyond : ndarray of shape (n_samples,)
            Beyond their median among known rows, in units of what 0.5% of these exceed.
        """
        fold = assign_folds(X, _N_FOLDS, self.salt, self.coarse)
        if self.known is not None:
            fold = self.known.correct(X, fold)
        mixed = by_fold(lambda model, part: model.mixed(part), self.models, X, fold)
        return self._in_units(mixed)


def _mix(rows, share, at_least, random_state):
    """Rows of which a share, drawn in a range, of the values are those of others."""
    n, n_columns = rows.shape
    others = np.column_stack([column[random_state.permutation(n)] for column in rows.T])
    share = random_state.uniform(*share, size=(n, 1))
    taken = random_state.random_sample((n, n_columns)) < share
    for _ in range(at_least):
        taken[np.arange(n), random_state.randint(n_columns, size=n)] = True
    return np.where(taken, others, rows)


def _range_of(rows):
    """Smallest, largest and middle values of columns, and which have missing ones."""
    is_known = rows > LEAST
    low = np.where(is_known, rows, MOST).min(axis=0)
    high = np.where(is_known, rows, LEAST).max(axis=0)
    usual = np.quantile(rows, 0.5, axis=0, method="inverted_cdf")
    return np.array([low, high, usual, ~is_known.all(axis=0)])
