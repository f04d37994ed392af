"""Trees that learn from kinds of faults, and trees that show what they depend on."""

import numpy as np

from skdrift.models._averaged_trees import AveragedTrees
from skdrift.performance._simulation import NATURAL

_N_TREES = 60
_LEAST_IN_LEAF = 3
# So many times some trees are grown without this share of the kinds.
_N_LACKING = 12
_TREES_EACH = 2
_SHARE_LACKING = 2 / 3


class KindForest:
    """A forest grown on all kinds of faults, beside one whose trees lack some kinds.

    The more faults are simulated, the more trees agree that met all of them. Trees that
    lack kinds go on to differ where a batch is like no kind that is known to all, as
    batches with a kind that comes later are.

    Parameters
    ----------
    whole, lacking : AveragedTrees
    """

    def __init__(self, whole, lacking):
        self.whole = whole
        self.lacking = lacking

    @classmethod
    def fit(cls, X, y, sample_weight, kind, *, seed, n_jobs=None):
        """Grow both forests.

        Parameters
        ----------
        X : ndarray of shape (n_batches, n_features)
        y, sample_weight : ndarray of shape (n_batches,)
        kind : ndarray of str of shape (n_batches,)
            Natural batches are met by all trees.
        seed : int
        n_jobs : int or None
        """
        settings = {"min_samples_leaf": _LEAST_IN_LEAF, "n_jobs": n_jobs}
        whole = AveragedTrees.fit(
            X, y, sample_weight, n_trees=_N_TREES, seed=seed, **settings
        )
        random_state = np.random.RandomState(seed)
        lacking = []
        for left_out in lacking_kinds(kind, random_state):
            met = ~np.isin(kind, left_out)
            own = int(random_state.randint(2**31 - 1))
            trees = AveragedTrees.fit(
                *(X[met], y[met], sample_weight[met]),
                n_trees=_TREES_EACH,
                seed=own,
                **settings,
            )
            lacking.append(trees)
        return cls(whole, AveragedTrees.joined(lacking))

    def predict(self, X):
        """Mean of the trees that met all, and how far from it the others are.

        Returns
        -------
        mean, spread : ndarray of shape (n_batches,)
        """
        mean = self.whole.predict(X)[0]
        other, spread = self.lacking.predict(X)
        return mean, np.sqrt(spread**2 + (other - mean) ** 2)


def lacking_kinds(kind, random_state):
    """Draw the kinds that some trees lack, all kinds as often up to one.

    Yields
    ------
    left_out : ndarray of str
        At least one kind of faults is met, if there is one.
    """
    kinds = np.unique(kind[kind != NATURAL])
    n_lacking = min(round(_SHARE_LACKING * len(kinds)), max(len(kinds) - 1, 0))
    waiting = np.array([], dtype=kinds.dtype)
    for _ in range(_N_LACKING):
        if len(waiting) < n_lacking:
            # Those that wait come first, and again only after all of the others.
            others = random_state.permutation(np.setdiff1d(kinds, waiting))
            waiting = np.concatenate([waiting, others, waiting])
        yield waiting[:n_lacking]
        waiting = waiting[n_lacking:]
