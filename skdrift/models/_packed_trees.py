"""PackedTrees: a few rows sent down many trees at once."""

import numpy as np


class PackedTrees:
    """The nodes of all trees of a forest in a few long arrays.

    One call for each tree costs more than the walk itself where rows are few. Here all
    rows take one step down in all trees at the same time.

    Parameters
    ----------
    arrays : dict of ndarray
        What ``trees_to_arrays`` gives.
    """

    def __init__(self, arrays):
        n_nodes = arrays["n_nodes"]
        self._roots = n_nodes.cumsum() - n_nodes
        first = np.repeat(self._roots, n_nodes)
        inner = arrays["left"] != -1
        # A step to the right is an odd place, one to the left the even one before.
        self._children = (
            np.stack([arrays["left"], arrays["right"]], axis=1) + (first[:, None])
        )
        self._children = np.ascontiguousarray(self._children).ravel()
        self._feature = np.where(inner, arrays["feature"], -1).astype(np.intp)
        self._threshold = arrays["threshold"]
        self._missing_right = arrays["missing_left"] == 0
        self._leaf = np.where(inner, -1, (~inner).cumsum() - 1)
        stored = arrays["values"]
        self._values = stored.reshape(len(stored), -1).astype(np.float64)

    def average(self, X):
        """Average what the trees say of each row.

        Parameters
        ----------
        X : C-contiguous ndarray of float32 of shape (n, n_features)

        Returns
        -------
        mean : ndarray of shape (n, n_outputs)
        """
        n_rows, n_features = X.shape
        n_trees = len(self._roots)
        cells = X.ravel()
        node = np.repeat(self._roots, n_rows)
        walking = np.flatnonzero(self._feature[node] >= 0)
        at = node[walking]
        row = np.tile(np.arange(n_rows) * n_features, n_trees)[walking]
        any_missing = np.isnan(cells).any()
        while len(at):
            value = cells[row + self._feature[at]]
            right = value > self._threshold[at]
            if any_missing:
                right |= np.isnan(value) & self._missing_right[at]
            at = self._children[2 * at + right]
            goes_on = self._feature[at] >= 0
            if not goes_on.all():
                node[walking] = at
                walking, at, row = walking[goes_on], at[goes_on], row[goes_on]
        # One tree after the other, as in a loop, so that the last bits are the same.
        said = self._values[self._leaf[node]].reshape(n_trees, n_rows, -1)
        return np.add.reduce(said, axis=0) / n_trees
