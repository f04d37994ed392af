"""Follows batches over time and keeps false alarms rare over the whole stream."""

from copy import deepcopy
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from skdrift._sklearn import Interval, StrOptions, fit_context
from skdrift.detection._base import BaseDriftTest
from skdrift.detection._monitor_display import MonitorDisplay
from skdrift.detection._result import DriftResult
from skdrift.detection._tail import TailDriftTest
from skdrift.stats._martingale import bet, start_capital
from skdrift.stats._multiple_testing import OnlineLevels

CONTROLS = ("martingale", "lord", "saffron")
REFERENCES = ("growing", "fixed")


class MonitorState(NamedTuple):
    """What a monitor says after a batch.

    Parameters
    ----------
    batch : int
        The batch's number, 1 for the first.
    p_value : float
        The batch's p-value by the test.
    is_alarm : bool
        With ``control="martingale"``, whether the alarm has been raised, by this batch
        or earlier; else whether this batch is flagged.
    e_value : float
        Evidence of the stream so far, which raises the alarm at 1 / alpha. NaN unless
        ``control="martingale"``.
    level : float
        The level that the p-value was compared with. NaN if
        ``control="martingale"``.
    """

    batch: int
    p_value: float
    is_alarm: bool
    e_value: float
    level: float

    def __bool__(self):
        """Whether there is an alarm."""
        return self.is_alarm


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
        `fit` is called. It is not changed. None means ``TailDriftTest()``.
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
        "fixed": every batch is compared with the rows that the detector was fitted on.

    Attributes
    ----------
    detector_ : drift test or Pipeline
        The fitted detector that the stream started with.
    history_ : DataFrame
        One row per batch: the fields of the states and ``n_samples``.
    n_batches_ : int
        Batches so far.
    reference_size_ : ndarray of int, shape (n_features,)
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

    The monitor uses p-values only: a test's ``min_effect`` counts as far as it enters
    them, as it does in the Berk-Jones statistic.

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
    def fit(self, X, y=None):
        """Fit a copy of the detector, and start a stream.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Clean rows, as the detector takes them.
        y : array-like of shape (n_samples,), default=None
            Their labels, if the detector needs them.

        Returns
        -------
        self : DriftMonitor
        """
        detector = clone(TailDriftTest() if self.detector is None else self.detector)
        _last_step(detector)
        detector.fit(X, y)
        _split(detector)
        validate_data(self, X, skip_check_array=True)
        self.detector_ = detector
        return self.reset()

    def reset(self):
        """Start anew, with the detector's own reference and no history.

        Returns
        -------
        self : DriftMonitor
        """
        self._validate_params()
        if not hasattr(self, "detector_"):
            if self.detector is None:
                raise NotFittedError(
                    "This DriftMonitor has no detector yet; call fit, or give it a "
                    "fitted detector."
                )
            _split(self.detector)
            self.detector_ = self.detector
        self._steps, test = _split(self.detector_)
        self._test = deepcopy(test)
        if self.reference == "growing":
            # A window would forget rows, and p-values would depend on each other.
            self._test.set_params(window=None, max_reference=None)
        self._states, self._sizes = [], []
        self._log_capital = start_capital()
        self._levels = OnlineLevels(self.control, self.alpha)
        return self

    def update(self, X):
        """Take the next batch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows of the batch, as the detector takes them.

        Returns
        -------
        state : MonitorState
            True as a condition if there is an alarm.
        """
        scores = self._scores(X)
        p_value = float(self._test.predict(scores).p_value)
        batch = self.n_batches_ + 1
        e_value = level = np.nan
        if self.control == "martingale":
            self._log_capital, e_value = bet(self._log_capital, p_value, batch)
            e_value = float(e_value)
            is_alarm = self._alarm_stands() or e_value >= 1 / self.alpha
        else:
            level, is_alarm = self._levels.test(p_value)
        if self.reference == "growing" and not is_alarm:
            self._test.partial_fit(scores)
        state = MonitorState(batch, p_value, is_alarm, e_value, level)
        self._states.append(state)
        self._sizes.append(len(scores))
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
        scores = self._scores(X)
        result = self._test.predict(scores, groups)
        if self.control == "martingale":
            batch = self.n_batches_ + 1
            _, e_value = bet(self._log_capital, result.p_value, batch)
            is_alarm = (e_value >= 1 / self.alpha) | self._alarm_stands()
        else:
            is_alarm = np.asarray(result.p_value) <= self._levels.next_level()
        p_values = result.feature_p_values
        smallest = p_values == p_values.min(axis=-1, keepdims=True)
        verdict = DriftResult(
            is_alarm if groups is not None else bool(is_alarm),
            *result[1:4],
            smallest & np.asarray(is_alarm)[..., None],
        )
        verdict.group_labels = result.group_labels
        verdict.feature_names = result.feature_names
        verdict.p_value_method = result.p_value_method
        return verdict

    def _scores(self, X):
        if not hasattr(self, "_test"):
            self.reset()
        return X if self._steps is None else self._steps.transform(X)

    def _alarm_stands(self):
        return bool(self._states) and self._states[-1].is_alarm

    @property
    def n_batches_(self):
        """Batches so far."""
        return len(getattr(self, "_states", ()))

    @property
    def reference_size_(self):
        """Reference rows of the next test, for each feature."""
        if not hasattr(self, "_test"):
            self.reset()
        return self._test.reference_size_

    @property
    def history_(self):
        """One row per batch."""
        import pandas as pd

        states, sizes = getattr(self, "_states", ()), getattr(self, "_sizes", ())
        history = pd.DataFrame(list(states), columns=MonitorState._fields)
        history["n_samples"] = np.array(sizes, dtype=np.int64)
        return history

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


def _last_step(detector):
    """Return the test that a detector ends in."""
    test = detector[-1] if isinstance(detector, Pipeline) else detector
    if not isinstance(test, BaseDriftTest):
        raise TypeError(
            "detector must be a drift test with p-values, such as TailDriftTest or "
            f"KSDriftTest, or a Pipeline that ends in one; got {type(test).__name__}."
        )
    return test


def _split(detector):
    """Score steps, or None, and the test of a fitted detector."""
    test = _last_step(detector)
    steps = detector[:-1] if test is not detector and len(detector) > 1 else None
    check_is_fitted(test)
    if test.correction is None and len(test.reference_) > 1:
        raise ValueError(
            f"The test has {len(test.reference_)} features and correction=None, which "
            "makes a batch's smallest p-value too small; choose a correction, such as "
            "'bonferroni'."
        )
    return steps, test
