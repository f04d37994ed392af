"""ForestStudent: extremely randomised trees that learn soft labels."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, RealNotInt, StrOptions, fit_context
from skdrift.models._packed_trees import PackedTrees
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
    trees_ : PackedTrees
        The nodes of all trees, in single precision.
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
        grown = [tree.tree_ for tree in forest.estimators_]
        self.trees_ = PackedTrees.of(grown, rows.shape[1])
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
        return self.answer(self.read(X))

    def read(self, X):
        """Check rows; students of the same features and names do it alike.

        Parameters
        ----------
        X : array of shape (n, n_features)

        Returns
        -------
        rows : ndarray of float32 of shape (n, n_features)
        """
        check_is_fitted(self)
        return validate_data(
            self, X, reset=False, dtype=np.float32, ensure_all_finite="allow-nan"
        )

    def answer(self, rows):
        """Predict as `predict_proba` does, of rows that have been read.

        Parameters
        ----------
        rows : ndarray of float32 of shape (n, n_features)

        Returns
        -------
        Q : ndarray of shape (n, n_classes)
        """
        return self.trees_.average(rows)

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
