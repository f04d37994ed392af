"""Averages of regression trees, kept as arrays that can be stored and read safely."""

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils import gen_batches

# So few rows that what is looked at stays in the processor's cache.
_ROWS_AT_ONCE = 200


class AveragedTrees:
    """Extremely randomised regression trees as arrays.

    Parameters
    ----------
    feature, left, right : ndarray of int of shape (n_nodes,)
        Of all trees below each other; left is -1 at a leaf. A row goes left where its
        feature is at most the threshold.
    threshold, value : ndarray of float of shape (n_nodes,)
    roots : ndarray of int of shape (n_trees,)
    """

    def __init__(self, feature, threshold, left, right, value, roots):
        self.feature = feature
        self.threshold = threshold
        self.left = left
        self.right = right
        self.value = value
        self.roots = roots

    @classmethod
    def fit(
        cls,
        X,
        y,
        sample_weight,
        *,
        n_trees,
        min_samples_leaf,
        seed,
        max_features=1.0,
        n_jobs=None,
    ):
        """Grow trees on rows of finite numbers, parameters as in scikit-learn."""
        forest = ExtraTreesRegressor(
            n_trees,
            min_samples_leaf=min_samples_leaf,
            max_features=max_features,
            random_state=seed,
            n_jobs=n_jobs,
        )
        # Sums of very large numbers overflow where X is checked.
        with np.errstate(over="ignore", invalid="ignore"):
            forest.fit(X, y, sample_weight=sample_weight)
        trees = [tree.tree_ for tree in forest.estimators_]
        sizes = np.array([tree.node_count for tree in trees])
        roots = np.cumsum(sizes) - sizes
        return cls(
            # Leaves have no feature; any will do, since it is not followed.
            np.maximum(np.concatenate([tree.feature for tree in trees]), 0),
            np.concatenate([tree.threshold for tree in trees]),
            _moved([tree.children_left for tree in trees], roots),
            _moved([tree.children_right for tree in trees], roots),
            np.concatenate([tree.value[:, 0, 0] for tree in trees]),
            roots,
        )

    @classmethod
    def joined(cls, parts):
        """Put the trees of several averages into one."""
        sizes = np.array([len(part.feature) for part in parts])
        starts = np.cumsum(sizes) - sizes
        return cls(
            np.concatenate([part.feature for part in parts]),
            np.concatenate([part.threshold for part in parts]),
            _moved([part.left for part in parts], starts),
            _moved([part.right for part in parts], starts),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.roots + one for part, one in zip(parts, starts)]),
        )

    def predict(self, X):
        """Return the mean and the standard deviation over the trees, for each row."""
        # The trees were grown on float32 features.
        X = np.asarray(X, dtype=np.float32).astype(np.float64)
        values = np.empty((len(X), len(self.roots)))
        for rows in gen_batches(len(X), _ROWS_AT_ONCE):
            values[rows] = self.value[self._leaves(X[rows])]
        return values.mean(axis=1), values.std(axis=1)

    def _leaves(self, X):
        """Where each row arrives in each tree, shape (n_samples, n_trees)."""
        node = np.tile(self.roots, len(X))
        cell = np.repeat(np.arange(len(X)) * X.shape[1], len(self.roots))
        cells = X.ravel()
        # Pairs of a row and a tree, until they reach a leaf.
        pairs = np.arange(len(node))
        while len(pairs):
            here = node.take(pairs)
            inner = self.left.take(here) >= 0
            pairs, here = pairs[inner], here[inner]
            values = cells.take(cell.take(pairs) + self.feature.take(here))
            goes_left = values <= self.threshold.take(here)
            node[pairs] = np.where(
                goes_left, self.left.take(here), self.right.take(here)
            )
        return node.reshape(len(X), len(self.roots))


def _moved(children, roots):
    """Children of all trees, counted from the first node of the first tree."""
    moved = [
        np.where(child >= 0, child + root, -1) for child, root in zip(children, roots)
    ]
    return np.concatenate(moved).astype(np.int32)
