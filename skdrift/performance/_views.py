"""What is read of each row, and what of it adds up over a batch.

A reading is what classifier, student and support say of rows. Views turn it into
numbers whose sums over the rows of a batch are all that is needed to judge the batch.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from skdrift.models._averaged_trees import AveragedTrees

# Distances are cut at this many units of the 99% quantile.
_FARTHEST = 4.0
# Added to distances before logarithms are taken, which zero has none of.
_NEAREST = 0.05
_CLIP = 1e-4
# Fewer decisions for a class share the calibration of all others.
_LEAST_OF_A_CLASS = 100
_N_TREES = 50
_LEAST_IN_LEAF = 10

#: Names of the sums, in the order of the columns of `RowViews.sums`.
SUMS = (
    "confidence",
    "row_model",
    "row_trees",
    "right",
    "above_threshold",
    "agreement",
    "student",
    "distance",
    "distance_squared",
    "log_distance",
    "beyond_half",
    "beyond_three_quarters",
    "beyond",
    "outside",
    "far_outside",
    "sure_and_beyond",
    "unsure",
    "strange",
    "missing",
    "repaired",
    "mixed",
    "incoherent",
)


@dataclass(frozen=True)
class Reading:
    """What classifier, student and support say of n rows.

    Parameters
    ----------
    P, Q : ndarray of shape (n_samples, n_classes)
        Probabilities of classifier and student.
    decision : ndarray of int of shape (n_samples,)
        Places of the classifier's decisions.
    distance : ndarray of shape (n_samples,)
        Distance to the reference, in units of its 99% quantile.
    strange : ndarray of bool of shape (n_samples, n_columns)
        Values unlike all of the reference; no columns where rows are no table.
    missing : ndarray of shape (n_samples,)
        Share of missing values.
    repaired : ndarray of shape (n_samples,)
        Whether the decision changes when strange values are replaced by those of near
        reference rows.
    mixed : ndarray of shape (n_samples,)
        How likely it is that values of a row come from several rows.
    values : ndarray of shape (n_samples, n_columns)
        The row itself in numbers; no columns where rows are no table.
    """

    P: np.ndarray
    Q: np.ndarray
    decision: np.ndarray
    distance: np.ndarray
    strange: np.ndarray
    missing: np.ndarray
    repaired: np.ndarray
    mixed: np.ndarray
    values: np.ndarray

    def __getitem__(self, rows):
        """Keep some of the rows."""
        return Reading(
            *(getattr(self, name)[rows] for name in self.__dataclass_fields__)
        )

    @property
    def own(self):
        """Probability of the class decided for."""
        return self.P[np.arange(len(self.P)), self.decision]

    @property
    def student(self):
        """The student's probability of the class decided for."""
        return self.Q[np.arange(len(self.Q)), self.decision]


class Calibration:
    """From probabilities to how often they are right, learnt on labelled clean rows.

    Parameters
    ----------
    reading : Reading
        Of clean rows.
    right : ndarray of bool of shape (n_samples,)
        Whether the classifier is right.
    n_classes : int

    Attributes
    ----------
    share_of_trees : float
        What the trees count beside the linear model of errors in `right`, half unless
        `weighed` said otherwise.
    """

    share_of_trees = 0.5

    def __init__(self, reading, right, n_classes):
        everyone = _isotonic(reading.own, right)
        self.steps = []
        for place in range(n_classes):
            own = reading.decision == place
            enough = own.sum() >= _LEAST_OF_A_CLASS
            self.steps.append(
                _isotonic(reading.own[own], right[own]) if enough else everyone
            )
        # The share of rows above the threshold is the share of right ones.
        self.threshold = float(np.quantile(reading.own, 1 - right.mean()))
        self.most_mixed = float(np.quantile(reading.mixed, 0.9))
        features = row_features(reading)
        self.centre, self.scale = features.mean(axis=0), features.std(axis=0) + 1e-9
        self.coef, self.intercept = _logistic(
            (features - self.centre) / self.scale, ~right
        )
        self.trees = AveragedTrees.fit(
            np.hstack([features, reading.values]),
            right.astype(np.float64),
            None,
            n_trees=_N_TREES,
            min_samples_leaf=_LEAST_IN_LEAF,
            seed=0,
        )

    def confidence(self, reading):
        """Probability that each decision is right, by the classifier's own word."""
        right = np.empty(len(reading.decision))
        for place, (knots, values) in enumerate(self.steps):
            own = reading.decision == place
            right[own] = np.interp(reading.own[own], knots, values)
        return right

    def wrong(self, reading):
        """Probability that each decision is wrong, student and support being heard."""
        scaled = (row_features(reading) - self.centre) / self.scale
        return 1 / (1 + np.exp(-np.clip(scaled @ self.coef + self.intercept, -30, 30)))

    def right_by_trees(self, reading):
        """Probability that each decision is right, the row itself being heard too."""
        features = np.hstack([row_features(reading), reading.values])
        return self.trees.predict(features)[0]

    def weighed(self, share_of_trees):
        """Return a copy in which the trees have this share of `right`."""
        other = copy(self)
        other.share_of_trees = share_of_trees
        return other

    def right(self, reading):
        """Probability that each decision is right, by linear model and trees."""
        return self.mean(1 - self.wrong(reading), self.right_by_trees(reading))

    def mean(self, model, trees):
        """Weighted mean of what the linear model and the trees say."""
        return model + self.share_of_trees * (trees - model)


