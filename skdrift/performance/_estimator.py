"""PerformanceEstimator: how wrong a classifier is on rows without labels."""

from dataclasses import replace
from hashlib import blake2b
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state, get_tags, indexable
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._group_labels import check_group_labels
from skdrift._sklearn import (
    Interval,
    check_feature_names_in,
    fit_context,
)
from skdrift.performance._batch_metric import BatchMetric
from skdrift.performance._correction import Correction
from skdrift.performance._counts import PerformanceCounts
from skdrift.performance._faults import check_faults
from skdrift.performance._judgement import judge_batches
from skdrift.performance._left_out import LeftOutErrors
from skdrift.performance._pools import (
    Calibrations,
    Draws,
    Labelled,
    Support,
    draw_batches,
    make_pools,
)
from skdrift.performance._reader import (
    Reader,
    decides_by_argmax,
    places_of,
    read_rows,
)
from skdrift.performance._simulation import NATURAL, BatchMaker
from skdrift.performance._strange import StrangeValues
from skdrift.performance._views import (
    Calibration,
    expected_classes,
    expected_confusion,
    row_sums,
)
from skdrift.scoring import DistillationScorer
from skdrift.scoring._table_numbers import TableNumbers


class PerformanceEstimator(TransformerMixin, BaseEstimator):
    """Estimate how well a classifier does on rows without labels.

    The classifier's calibrated confidence says how often it is right on rows like
    those it knows. Where rows have changed it is too sure; so a student of the
    classifier and the distance to known rows are asked as well, and how the three are
    to be weighed is learnt on labelled clean rows with simulated faults. The estimate
    comes with an interval and a test of what may be lost, whose errors are those made
    on kinds of faults that were left out; and it says so when the rows have left what
    can be judged.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or Keras model, default=None
        The classifier. Inside :class:`~sklearn.frozen.FrozenEstimator` it is used as it
        is; else it is cloned and fitted, by cross-fitting. None means
        LogisticRegression.
    student : estimator, default=None
        As in :class:`DistillationScorer`.
    faults : "auto", list of callable or list of (str, callable), default="auto"
        Simulated changes, each a function of ``(X, random_state)`` that returns as many
        changed rows. "auto" takes the corruptions of :mod:`skdrift.datasets` that suit
        the rows and that the classifier can read.
    metric : str, tuple or callable, default="accuracy"
        "accuracy", "balanced_accuracy", "f1_macro"; "f1", "precision" and "recall" of
        the second of two classes, or of any as ``("recall", label)``; "roc_auc" of two
        classes; "neg_log_loss"; or a function of a confusion matrix with true classes
        in its rows. Larger is better.
    tolerance : float, default=0.05
        Loss that does not matter. It may be changed after `fit`, as `alpha` may.
    alpha : float, default=0.05
        Level of the test that more than `tolerance` was lost.
    confidence : float, default=0.9
        Share of intervals that hold the true value, kinds of faults weighing alike.
    cross_fit : int, default=5
        Folds of :class:`DistillationScorer`.
    n_jobs : int, default=None
        Folds and kinds of faults worked on at the same time, by joblib.
    verbose : int, default=0
        Progress over the kinds of faults, as joblib shows it.
    random_state : int, RandomState instance or None, default=None
        Seeds everything that is drawn.

    Attributes
    ----------
    reference_ : float
        The metric on the rows of `fit`.
    scorer_ : DistillationScorer
        Teacher and students.
    support_ : SupportScorer
        Distance to known rows.
    faults_ : list of str
        Names of the faults that were simulated.
    left_out_ : DataFrame
        All simulated batches, each judged without having met its kind: ``kind``,
        ``size``, ``truth``, ``estimate``, ``low``, ``high`` and ``p_value``.
    classes_ : ndarray of shape (n_classes,)
    estimator_ : estimator
        The classifier.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        As the classifier sees them, where it does.

    See Also
    --------
    DistillationScorer : Scores of rows for a drift test.
    InputDriftTest : Which columns changed, harm or no harm.

    Notes
    -----
    A change of how frequent the classes are, or of how labels depend on the inputs,
    leaves no trace in the inputs: no method without labels can see what it costs.
    Batches of one kind of fault, seen beforehand or not, are judged well as far as
    rows still resemble known ones; else the verdict is "cannot tell".

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from skdrift import PerformanceEstimator
    >>> from skdrift.datasets import corrupt_table
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = RandomForestClassifier(random_state=0).fit(X[::3], y[::3])
    >>> estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    >>> estimator = estimator.fit(X[1::3], y[1::3])
    >>> estimator.predict(X[2::3]).verdict
    'fine'
    >>> swapped = corrupt_table(X[2::3], "swap", severity=4, random_state=0)
    >>> estimator.predict(swapped).is_drift
    True
    """

    __metadata_request__fit = {"groups": True}

    _parameter_constraints: dict = {
        "estimator": "no_validation",
        "student": "no_validation",
        "faults": [str, list, tuple],
        "metric": [str, tuple, callable],
        "tolerance": [Interval(Real, 0, 1, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "cross_fit": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        student=None,
        faults="auto",
        metric="accuracy",
        tolerance=0.05,
        alpha=0.05,
        confidence=0.9,
        cross_fit=5,
        n_jobs=None,
        verbose=0,
        random_state=None,
    ):
        self.estimator = estimator
        self.student = student
        self.faults = faults
        self.metric = metric
        self.tolerance = tolerance
        self.alpha = alpha
        self.confidence = confidence
        self.cross_fit = cross_fit
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, groups=None):
        """Learn on labelled clean rows what a batch looks like that does harm.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of texts
            Clean rows that a trained classifier has not seen.
        y : array-like of shape (n_samples,)
            Their labels.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group, such as those of one user, are kept together.

        Returns
        -------
        self : object
        """
        if y is None:
            raise ValueError(
                "PerformanceEstimator requires y to be passed, but the target y is "
                "None: how right the classifier is can only be learnt on labelled rows."
            )
        X, kind = read_rows(X)
        X, y = indexable(X, y)
        random_state = check_random_state(self.random_state)
        seeds = random_state.randint(2**31 - 1, size=8)
        scorer = self._scorer(seeds[0])
        fold = scorer._fit(X, y)[2]
        truth = places_of(y, scorer.classes_)
        faults = check_faults(self.faults, X, kind, scorer.estimator_.predict_proba)
        support = Support(X, kind, scorer.estimator_, groups, seeds[1])
        known = StrangeValues(X) if kind == "table" else None
        numbers = TableNumbers(X) if kind == "table" else None
        reader = Reader(scorer, known, numbers, decides_by_argmax(scorer, X))

        reading = reader.read(X, support.whole, support.donors, fold)
        reading = replace(reading, mixed=support.mixed(X, reading.mixed))
        prior = np.bincount(truth, minlength=len(scorer.classes_)) / len(truth)
        right = reading.decision == truth
        n_classes = len(scorer.classes_)
        honest = Calibrations(reading, right, fold, n_classes)
        calibration = Calibration(reading, right, n_classes)
        calibration = calibration.weighed(honest.share_of_trees)
        likely = honest.likely_classes(reading, fold)
        clean = honest.pool(NATURAL, reading, truth, fold, likely)
        metric = BatchMetric(self.metric, scorer.classes_, prior, clean)
        n_columns = X.shape[1] if kind == "table" else 0
        draws = Draws.of(len(truth), kind, n_columns)
        pools = make_pools(
            Labelled(X, truth, fold, likely, reader, support, honest),
            *(faults, draws, int(seeds[4])),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        maker = BatchMaker(clean, np.random.RandomState(seeds[2]), metric.tables)
        draw_batches(maker, draws, pools, X, kind, reading)
        batches = maker.batches()
        shares = np.bincount(reading.decision, minlength=n_classes) / len(truth)
        reference = metric.of_labels(clean)
        correction = Correction(batches, shares, prior, int(seeds[3]), self.n_jobs)
        errors = LeftOutErrors(
            batches, metric, correction, float(reference), self.confidence, len(truth)
        )

        validate_data(self, X, skip_check_array=True)
        self.scorer_ = scorer
        self.support_ = support.whole
        self.reference_ = float(reference)
        self.faults_ = [name for name, _ in faults]
        self.classes_ = scorer.classes_
        self.estimator_ = scorer.estimator_
        self._metric = metric
        self._donors = support.donors
        self._known = known
        self._numbers = numbers
        self._argmax = reader.argmax
        self._calibration = calibration
        self._correction = correction
        self._errors = errors
        return self

    def _scorer(self, seed):
        return DistillationScorer(
            self.estimator,
            student=self.student,
            cross_fit=self.cross_fit,
            n_jobs=self.n_jobs,
            random_state=int(seed),
        )

    @property
    def left_out_(self):
        """Simulated batches, each judged without having met its kind, as a table."""
        check_is_fitted(self, "scorer_")
        return pd.DataFrame(self._errors.columns(self.tolerance))

    def transform(self, X):
        """Give each row the probability that the classifier is wrong on it.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of texts

        Returns
        -------
        wrong : ndarray of shape (n_samples, 1)
        """
        return self._calibration.wrong(self._read(X))[:, None]

    def _read(self, X):
        check_is_fitted(self, "scorer_")
        reader = Reader(self.scorer_, self._known, self._numbers, self._argmax)
        X, _ = read_rows(X)
        reading = reader.read(X, self.support_, self._donors)
        validate_data(self, X, reset=False, skip_check_array=True)
        return reading

    def predict(self, X, groups=None):
        """Estimate the performance on a batch, or on several.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of texts
            The rows of the batch, or of all batches.
        groups : array-like of shape (n_samples,), default=None
            Label of the batch that each row belongs to. None: X is one batch.

        Returns
        -------
        estimate : PerformanceEstimate
            With ``groups``, one batch per distinct label, in ascending order.
        """
        check_is_fitted(self, "scorer_")
        self._validate_params()
        reading = self._read(X)
        if groups is None:
            return self._judge([self._count(reading)], None)
        labels = check_group_labels(groups, len(reading.decision))
        names, codes = np.unique(labels, return_inverse=True)
        parts = [np.flatnonzero(codes == place) for place in range(len(names))]
        return self._judge([self._count(reading[rows]) for rows in parts], names)

    def count(self, X):
        """Sum what is seen of the rows of a piece of a batch.

        Parameters
        ----------
        X : ndarray of shape (n_samples, ...), DataFrame or sequence of texts

        Returns
        -------
        counts : PerformanceCounts
            Counts of pieces add up; `predict_counts` judges their sum.
        """
        return self._count(self._read(X))

    def predict_counts(self, counts):
        """Estimate the performance on a batch that is known by its counts.

        Parameters
        ----------
        counts : PerformanceCounts

        Returns
        -------
        estimate : PerformanceEstimate
        """
        check_is_fitted(self, "scorer_")
        self._validate_params()
        if not isinstance(counts, PerformanceCounts):
            raise TypeError(
                "counts must be what `count` returned, or a sum of such; got "
                f"{type(counts).__name__}."
            )
        if counts.digest != self._digest():
            raise ValueError(
                "These counts were made by another estimator than this one; count the "
                "batch again."
            )
        return self._judge([counts], None)

    def _count(self, reading):
        classes = expected_classes(reading, self._calibration.confidence(reading))
        n = len(reading.decision)
        tables = self._metric.tables
        return PerformanceCounts(
            n,
            row_sums(reading, self._calibration).sum(axis=0),
            expected_confusion(reading.decision, classes),
            reading.strange.sum(axis=0),
            self._digest(),
            None if tables is None else tables.seen(reading.P, classes),
        )

    def _digest(self):
        # Counts of one metric of probabilities are no counts of another.
        name = "" if self._metric.tables is None else self._metric.name
        trees = self._correction.trees.whole.value.tobytes()
        return blake2b(trees + name.encode()).hexdigest()[:16]

    def _judge(self, counts, labels):
        return judge_batches(
            counts,
            labels,
            reference=self.reference_,
            known=self._known,
            metric=self._metric,
            correction=self._correction,
            errors=self._errors,
            tolerance=self.tolerance,
            alpha=self.alpha,
        )

    def get_feature_names_out(self, input_features=None):
        """Return the name of the column of `transform`, "probability_wrong".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Compared with ``feature_names_in_`` or counted; otherwise unused.

        Returns
        -------
        names : ndarray of str of shape (1,)
        """
        check_is_fitted(self, "scorer_")
        if input_features is not None:
            check_feature_names_in(self, input_features, generate_names=False)
        return np.array(["probability_wrong"], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(DistillationScorer(self.estimator)).input_tags
        tags.input_tags.sparse = False
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
