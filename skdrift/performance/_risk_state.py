"""RiskState: what a risk monitor knows after a batch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RiskState:
    """What a :class:`RiskMonitor` knows after a batch; true if there is an alarm.

    Parameters
    ----------
    batch : int
        Number of the batch, from 0 on; `RiskMonitor.label` takes it.
    n_rows : int
        Rows of the batch.
    n_labels : int
        Labels used so far, of all batches.
    estimate : float
        Estimated risk of the latest batches with labels: the share of wrong decisions.
    lower_bound : float
        The risk has exceeded this since some time in the past, with probability
        1 - alpha / 2 at all times together.
    limit : float
        Upper bound of the risk on clean rows, plus the tolerance.
    e_value : float
        Evidence that the risk exceeds `limit`; an alarm from 2 / alpha on.
    is_alarm : bool
        Whether there was an alarm so far.
    n_pending : int
        Batches that still wait for labels.

    Examples
    --------
    >>> from skdrift import RiskState
    >>> state = RiskState(0, 100, 10, 0.2, 0.1, 0.15, 3.0, False, 0)
    >>> bool(state)
    False
    """

    batch: int
    n_rows: int
    n_labels: int
    estimate: float
    lower_bound: float
    limit: float
    e_value: float
    is_alarm: bool
    n_pending: int

    def __bool__(self):
        return self.is_alarm
