"""Follows batches over time and keeps false alarms rare over the whole stream."""

from copy import deepcopy
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._drift_test import BaseDriftTest
from ._monitor_display import MonitorDisplay
from ._online_fdr import OnlineLevels
from ._sequential import bet, start_capital

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


class DriftMonitor:
    """Alarm for a stream of batches, with few false alarms over the whole stream.

    Testing every batch at level .05 raises a false alarm every twenty batches. A
    monitor runs the same test on every batch and decides over time.

    Parameters
    ----------
    detector : drift test or Pipeline
        A fitted test, such as `TailDriftTest`, or a fitted Pipeline that ends in one.
        It is not changed.
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

    def __init__(
        self, detector, *, alpha=0.05, control="martingale", reference="growing"
    ):
        if not isinstance(alpha, Real) or not 0 < alpha < 1:
            raise ValueError(f"alpha must be a number between 0 and 1; got {alpha!r}.")
        for name, value, options in (
            ("control", control, CONTROLS),
            ("reference", reference, REFERENCES),
        ):
            if value not in options:
                raise ValueError(f"{name} must be one of {options}; got {value!r}.")
        self.detector = detector
        self.alpha = alpha
        self.control = control
        self.reference = reference
        steps, test = _split(detector)
        self._steps = steps
        self._first_test = test
        self.reset()

    def reset(self):
        """Start anew, with the detector's own reference and no history.

        Returns
        -------
        self : DriftMonitor
        """
        self._test = deepcopy(self._first_test)
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
        scores = X if self._steps is None else self._steps.transform(X)
        p_value = float(self._test.predict(scores).p_value)
        batch = len(self._states) + 1
        e_value = level = np.nan
        if self.control == "martingale":
            self._log_capital, e_value = bet(self._log_capital, p_value, batch)
            e_value = float(e_value)
            before = bool(self._states) and self._states[-1].is_alarm
            is_alarm = before or e_value >= 1 / self.alpha
        else:
            level, is_alarm = self._levels.test(p_value)
        if self.reference == "growing" and not is_alarm:
            self._test.partial_fit(scores)
        state = MonitorState(batch, p_value, is_alarm, e_value, level)
        self._states.append(state)
        self._sizes.append(len(scores))
        return state

    @property
    def n_batches_(self):
        """Batches so far."""
        return len(self._states)

    @property
    def reference_size_(self):
        """Reference rows of the next test, for each feature."""
        return self._test.reference_size_

    @property
    def history_(self):
        """One row per batch."""
        import pandas as pd

        history = pd.DataFrame(self._states, columns=MonitorState._fields)
        history["n_samples"] = np.array(self._sizes, dtype=np.int64)
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

    def __repr__(self):
        return (
            f"DriftMonitor({self._first_test!r}, alpha={self.alpha}, "
            f"control={self.control!r}, reference={self.reference!r}): "
            f"{self.n_batches_} batches"
        )


def _split(detector):
    """Score steps, or None, and the test of a detector."""
    steps, test = None, detector
    if isinstance(detector, Pipeline):
        test = detector[-1]
        if len(detector) > 1:
            steps = detector[:-1]
    if not isinstance(test, BaseDriftTest):
        raise TypeError(
            "detector must be a drift test with p-values, such as TailDriftTest or "
            f"KSDriftTest, or a Pipeline that ends in one; got {type(test).__name__}."
        )
    check_is_fitted(test)
    if test.correction is None and len(test.reference_) > 1:
        raise ValueError(
            f"The test has {len(test.reference_)} features and correction=None, which "
            "makes a batch's smallest p-value too small; choose a correction, such as "
            "'bonferroni'."
        )
    return steps, test
