"""PackedTrees: the trees of a forest in a few long arrays, walked all at once.

A tree that is asked alone about a few rows waits for memory at nearly every node. Here
all pairs of a row and a tree take each step together, so that the waits overlap. And
arrays can be looked through before they are used, which compiled trees in a stored file
cannot: those follow any node number, and a forged one crashes the process.
"""

import numpy as np

# Pairs of a row and a tree that walk together, so that their places stay in the
# processor's cache; rows among them, and cells of these.
_PAIRS, _ROWS, _CELLS = 2**16, 2**11, 2**22
# After so many steps many pairs have arrived; from then on they are left out from time
# to time.
_ALL_WALK, _STEPS = 8, 4


class PackedTrees:
    """Regression trees of one forest.

    Nodes are numbered level by level through all trees: the roots come first, and the
    two children of a node lie side by side. A leaf is its own child and sends every
    value to the left, so that a row which has arrived stays where it is.

    Parameters
    ----------
    n_trees, n_features : int
    child : ndarray of int32 of shape (n_nodes,)
        The left child of each node; the right one is the next. Of a leaf, itself.
    column : ndarray of int32 of shape (n_nodes,)
        The feature that a node asks for, plus `n_features` where missing values go to
        the left.
    threshold : ndarray of float32 of shape (n_nodes,)
        Larger values go to the right.
    values : ndarray of float32 of shape (n_leaves, n_outputs)
        What the leaves say, in their order.

    Raises
    ------
    ValueError
        If a node leads to one that is not there or not below it, or asks for a feature
        that rows do not have.
    """

    def __init__(self, n_trees, n_features, child, column, threshold, values):
        numbers = np.arange(len(child))
        leaf = child == numbers
        sizes = {len(child), len(column), len(threshold)}
        if len(sizes) > 1 or values.ndim != 2 or len(values) != leaf.sum():
            raise ValueError("Stored trees hold other numbers of nodes than they name.")
        if not 0 < n_trees <= len(child):
            raise ValueError(
                f"Stored trees name {n_trees} roots of {len(child)} nodes."
            )
        if (child < numbers).any() or (child[~leaf] >= len(child) - 1).any():
            raise ValueError("A stored tree has a node that leads to no node below it.")
        if (column < 0).any() or (column >= 2 * n_features).any():
            raise ValueError(
                f"A stored tree asks for a feature beyond the {n_features} of its rows."
            )
        self.n_trees, self.n_features = n_trees, n_features
        self.child, self.column, self.threshold = child, column, threshold
        self.values = values
        self._leaf = (leaf.cumsum() - 1).astype(np.int32)

    @classmethod
    def of(cls, trees, n_features):
        """Pack the trees of scikit-learn, in single precision.

        Parameters
        ----------
        trees : list of sklearn.tree._tree.Tree
        n_features : int

        Returns
        -------
        packed : PackedTrees
        """
        states = [tree.__getstate__() for tree in trees]
        nodes = np.concatenate([state["nodes"] for state in states])
        values = np.concatenate([state["values"] for state in states])
        n_nodes = [len(state["nodes"]) for state in states]
        roots = np.cumsum(n_nodes) - n_nodes
        first = np.repeat(roots, n_nodes)
        leaf = nodes["left_child"] == -1
        left, right = first + nodes["left_child"], first + nodes["right_child"]
        level, order = roots, []
        while len(level):
            order.append(level)
            inner = level[~leaf[level]]
            level = np.column_stack([left[inner], right[inner]]).ravel()
        order = np.concatenate(order)
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order))
        # A flag of one byte cannot be multiplied by more than 255 features.
        to_left = nodes["missing_go_to_left"].astype(np.int64)
        column = nodes["feature"] + n_features * to_left
        leaf, left, values = leaf[order], left[order], values[order]
        return cls(
            len(trees),
            n_features,
            np.where(leaf, number[order], number[left]).astype(np.int32),
            np.where(leaf, 0, column[order]).astype(np.int32),
            np.where(leaf, np.inf, nodes["threshold"][order]).astype(np.float32),
            values[leaf].reshape(leaf.sum(), -1).astype(np.float32),
        )

    def average(self, X):
        """Average what the trees say of each row.

        Parameters
        ----------
        X : ndarray of float32 of shape (n, n_features)
            Finite, or NaN.

        Returns
        -------
        mean : ndarray of float64 of shape (n, n_outputs)
        """
        rows = max(1, min(_ROWS, _CELLS // self.n_features))
        if len(X) > rows:
            parts = range(0, len(X), rows)
            return np.concatenate([self.average(X[at : at + rows]) for at in parts])
        # Each value twice: where what is missing goes to the right, and to the left.
        cells = np.hstack([X, X])
        missing = np.isnan(X)
        if missing.any():
            cells[:, : X.shape[1]][missing] = np.inf
            cells[:, X.shape[1] :][missing] = -np.inf
        shape = len(X), self.values.shape[1]
        total = np.zeros((1, shape[0] * shape[1]))
        at_once = max(1, _PAIRS // max(1, len(X)))
        for first in range(0, self.n_trees, at_once):
            trees = np.arange(first, min(first + at_once, self.n_trees))
            said = self.values.take(self._leaf.take(self._walk(trees, cells)), axis=0)
            # Added tree by tree, so that the sum does not depend on the other rows.
            said = np.concatenate([total, said.reshape(len(trees), -1)])
            total = np.add.reduce(said, axis=0, keepdims=True)
        return total.reshape(shape) / self.n_trees

    def _walk(self, trees, cells):
        """Nodes at which rows arrive in trees, tree by tree."""
        n_rows, width = cells.shape
        cells = cells.ravel()
        node = np.repeat(trees, n_rows)
        row = np.tile(np.arange(n_rows, dtype=np.int32) * np.int32(width), len(trees))
        arrived, walking, step = node, np.arange(len(node)), 0
        while len(node):
            place = self.column.take(node)
            place += row
            right = cells.take(place) > self.threshold.take(node)
            following = self.child.take(node)
            following += right
            if step >= _ALL_WALK and step % _STEPS == 0:
                moved = np.flatnonzero(following != node)
                arrived[walking] = following
                walking, row = walking.take(moved), row.take(moved)
                following = following.take(moved)
            node = following.astype(np.intp)
            step += 1
        return arrived

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name[0] != "_"}

    def __setstate__(self, state):
        self.__init__(**state)
