"""A stream of batches as a monitor follows it."""

from copy import copy
from typing import NamedTuple

import numpy as np
import pandas as pd

from skdrift.stats._martingale import bet, start_capital
from skdrift.stats._multiple_testing import OnlineLevels


class MonitorState(NamedTuple):
    """What a monitor says after a batch, or, in arrays, after each of several.

    Parameters
    ----------
    batch : int
        The batch's number, 1 for the first.
    p_value : float
        The batch's p-value by the test; 1 where no statistic exceeds the test's
        ``min_effect``.
    is_alarm : bool
        With ``control="martingale"``, whether the alarm has been raised, by this batch
        or earlier; else whether this batch is flagged.
    e_value : float
        Evidence of the stream so far, which raises the alarm at 1 / alpha. NaN unless
        ``control="martingale"``.
    level : float
        The level that the p-value was compared with. NaN if
        ``control="martingale"``.

    Examples
    --------
    >>> state = MonitorState(3, 0.004, False, 1.9, float("nan"))
    >>> bool(state), state.e_value
    (False, 1.9)
    """

    batch: int
    p_value: float
    is_alarm: bool
    e_value: float
    level: float

    def __bool__(self):
        """Whether there is an alarm."""
        if np.ndim(self.is_alarm) == 0:
            return bool(self.is_alarm)
        raise ValueError(
            f"The state is that of {len(self.is_alarm)} batches, so whether it is an "
            "alarm is ambiguous; use state.is_alarm.any() or state.is_alarm[-1]."
        )


class Stream:
    """Batches so far, and the test of the next one.

    Parameters
    ----------
    test : drift test
        Fitted; kept, and replaced by a copy when its reference grows.
    alpha, control, reference
        As in `DriftMonitor`.
    settings : dict
        What the monitor's parameters were when the stream began.
    """

    def __init__(self, test, *, alpha, control, reference, settings):
        self.test = copy(test)
        if reference == "growing":
            # A window would forget rows, and p-values would depend on each other. A
            # reference that grows shares no luck with all batches.
            self.test.set_params(window=None, max_reference=None)
            if "confidence" in self.test.get_params():
                self.test.set_params(confidence=None)
        self.alpha = alpha
        self.control = control
        self.reference = reference
        self.settings = settings
        self.states, self.sizes, self.groups = [], [], []
        self.log_capital = start_capital()
        self.levels = OnlineLevels(control, alpha)

    def copy(self):
        """Copy that can go on without this one."""
        twin = copy(self)
        # A test's update replaces its arrays and writes into none.
        twin.test = copy(self.test)
        twin.levels = copy(self.levels)
        twin.levels.discovery_clocks = list(self.levels.discovery_clocks)
        for name in ("states", "sizes", "groups"):
            setattr(twin, name, list(getattr(self, name)))
        return twin

    @property
    def alarm_stands(self):
        """Whether the martingale's alarm has been raised."""
        martingale = self.control == "martingale"
        return martingale and bool(self.states) and bool(self.states[-1].is_alarm)

    def take(self, scores, group=None):
        """Judge the next batch and let it join the reference.

        Parameters
        ----------
        scores : array-like of shape (n_samples, n_features)
            What the test takes.
        group : object, default=None
            Label of the batch, for the history.

        Returns
        -------
        state : MonitorState
        """
        state = self._judge(self.test.predict(scores), len(scores), group)
        if self.reference == "growing" and not state.is_alarm:
            self.test.partial_fit(scores)
        return state

    def take_counts(self, counts, group=None):
        """Judge the next batch, which is known by its counts.

        Parameters
        ----------
        counts : DriftCounts
            Of the whole batch.
        group : object, default=None
            Label of the batch, for the history.

        Returns
        -------
        state : MonitorState

        Raises
        ------
        ValueError
            If batches are to join the reference, for which their scores are needed.
        """
        if self.reference == "growing":
            raise ValueError(
                "Counts say nothing of single scores, which a growing reference takes "
                'in; a monitor that is updated from counts needs reference="fixed".'
            )
        result = self.test.predict_counts(counts)
        size = int((counts.n_values + counts.n_omitted)[0])
        return self._judge(result, size, group)

    def _judge(self, result, size, group):
        p_value = float(effective_p_values(result))
        batch = len(self.states) + 1
        e_value = level = np.nan
        if self.control == "martingale":
            self.log_capital, e_value = bet(self.log_capital, _or_one(p_value), batch)
            e_value = float(e_value)
            is_alarm = self.alarm_stands or e_value >= 1 / self.alpha
        else:
            level, is_alarm = self.levels.test(_or_one(p_value))
        state = MonitorState(batch, p_value, is_alarm, e_value, level)
        self.states.append(state)
        self.sizes.append(size)
        self.groups.append(group)
        return state

    def foretell(self, p_value):
        """Whether the next batch would be an alarm.

        Parameters
        ----------
        p_value : float or ndarray
            Of the batch, or of several that might come next.

        Returns
        -------
        is_alarm : bool or ndarray of bool
        """
        if self.control == "martingale":
            batch = len(self.states) + 1
            _, e_value = bet(self.log_capital, _or_one(p_value), batch)
            return (e_value >= 1 / self.alpha) | self.alarm_stands
        return np.asarray(_or_one(p_value)) <= self.levels.next_level()


def history(states=(), sizes=(), groups=()):
    """One row per batch.

    Parameters
    ----------
    states : list of MonitorState
        One for each batch.
    sizes : list of int
        Rows of the batches.
    groups : list
        Labels of the batches, or None.

    Returns
    -------
    history : DataFrame
    """
    table = pd.DataFrame(states, columns=MonitorState._fields)
    table["n_samples"] = np.array(sizes, dtype=np.int64)
    if any(group is not None for group in groups):
        table.insert(1, "group", groups)
    return table


def effective_p_values(result):
    """P-values of batches, 1 where no feature exceeds the test's ``min_effect``.

    Parameters
    ----------
    result : DriftResult

    Returns
    -------
    p_value : float or ndarray
    """
    if result.min_effect == 0:
        return result.p_value
    large = (result.statistic > result.min_effect) | (
        result.p_value_method == "missing"
    )
    p_value = np.where(large.any(axis=-1), result.p_value, 1.0)
    return p_value if p_value.ndim else float(p_value)


def _or_one(p_value):
    """No evidence where nothing could be tested."""
    return np.where(np.isnan(p_value), 1.0, p_value)[()]
