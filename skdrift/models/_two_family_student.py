"""TwoFamilyStudent: trees and a linear model, which fail in different places."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, fit_context
from skdrift.models._forest_student import ForestStudent
from skdrift.models._soft_labels import SoftLabelClassifier, check_soft_labels

# A family that is certain of a class does not overrule the other one.
_LEAST = 1e-4
_LARGEST = 1e30


class TwoFamilyStudent(ClassifierMixin, BaseEstimator):
    """A forest and a logistic regression that learn a teacher's soft labels together.

    Their probabilities are multiplied, and the root of the product is taken: a row
    passes as known only where both agree with the teacher. Trees beyond the range of
    what they learnt say what they say at its edge, as a teacher made of trees does; a
    linear model does not. Within the range trees follow the teacher more closely.

    Parameters
    ----------
    n_estimators : int, default=100
        Trees of the :class:`ForestStudent`.
    C : float, default=1.0
        Of the logistic regression, on features of mean 0 and variance 1 with medians
        for what is missing: the smaller, the smoother.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    forest_ : ForestStudent
    linear_ : SoftLabelClassifier
    medians_, means_, scales_ : ndarray of shape (n_features,)
        Of the training rows: what takes the place of missing values, and what numbers
        are scaled by.
    classes_ : ndarray of shape (n_classes,)
        ``arange(n_classes)`` after soft labels, else the distinct class labels.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdrift import TwoFamilyStudent
    >>> X, y = load_iris(return_X_y=True)
    >>> P = KNeighborsClassifier().fit(X, y).predict_proba(X)
    >>> TwoFamilyStudent(random_state=0).fit(X, P).predict_proba(X[:1]).round(1)
    array([[1., 0., 0.]])
    """

    learns_soft_labels = True

    _parameter_constraints = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "C": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(self, n_estimators=100, *, C=1.0, random_state=None):
        self.n_estimators = n_estimators
        self.C = C
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Train both.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers; NaN is a value of its own.
        y : array-like of shape (n_samples, n_classes) or (n_samples,)
            Soft labels, or class labels.

        Returns
        -------
        self : object
        """
        rows = validate_data(self, X, dtype=np.float32, ensure_all_finite="allow-nan")
        y, _ = check_soft_labels(y, len(rows), type(self).__name__)
        random_state = check_random_state(self.random_state)
        forest = ForestStudent(self.n_estimators, random_state=random_state)
        forest.fit(rows, y)
        known = np.ma.masked_invalid(rows.astype(np.float64))
        medians = np.ma.median(known, axis=0).filled(0.0)
        filled = _fill(rows, medians)
        means, scales = filled.mean(axis=0), filled.std(axis=0)
        scales = np.where(scales > 0, scales, 1.0)
        linear = SoftLabelClassifier(LogisticRegression(C=self.C, max_iter=300))
        linear.fit((filled - means) / scales, y)
        self.forest_ = forest
        self.linear_ = linear
        self.medians_, self.means_, self.scales_ = medians, means, scales
        self.classes_ = forest.classes_
        return self

    def predict_proba(self, X):
        """Root of the product of both families' probabilities, in shares.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Q : ndarray of shape (n_samples, n_classes)
        """
        check_is_fitted(self)
        X = validate_data(
            self, X, reset=False, dtype=np.float32, ensure_all_finite="allow-nan"
        )
        scaled = (_fill(X, self.medians_) - self.means_) / self.scales_
        both = [
            self.forest_.average(np.ascontiguousarray(X)),
            self.linear_.predict_proba(scaled),
        ]
        Q = np.sqrt(np.maximum(both[0], _LEAST) * np.maximum(both[1], _LEAST))
        return Q / Q.sum(axis=1, keepdims=True)

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _fill(rows, medians):
    """Rows in float64, finite and with finite squares, medians for what is missing."""
    rows = np.clip(rows.astype(np.float64), -_LARGEST, _LARGEST)
    return np.where(np.isnan(rows), medians, rows)
