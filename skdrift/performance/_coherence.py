"""Whether the values of a row of a table go together as those of known rows do."""

import numpy as np

from skdrift.performance._table_numbers import TableNumbers
from skdrift.performance._trees import AveragedTrees

_N_TREES = 40
_LEAST_IN_LEAF = 5
_MOST_ROWS = 4000


class Coherence:
    """Tells known rows from rows in which some values come from other rows.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        Known rows.
    seed : int
    """

    def __init__(self, X, seed):
        random_state = np.random.RandomState(seed)
        self.numbers = TableNumbers(X)
        rows = self.numbers.encode(X)
        rows = rows[random_state.permutation(len(rows))[:_MOST_ROWS]]
        mixed = _mix(rows, random_state)
        self.trees = AveragedTrees.fit(
            np.concatenate([rows, mixed]),
            np.repeat([0.0, 1.0], len(rows)),
            None,
            n_trees=_N_TREES,
            min_samples_leaf=_LEAST_IN_LEAF,
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
        return self.trees.predict(self.numbers.encode(X))[0]


def _mix(rows, random_state):
    """Rows in which some of the columns, one at least, are those of other rows."""
    n, n_columns = rows.shape
    others = np.column_stack([column[random_state.permutation(n)] for column in rows.T])
    share = random_state.uniform(0, 0.6, size=(n, 1))
    taken = random_state.random_sample((n, n_columns)) < share
    taken[np.arange(n), random_state.randint(n_columns, size=n)] = True
    return np.where(taken, others, rows)
