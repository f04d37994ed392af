"""What is watched: how a row's harm, and the classifier's probabilities, are had.

A detector may be a Pipeline that ends in a drift test, a scorer, or an estimator of
performance. All that is asked of them is ``transform``, and where they have it the
classifier, as ``estimator_``.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline


@dataclass(frozen=True)
class WatchedModel:
    """What is asked of a detector to explain a batch.

    Parameters
    ----------
    scores : callable
        Gives scores of shape (n_samples, n_scores), larger for more harm.
    proba : callable or None
        Gives class probabilities; None where the detector knows no classifier.
    predict : callable or None
        Gives the classifier's decisions.
    in_points : bool
        Whether the score is the probability that the classifier is wrong.
    """

    scores: object
    proba: object
    predict: object
    in_points: bool

    @classmethod
    def of(cls, estimator):
        """Find in a fitted detector what scores rows, and the classifier.

        Raises
        ------
        TypeError
            If nothing in the detector scores rows.
        """
        inner = unwrap(estimator)
        in_points = hasattr(inner, "metric") and hasattr(inner, "tolerance")
        before, scorer = _identity, inner
        if isinstance(inner, Pipeline):
            last = inner[-1]
            steps = inner if hasattr(last, "transform") else inner[:-1]
            if len(steps) == 0 or not hasattr(steps[-1], "transform"):
                steps = None
            scorer = steps
            if steps is not None and len(steps) > 1:
                before = steps[:-1].transform
            in_points = hasattr(last, "metric") and hasattr(last, "tolerance")
        if not hasattr(scorer, "transform"):
            raise TypeError(
                "estimator must score rows, as a PerformanceEstimator, a scorer or a "
                f"Pipeline of a scorer and a drift test does; {type(inner).__name__} "
                "has no transform."
            )
        classifier = _classifier_of(scorer)
        proba = predict = None
        if classifier is not None:
            if hasattr(classifier, "predict_proba"):

                def proba(X):
                    return np.asarray(classifier.predict_proba(before(X)))

            def predict(X):
                return np.asarray(classifier.predict(before(X)))

        def scores(X):
            values = np.asarray(scorer.transform(X), dtype=np.float64)
            return values.reshape(len(values), -1)

        return cls(scores, proba, predict, in_points)


def unwrap(estimator):
    """Take an estimator out of FrozenEstimator."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    return estimator


def _identity(X):
    return X


def _classifier_of(scorer):
    """Find the classifier that a scorer watches, the first one of several; or None."""
    scorer = unwrap(scorer)
    if isinstance(scorer, Pipeline):
        return _classifier_of(scorer[-1])
    if isinstance(scorer, FeatureUnion):
        for _, part in scorer.transformer_list:
            found = _classifier_of(part)
            if found is not None:
                return found
        return None
    return getattr(scorer, "estimator_", None)


def conformal_p_values(scores, reference):
    """P-values of rows among reference rows, for the least likely of several scores.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_scores)
    reference : ndarray of shape (n_scores, n_reference)
        Sorted along the last axis.

    Returns
    -------
    p_values : ndarray of shape (n_samples,)
        Of several scores the smallest, times their number.
    """
    n_scores, n_reference = reference.shape
    not_below = np.column_stack(
        [
            n_reference - np.searchsorted(known, column, side="left")
            for known, column in zip(reference, scores.T)
        ]
    )
    p_values = (1 + not_below) / (n_reference + 1)
    return np.minimum(p_values.min(axis=1) * n_scores, 1.0)
