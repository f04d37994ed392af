"""Trees of scikit-learn as plain arrays, and back, checked.

scikit-learn follows the node numbers of a stored tree unchecked, so that a forged file
could crash the process; skops for that reason trusts no tree. Arrays can be looked
through before a tree is made of them.
"""

import numpy as np
from sklearn.tree._tree import Tree


def trees_to_arrays(trees):
    """Take trees apart.

    Parameters
    ----------
    trees : list of sklearn.tree._tree.Tree

    Returns
    -------
    arrays : dict of ndarray
        The nodes and values of all trees one below the other, and for each tree the
        number of its nodes and its depth.
    """
    states = [tree.__getstate__() for tree in trees]
    return {
        "nodes": np.concatenate([state["nodes"] for state in states]),
        "values": np.concatenate([state["values"] for state in states]),
        "n_nodes": np.array([state["node_count"] for state in states]),
        "max_depth": np.array([state["max_depth"] for state in states]),
    }


def arrays_to_trees(arrays, n_features):
    """Put trees together again.

    Parameters
    ----------
    arrays : dict of ndarray
        What `trees_to_arrays` gave.
    n_features : int
        Features of the rows that the trees were grown on.

    Returns
    -------
    trees : list of sklearn.tree._tree.Tree

    Raises
    ------
    ValueError
        If a node leads to one that is not there or not below it, or asks for a feature
        that rows do not have.
    """
    nodes, values = arrays["nodes"], arrays["values"]
    if values.ndim != 3 or not len(nodes) == len(values) == arrays["n_nodes"].sum():
        raise ValueError("Stored trees hold other numbers of nodes than they name.")
    n_outputs = values.shape[1]
    trees = []
    stops = arrays["n_nodes"].cumsum()
    for start, stop, depth in zip(
        stops - arrays["n_nodes"], stops, arrays["max_depth"]
    ):
        own = np.ascontiguousarray(nodes[start:stop])
        _check_nodes(own, n_features)
        tree = Tree(n_features, np.ones(n_outputs, dtype=np.intp), n_outputs)
        tree.__setstate__(
            {
                "max_depth": int(depth),
                "node_count": len(own),
                "nodes": own,
                "values": np.ascontiguousarray(values[start:stop]),
            }
        )
        trees.append(tree)
    return trees


def _check_nodes(nodes, n_features):
    left, right = nodes["left_child"], nodes["right_child"]
    inner = left != -1
    numbers = np.arange(len(nodes))[inner]
    for child in (left[inner], right[inner]):
        if (child <= numbers).any() or (child >= len(nodes)).any():
            raise ValueError("A stored tree has a node that leads to no node below it.")
    feature = nodes["feature"][inner]
    if (feature < 0).any() or (feature >= n_features).any():
        raise ValueError(
            f"A stored tree asks for a feature beyond the {n_features} of its rows."
        )