def best_share(model, trees, right):
    """Share of the trees in a weighted mean that has the least squared error.

    Parameters
    ----------
    model, trees : ndarray of shape (n_samples,)
        Probabilities that decisions are right, by models that did not meet the rows.
    right : ndarray of bool of shape (n_samples,)

    Returns
    -------
    share : float
        From 0 to 1; half where both always say the same.
    """
    apart = trees - model
    total = np.sum(apart**2)
    if total == 0:
        return 0.5
    return float(np.clip(np.sum(apart * (right - model)) / total, 0, 1))


def row_features(reading):
    """Features of rows for a model of errors, shape (n_samples, n_features)."""
    # A classifier that knows one class only has no second one.
    ordered = np.pad(np.sort(reading.P, axis=1), ((0, 0), (1, 0)))
    own = logit(np.clip(reading.own, _CLIP, 1 - _CLIP))
    student = logit(np.clip(reading.student, _CLIP, 1 - _CLIP))
    return np.column_stack(
        [
            own,
            student,
            np.minimum(own, student),
            ordered[:, -1] - ordered[:, -2],
            (reading.Q.argmax(axis=1) != reading.decision).astype(float),
            np.minimum(reading.distance, _FARTHEST),
            reading.mixed,
        ]
    )


def row_sums(reading, calibration):
    """Compute the columns of `SUMS` for each row, shape (n_samples, n_sums).

    Parameters
    ----------
    reading : Reading
    calibration : Calibration
    """
    model, trees = 1 - calibration.wrong(reading), calibration.right_by_trees(reading)
    distance = np.minimum(reading.distance, _FARTHEST)
    beyond = distance > 1.0
    sure = reading.own > calibration.threshold
    n_columns = reading.strange.shape[1]
    columns = {
        "confidence": calibration.confidence(reading),
        "row_model": model,
        "row_trees": trees,
        "right": calibration.mean(model, trees),
        "above_threshold": sure,
        "agreement": reading.Q.argmax(axis=1) == reading.decision,
        "student": reading.student,
        # How distances scatter tells many rows that are somewhat strange from few that
        # are very.
        "distance": distance,
        "distance_squared": distance**2,
        "log_distance": np.log(distance + _NEAREST),
        "beyond_half": distance > 0.5,
        "beyond_three_quarters": distance > 0.75,
        "beyond": beyond,
        "outside": distance > 1.5,
        "far_outside": distance > 2.5,
        "sure_and_beyond": sure & beyond,
        "unsure": reading.own < 0.7,
        "strange": reading.strange.sum(axis=1) / max(n_columns, 1),
        "missing": reading.missing,
        "repaired": reading.repaired,
        "mixed": reading.mixed,
        "incoherent": reading.mixed > calibration.most_mixed,
    }
    return np.column_stack([columns[name] for name in SUMS]).astype(np.float64)


def expected_classes(reading, right):
    """Probability of each true class.

    Parameters
    ----------
    reading : Reading
    right : ndarray of shape (n_samples,)
        Probability that each decision is right.

    Returns
    -------
    classes : ndarray of shape (n_samples, n_classes)
    """
    rows = np.arange(len(right))
    others = reading.P.copy()
    others[rows, reading.decision] = 0.0
    total = others.sum(axis=1, keepdims=True)
    n_others = max(reading.P.shape[1] - 1, 1)
    even = np.full_like(others, 1 / n_others)
    even[rows, reading.decision] = 0.0
    others = np.where(total > 0, others / np.where(total > 0, total, 1), even)
    classes = others * (1 - right)[:, None]
    classes[rows, reading.decision] = right
    return classes


def expected_confusion(decision, classes):
    """Sum probabilities of true classes, those of each decision in its own column.

    Parameters
    ----------
    decision : ndarray of int of shape (n_samples,)
    classes : ndarray of shape (n_samples, n_classes)

    Returns
    -------
    confusion : ndarray of shape (n_classes, n_classes)
    """
    confusion = np.zeros((classes.shape[1], classes.shape[1]))
    for place in np.unique(decision):
        confusion[:, place] = classes[decision == place].sum(axis=0)
    return confusion


def _isotonic(own, right):
    """Knots of a rising step function from probability to share of right decisions."""
    order = np.argsort(own, kind="stable")
    fit = IsotonicRegression(out_of_bounds="clip").fit(own[order], right[order])
    return fit.X_thresholds_, fit.y_thresholds_


def _logistic(features, wrong):
    """Coefficients of a logistic model; constant where all rows are alike."""
    share = (wrong.sum() + 0.5) / (len(wrong) + 1)
    if wrong.all() or not wrong.any():
        return np.zeros(features.shape[1]), float(logit(share))
    model = LogisticRegression(C=1.0, max_iter=1000).fit(features, wrong)
    return model.coef_[0], float(model.intercept_[0])
