"""ScoreThreshold: which rows of a batch are outliers by their harm score."""

from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, fit_context


class ScoreThreshold(OutlierMixin, BaseEstimator):
    """Flag single rows whose score is larger than nearly all scores of clean rows.

    A test such as :class:`KSDriftTest` judges a batch; this judges each row, at the end
    of the same Pipeline.

    Parameters
    ----------
    contamination : float in (0, 0.5], default=0.01
        Share of the training scores that lies above the threshold.
    margin : float >= 0, default=0.0
        The threshold is moved up by this share of its absolute value.

    Attributes
    ----------
    offset_ : float
        Minus the threshold: scikit-learn's scores are larger for more normal rows.
    n_features_in_ : int
    feature_names_in_ : array of str

    Notes
    -----
    Of several columns the largest value counts, so they should share their units.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import ScoreThreshold
    >>> clean = np.arange(100.0).reshape(-1, 1)
    >>> detector = ScoreThreshold(contamination=0.05).fit(clean)
    >>> detector.predict([[50.0], [99.0]])
    array([ 1, -1])
    """

    _parameter_constraints = {
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
        "margin": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, contamination=0.01, *, margin=0.0):
        self.contamination = contamination
        self.margin = margin

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Infer the threshold from the scores of clean rows.

        Parameters
        ----------
        X : array of shape (n, k)
        y : ignored

        Returns
        -------
        self
        """
        X = validate_data(self, X, dtype=[np.float64, np.float32])
        offset = float(np.percentile(-X.max(axis=1), 100 * self.contamination))
        self.offset_ = offset - self.margin * abs(offset)
        return self

    def score_samples(self, X):
        """Return minus the (largest) score of each row: smaller is more outlying.

        Parameters
        ----------
        X : array of shape (n, k)

        Returns
        -------
        scores : array of shape (n,)
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return -X.max(axis=1)

    def decision_function(self, X):
        """Return ``score_samples(X) - offset_``: negative for outliers.

        Parameters
        ----------
        X : array of shape (n, k)

        Returns
        -------
        distances : array of shape (n,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return -1 for rows above the threshold and 1 for the others.

        Parameters
        ----------
        X : array of shape (n, k)

        Returns
        -------
        labels : array of int of shape (n,)
        """
        return np.where(self.decision_function(X) < 0, -1, 1)
