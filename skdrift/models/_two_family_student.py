"""TwoFamilyStudent: trees, and a linear model where trees cannot know."""

from numbers import Integral, Real

import numpy as np
from scipy.special import rel_entr, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, fit_context
from skdrift.models._forest_student import ForestStudent
from skdrift.models._soft_labels import SoftLabelClassifier, check_soft_labels

_LARGEST = 1e30
_LEAST = 1e-7
# The linear model is heard in full where it misses a quarter of what the teacher says,
# and not at all where it misses less than a tenth.
_MISSES = (0.1, 0.25)
_MOST_HEARD = 0.8


class TwoFamilyStudent(ClassifierMixin, BaseEstimator):
    """A forest, and a logistic regression beyond the range of what both learnt.

    Within the range of the training rows trees follow a teacher closely and fail in
    places of their own. Beyond it they say what they say at its edge, as a teacher
    made of trees does, and would agree with it on anything. A linear model does not;
    so it is heard where its own decision becomes surer than on any row of training,
    and in full where it is twice as sure.

    A teacher that is nearly linear itself goes astray with the linear model. The less
    of the teacher the linear model misses, the less it is heard: not at all below a
    tenth of the information (Kullback-Leibler divergence) in the teacher's soft labels.

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
    linear_weight_ : float
        Weight of the linear model far beyond the range, from 0 to 0.8.
    reach_ : float
        Largest difference of the two largest logits of the linear model on a training
        row.
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
        y, soft = check_soft_labels(y, len(rows), type(self).__name__)
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
        logits = self._logits(rows)
        P = y if soft else np.asarray(y)[:, None] == self.classes_
        missed = _missed_share(np.asarray(P, dtype=np.float64), self._linear(logits))
        self.linear_weight_ = float(_MOST_HEARD * np.interp(missed, _MISSES, (0, 1)))
        self.reach_ = float(_lead(logits).max())
        return self

    def predict_proba(self, X):
        """Probabilities of the forest; beyond its range, of the linear model as well.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Q : ndarray of shape (n_samples, n_classes)
        """
        return self.answer(self.read(X))

    def read(self, X):
        """Check rows; students of the same features and names do it alike.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        rows : ndarray of float32 of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return validate_data(
            self, X, reset=False, dtype=np.float32, ensure_all_finite="allow-nan"
        )

    def answer(self, rows):
        """Predict as `predict_proba` does, of rows that have been read.

        Parameters
        ----------
        rows : ndarray of float32 of shape (n_samples, n_features)

        Returns
        -------
        Q : ndarray of shape (n_samples, n_classes)
        """
        Q = self.forest_.answer(rows)
        if self.linear_weight_ == 0:
            return Q
        logits = self._logits(rows)
        beyond = np.clip(_lead(logits) / max(self.reach_, _LEAST) - 1, 0, 1)
        if not beyond.any():
            return Q
        weight = (self.linear_weight_ * beyond)[:, None]
        return (1 - weight) * Q + weight * self._linear(logits)

    def _logits(self, X):
        """Logits of the linear model, of rows known to be valid.

        Asking the model itself validates the rows again, which for a batch of 100 rows
        takes longer than the answer.
        """
        model = self.linear_.estimator_
        scaled = (_fill(X, self.medians_) - self.means_) / self.scales_
        logits = scaled @ model.coef_.T + model.intercept_
        if logits.shape[1] == 1:
            return np.hstack([np.zeros_like(logits), logits])
        return logits

    def _linear(self, logits):
        """Probabilities of the linear model; 0 for a class that had no weight."""
        learned = softmax(logits, axis=1)
        if learned.shape[1] == len(self.classes_):
            return learned
        proba = np.zeros((len(learned), len(self.classes_)))
        proba[:, self.linear_.estimator_.classes_] = learned
        return proba

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


def _lead(logits):
    """How far the largest logit of each row is ahead of the second largest."""
    two_largest = np.partition(logits, -2, axis=1)[:, -2:]
    return two_largest[:, 1] - two_largest[:, 0]


def _missed_share(P, Q):
    """Share of the information in P that Q misses, 1 for the mean of P."""
    mean = np.maximum(P.mean(axis=0), _LEAST)
    total = rel_entr(P, mean).sum()
    missed = rel_entr(P, np.maximum(Q, _LEAST)).sum()
    return float(missed / total) if total > 0 else 0.0
