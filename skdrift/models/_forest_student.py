"""ForestStudent: extremely randomised trees that learn soft labels.

scikit-learn follows the node numbers of a stored tree unchecked, so that a forged file
could crash the process; skops for that reason trusts no tree. So trees are stored as
arrays, which can be looked through before a tree is made of them.
"""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, RealNotInt, StrOptions, Tree, fit_context
from skdrift.models._soft_labels import check_soft_labels


class ForestStudent(ClassifierMixin, BaseEstimator):
    """Extremely randomised trees that learn a teacher's soft labels.

    The trees predict the probabilities of all classes at once; the forest averages
    them. A row unlike any that was seen in training lands among rows that share some of
    its features with it, not on the far side of a decision boundary, so the student
    fails in other places than its teacher, whatever the teacher is.

    Every row is learnt once as it is and `n_noisy_copies` times with noise, with the
    same soft label. So the student says of a damaged row what the teacher would have
    said of the intact one.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of trees.
    max_features : {"sqrt", "log2"}, int, float or None, default="sqrt"
        Features tried at each split, as in ExtraTreesRegressor.
    min_samples_leaf : int, default=5
        Training rows in a leaf, at least, noisy copies included.
    max_leaves : int, default=1000
        A leaf holds so many rows more that a tree has about this many leaves at most,
        which bounds time and memory.
    n_noisy_copies : int, default=2
        Noisy copies of each training row. Time and memory grow with them.
    noise : float, default=0.5
        Largest amount of noise. Each copy of a row gets normal noise of a standard
        deviation between 0 and this, in units of each feature's own.
    random_state : int, RandomState or None, default=None

    Attributes
    ----------
    trees_ : list of sklearn.tree._tree.Tree
    classes_ : array of shape (n_classes,)
        ``arange(n_classes)`` after soft labels, else the distinct class labels.
    n_features_in_ : int
    feature_names_in_ : array of str

    References
    ----------
    Geurts, Ernst and Wehenkel, "Extremely randomized trees", Machine Learning 63, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdrift import ForestStudent
    >>> X, y = load_iris(return_X_y=True)
    >>> P = KNeighborsClassifier().fit(X, y).predict_proba(X)
    >>> ForestStudent(random_state=0).fit(X, P).predict_proba(X[:1]).round(1)
    array([[1., 0., 0.]])
    """

    learns_soft_labels = True

    _parameter_constraints = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "max_features": [
            StrOptions({"sqrt", "log2"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            None,
        ],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
        "max_leaves": [Interval(Integral, 2, None, closed="left")],
        "n_noisy_copies": [Interval(Integral, 0, None, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_estimators=100,
        *,
        max_features="sqrt",
        min_samples_leaf=5,
        max_leaves=1000,
        n_noisy_copies=2,
        noise=0.5,
        random_state=None,
    ):
        self.n_estimators = n_estimators
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.max_leaves = max_leaves
        self.n_noisy_copies = n_noisy_copies
        self.noise = noise
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Grow the trees.

        Parameters
        ----------
        X : array of shape (n, n_features)
            Numbers; NaN is a value of its own.
        y : array of shape (n, n_classes) or (n,)
            Soft labels, or class labels.

        Returns
        -------
        self
        """
        rows = validate_data(self, X, dtype=np.float32, ensure_all_finite="allow-nan")
        y, soft = check_soft_labels(y, len(rows), type(self).__name__)
        if soft:
            classes, P = np.arange(y.shape[1]), y
        else:
            classes, codes = np.unique(y, return_inverse=True)
            if len(classes) < 2:
                raise ValueError(
                    "ForestStudent needs at least 2 classes in y, but got 1 class: "
                    f"{classes[0]}"
                )
            P = np.eye(len(classes))[codes]
        random_state = check_random_state(self.random_state)
        copies = self.n_noisy_copies
        noisy = [_add_noise(rows, self.noise, random_state) for _ in range(copies)]
        forest = ExtraTreesRegressor(
            self.n_estimators,
            max_features=self.max_features,
            min_samples_leaf=max(
                self.min_samples_leaf, len(rows) * (1 + copies) // self.max_leaves
            ),
            random_state=random_state,
        ).fit(np.concatenate([rows, *noisy]), np.tile(P, (1 + copies, 1)))
        # In the precision in which they are stored, so that a copy says the same.
        grown = trees_to_arrays([tree.tree_ for tree in forest.estimators_])
        self.trees_ = arrays_to_trees(grown, rows.shape[1])
        self.classes_ = classes
        return self

    def predict_proba(self, X):
        """Average the class probabilities of the trees.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        Q : array of shape (n, n_classes)
        """
        check_is_fitted(self)
        X = validate_data(
            self, X, reset=False, dtype=np.float32, ensure_all_finite="allow-nan"
        )
        return self.average(X)

    def average(self, X):
        """Average the class probabilities of the trees, of rows known to be valid.

        Parameters
        ----------
        X : C-contiguous ndarray of float32 of shape (n, n_features)

        Returns
        -------
        Q : ndarray of shape (n, n_classes)
        """
        # The trees are asked directly: the forest's own predict starts a thread pool
        # at every call, which takes many times as long for a batch of 100 rows.
        total = np.zeros((len(X), len(self.classes_)))
        for tree in self.trees_:
            total += tree.predict(X).reshape(total.shape)
        return total / len(self.trees_)

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        labels : array of shape (n,)
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def __getstate__(self):
        state = super().__getstate__()
        if "trees_" in state:
            state = {**state, "trees_": trees_to_arrays(self.trees_)}
        return state

    def __setstate__(self, state):
        if "trees_" in state:
            trees = arrays_to_trees(state["trees_"], state["n_features_in_"])
            state = {**state, "trees_": trees}
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _add_noise(rows, noise, random_state):
    """Return the rows with normal noise, of another amount for each row."""
    # float64, since the squares of large float32 values overflow
    known = np.ma.masked_invalid(rows.astype(np.float64))
    spread = known.std(axis=0).filled(0.0)
    amount = random_state.uniform(0, noise, size=(len(rows), 1))
    noisy = rows + amount * spread * random_state.standard_normal(rows.shape)
    largest = np.finfo(np.float32).max
    return np.clip(noisy, -largest, largest).astype(np.float32)


def trees_to_arrays(trees):
    """Take trees apart into what predictions need, in single precision.

    Parameters
    ----------
    trees : list of sklearn.tree._tree.Tree

    Returns
    -------
    arrays : dict of ndarray
        The nodes of all trees one below the other, the values of their leaves, and for
        each tree the number of its nodes and its depth.
    """
    states = [tree.__getstate__() for tree in trees]
    nodes = np.concatenate([state["nodes"] for state in states])
    values = np.concatenate([state["values"] for state in states])
    leaf = nodes["left_child"] == -1
    return {
        "left": nodes["left_child"].astype(np.int32),
        "right": nodes["right_child"].astype(np.int32),
        "feature": nodes["feature"].astype(np.int32),
        "threshold": nodes["threshold"].astype(np.float32),
        "missing_left": nodes["missing_go_to_left"].astype(np.uint8),
        "values": values[leaf].astype(np.float32),
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
    stored = arrays["values"]
    leaf = arrays["left"] == -1
    total = int(arrays["n_nodes"].sum())
    sizes = {len(arrays[name]) for name in ("left", "right", "feature", "threshold")}
    if stored.ndim != 3 or sizes != {total} or len(stored) != leaf.sum():
        raise ValueError("Stored trees hold other numbers of nodes than they name.")
    nodes = np.zeros(total, dtype=_node_type())
    nodes["left_child"], nodes["right_child"] = arrays["left"], arrays["right"]
    nodes["feature"], nodes["threshold"] = arrays["feature"], arrays["threshold"]
    nodes["missing_go_to_left"] = arrays["missing_left"]
    # scikit-learn reads the numbers of samples when it counts, not when it predicts.
    nodes["n_node_samples"], nodes["weighted_n_node_samples"] = 1, 1.0
    values = np.zeros((total, *stored.shape[1:]))
    values[leaf] = stored
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


def _node_type():
    """Type of the nodes of a tree, as this version of scikit-learn has it."""
    return Tree(1, np.ones(1, dtype=np.intp), 1).__getstate__()["nodes"].dtype


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
