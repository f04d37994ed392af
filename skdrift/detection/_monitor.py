"""Follows batches over time and keeps false alarms rare over the whole stream."""

from dataclasses import replace
from numbers import Real

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, StrOptions, fit_context, safe_indexing
from skdrift.detection._batches import split_rows
from skdrift.detection._detector_steps import final_test, scores_for_test
from skdrift.detection._monitor_display import MonitorDisplay
from skdrift.detection._stream import (
    MonitorState,
    Stream,
    effective_p_values,
    history,
)
from skdrift.detection._tail import TailDriftTest

CONTROLS = ("martingale", "lord", "saffron")
REFERENCES = ("growing", "fixed")


class DriftMonitor(BaseEstimator):
    """Alarm for a stream of batches, with few false alarms over the whole stream.

    Testing every batch at level .05 raises a false alarm every twenty batches. A
    monitor runs the same test on every batch and decides over time: `update` takes the
    next batch. It is set up around a fitted detector; or it is fitted itself, such as
    at the end of a Pipeline, and fits a copy of its detector.

    Parameters
    ----------
    detector : drift test or Pipeline, default=None
        A test, such as `TailDriftTest`, or a Pipeline that ends in one, fitted unless
        `fit` is called. It is not changed. None means ``TailDriftTest()``. Wrapped in
        :class:`~sklearn.frozen.FrozenEstimator`, it is not fitted by `fit` either.
    alpha : float, default=0.05
        Bound of the error that ``control`` names.
    control : {"martingale", "lord", "saffron"}, default="martingale"
        "martingale": the probability that a stream without drift ever raises an alarm,
        however long it runs, is at most ``alpha``. The alarm stays until `reset`.
        "lord", "saffron": each batch is flagged or not, by LORD++ or SAFFRON, with an
        expected share of false ones among the flagged batches of at most ``alpha``.
        SAFFRON finds more where many batches drift.
    reference : {"growing", "fixed"}, default="growing"
        "growing": every batch that raised no alarm joins the reference after its test.
        "fixed": every batch is compared with the rows that the detector was fitted on;
        meant for tests with ``confidence``.

    Attributes
    ----------
    detector_ : drift test or Pipeline
        The fitted detector that the stream started with: by `fit`, by `reset`, or by
        the first `update` around a fitted detector.
    history_ : DataFrame
        One row per batch: the fields of the states, ``n_samples``, and ``group`` where
        batches have labels.
    n_batches_ : int
        Batches so far.
    reference_size_ : ndarray of int of shape (n_features,)
        Reference rows of the next test.

    Notes
    -----
    **Why the reference grows.** All batches that are compared with one fixed reference
    share its luck: given the reference, p-values are not uniform, and evidence against
    a reference of 1000 rows piles up from the mere difference between these rows and
    their population. No rule can hold its promise for ever on such p-values. If each
    batch joins the reference, its ranks are those of new rows among all rows so far.
    Under the null hypothesis (all rows exchangeable) the p-values are then those of
    independent uniform variables or larger, so that the promise of "martingale" holds
    exactly, for any test with exact p-values, any distribution and any stream. So does,
    up to the first discovery, that of "lord" and "saffron": with probability 1 - alpha
    a stream without drift is never flagged. When some batches do drift, their rate of
    false discoveries is no longer covered by theory, since a batch that drifted unseen
    is in the reference of the later ones.

    **What that costs.** What arrives slowly becomes the new normal: a batch that drifts
    too little to be noticed weakens the tests after it. Memory and time grow with the
    stream; with a million rows in the reference a batch of 100 takes some tens of
    milliseconds.

    **A fixed reference.** With a test that has ``confidence``, all but a share
    1 - confidence of the references give p-values that are super-uniform given the
    reference. Given such a reference and independent batches, the capital is a
    nonnegative supermartingale that starts at 1, and by Ville's inequality ever reaches
    1 / alpha with probability at most alpha. So a stream without drift ever raises an
    alarm with probability at most alpha + 1 - confidence.

    **Groups.** Around a test that was fitted with groups, rows of a group need not be
    exchangeable, but groups are. A batch that joins the reference is one group of it.
    The promises then hold for batches that are whole groups, and nearly: a chunk of the
    reference is compared with a little less than what the batch is compared with.

    A batch in which no statistic exceeds the test's ``min_effect`` counts with a
    p-value of 1. Parameters that are changed while a stream runs are refused until
    `reset`.

    References
    ----------
    .. [1] Vovk, V. (2021). Testing randomness online. Statistical Science 36, 595-611.
    .. [2] Ramdas, A., Zrnic, T., Wainwright, M. J. and Jordan, M. I. (2018). SAFFRON:
       an adaptive algorithm for online control of the false discovery rate. ICML 35.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import DriftMonitor, TailDriftTest
    >>> rng = np.random.default_rng(0)
    >>> test = TailDriftTest().fit(rng.normal(size=(1000, 1)))
    >>> monitor = DriftMonitor(test)
    >>> for _ in range(20):
    ...     state = monitor.update(rng.normal(size=(100, 1)))
    >>> state.is_alarm
    False
    >>> while not monitor.update(rng.normal(0.3, 1.3, size=(100, 1))):
    ...     pass
    >>> monitor.n_batches_
    21
    """

    __metadata_request__fit = {"groups": True}

    _parameter_constraints = {
        "detector": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "control": [StrOptions(set(CONTROLS))],
        "reference": [StrOptions(set(REFERENCES))],
    }

    def __init__(
        self, detector=None, *, alpha=0.05, control="martingale", reference="growing"
    ):
        self.detector = detector
        self.alpha = alpha
        self.control = control
        self.reference = reference

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, groups=None):
        """Fit a copy of the detector, and start a stream.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Clean rows, as the detector takes them.
        y : array-like of shape (n_samples,), default=None
            Their labels, if the detector needs them.
        groups : array-like of shape (n_samples,), default=None
            The hour, day or user that each row belongs to, for the steps of the
            detector that take groups.

        Returns
        -------
        self : DriftMonitor
        """
        detector = clone(TailDriftTest() if self.detector is None else self.detector)
        final_test(detector)
        if groups is None:
            detector.fit(X, y)
        else:
            with config_context(enable_metadata_routing=True):
                detector.fit(X, y, groups=groups)
        stream = self._new_stream(detector)
        validate_data(self, X, skip_check_array=True)
        self.detector_ = detector
        self._fitted_with = self._settings()["detector"]
        self._stream = stream
        return self

    def reset(self):
        """Start anew, with the detector's own reference and no history.

        Returns
        -------
        self : DriftMonitor
        """
        self._validate_params()
        detector = self._fitted_detector()
        self._stream = self._new_stream(detector)
        self.detector_ = detector
        return self

    def update(self, X, groups=None):
        """Take the next batch, or the next ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows of the batch, or of all batches, as the detector takes them.
        groups : array-like of shape (n_samples,), default=None
            Label of the batch that each row belongs to; batches are taken in ascending
            order of their labels, one after the other. None: X is one batch.

        Returns
        -------
        state : MonitorState
            True as a condition if there is an alarm. With ``groups``, its fields are
            arrays of shape (n_batches,), and a condition is an error.
        """
        stream, detector = self._running()
        # All batches or none: one that is refused leaves the monitor as it was.
        stream = stream.copy()
        scores = scores_for_test(detector, X)
        if groups is None:
            state = stream.take(scores)
        else:
            labels, order, sizes = split_rows(groups, len(scores))
            rows = np.arange(len(scores)) if order is None else order
            parts = np.split(rows, np.cumsum(sizes)[:-1])
            states = [
                stream.take(safe_indexing(scores, part), label)
                for part, label in zip(parts, labels.tolist())
            ]
            state = MonitorState(*map(np.array, zip(*states)))
        self.detector_, self._stream = detector, stream
        return state

    def predict(self, X, groups=None):
        """Tell what `update` would say of a batch that came next.

        Nothing is changed. Several batches are each taken as the next one, so that a
        :class:`ContaminationSweep` can show what a single batch needs to be to raise
        the alarm.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows of the batch, or of all batches.
        groups : array-like of shape (n_samples,), default=None
            Label of the batch that each row belongs to. None: X is one batch.

        Returns
        -------
        result : DriftResult
            That of the test, with the monitor's verdict as ``is_drift``. Where there is
            an alarm, ``feature_is_drift`` holds for the features with the smallest
            p-value.
        """
        stream, detector = self._running()
        result = stream.test.predict(scores_for_test(detector, X), groups)
        return _foretold(stream, result)

    def count(self, X):
        """Count a part of the next batch against the reference.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Any rows of the batch, as the detector takes them.

        Returns
        -------
        counts : DriftCounts
            Counts of parts add up; `update_counts` takes their sum.
        """
        stream, detector = self._running()
        return stream.test.count(scores_for_test(detector, X))

    def predict_counts(self, counts):
        """Tell what `update_counts` would say; nothing is changed.

        Parameters
        ----------
        counts : DriftCounts
            Sum of the counts of all parts of the batch.

        Returns
        -------
        result : DriftResult
            As `predict` gives it.
        """
        stream, _ = self._running()
        return _foretold(stream, stream.test.predict_counts(counts))

    def update_counts(self, counts):
        """Take the next batch, which is known by its counts.

        A reference that grows needs the scores themselves, so the monitor must have
        been made with ``reference="fixed"``.

        Parameters
        ----------
        counts : DriftCounts
            Sum of the counts of all parts of the batch.

        Returns
        -------
        state : MonitorState
        """
        stream, detector = self._running()
        stream = stream.copy()
        state = stream.take_counts(counts)
        self.detector_, self._stream = detector, stream
        return state

    def _running(self):
        """Return the stream, or the one that would begin now, and its detector."""
        self._validate_params()
        if not hasattr(self, "_stream"):
            detector = self._fitted_detector()
            return self._new_stream(detector), detector
        now = self._settings()
        changed = [name for name in now if now[name] != self._stream.settings[name]]
        if changed:
            raise ValueError(
                f"{', '.join(changed)} of this DriftMonitor changed since the stream "
                "began; call reset() to start a stream with the new value, or set the "
                "old one again."
            )
        return self._stream, self.detector_

    def _new_stream(self, detector):
        test = final_test(detector)
        check_is_fitted(test)
        if test.correction is None and len(test.reference_) > 1:
            raise ValueError(
                f"The test has {len(test.reference_)} features and correction=None, "
                "which makes a batch's smallest p-value too small; choose a "
                "correction, such as 'bonferroni'."
            )
        return Stream(
            test,
            alpha=self.alpha,
            control=self.control,
            reference=self.reference,
            settings=self._settings(),
        )

    def _fitted_detector(self):
        """Return the detector that a stream starts with."""
        if hasattr(self, "_fitted_with"):
            if self._settings()["detector"] != self._fitted_with:
                raise ValueError(
                    "The detector of this DriftMonitor changed since fit; call fit "
                    "again."
                )
            return self.detector_
        if self.detector is None:
            raise NotFittedError(
                "This DriftMonitor has no detector yet; call fit, or give it a fitted "
                "detector."
            )
        check_is_fitted(final_test(self.detector))
        return self.detector

    def _settings(self):
        """Return what must not change while a stream runs."""
        test = TailDriftTest() if self.detector is None else final_test(self.detector)
        of_test = test.get_params()
        of_test.pop("random_state", None)
        return {
            "alpha": self.alpha,
            "control": self.control,
            "reference": self.reference,
            "detector": f"{type(test).__name__} {of_test}",
        }

    def __sklearn_is_fitted__(self):
        if hasattr(self, "_stream"):
            return True
        try:
            self._fitted_detector()
        except (NotFittedError, TypeError):
            return False
        return True

    @property
    def n_batches_(self):
        """Batches so far."""
        return len(self._stream.states) if hasattr(self, "_stream") else 0

    @property
    def reference_size_(self):
        """Reference rows of the next test, for each feature."""
        if hasattr(self, "_stream"):
            return self._stream.test.reference_size_
        return final_test(self._fitted_detector()).reference_size_

    @property
    def history_(self):
        """One row per batch."""
        if not hasattr(self, "_stream"):
            return history()
        stream = self._stream
        return history(stream.states, stream.sizes, stream.groups)

    def plot(self, *, ax=None):
        """Draw the history.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : MonitorDisplay
        """
        return MonitorDisplay.from_monitor(self, ax=ax)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        test = TailDriftTest() if self.detector is None else self.detector
        tags.input_tags = get_tags(test).input_tags
        tags.target_tags.required = get_tags(test).target_tags.required
        return tags


def _foretold(stream, result):
    """Put the verdict that the stream would give into the result of the test."""
    p_value = effective_p_values(result)
    is_alarm = stream.foretell(p_value)
    p_values = np.where(np.isnan(result.feature_p_values), 0, result.feature_p_values)
    smallest = p_values == p_values.min(axis=-1, keepdims=True)
    return replace(
        result,
        is_drift=bool(is_alarm) if np.ndim(p_value) == 0 else is_alarm,
        p_value=p_value,
        feature_is_drift=smallest & np.asarray(is_alarm)[..., None],
    )
