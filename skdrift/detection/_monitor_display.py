"""Picture of a monitored stream."""

import numpy as np


class MonitorDisplay:
    """Evidence, or p-values and their levels, batch by batch.

    Use :meth:`from_monitor` or ``monitor.plot()`` to make one.

    Parameters
    ----------
    history : DataFrame
        ``DriftMonitor.history_``.
    control : {"martingale", "lord", "saffron"}
        Rule of the monitor.
    alpha : float
        Its bound.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> MonitorDisplay.from_monitor(monitor)  # doctest: +SKIP
    """

    def __init__(self, *, history, control, alpha):
        self.history = history
        self.control = control
        self.alpha = alpha

    @classmethod
    def from_monitor(cls, monitor, *, ax=None):
        """Draw the history of a monitor.

        Parameters
        ----------
        monitor : DriftMonitor
            With one batch or more.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : MonitorDisplay
        """
        display = cls(
            history=monitor.history_, control=monitor.control, alpha=monitor.alpha
        )
        return display.plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : MonitorDisplay
        """
        import matplotlib.pyplot as plt

        if self.history.empty:
            raise ValueError("There is nothing to draw before the first batch.")
        if ax is None:
            _, ax = plt.subplots()
        batch = self.history["batch"]
        if self.control == "martingale":
            line = self.history["e_value"]
            ax.plot(batch, line, color="#0072B2", label="evidence (e-value)")
            ax.axhline(
                1 / self.alpha,
                color="black",
                linestyle="--",
                label=f"alarm at {1 / self.alpha:g}",
            )
            marked = self.history["is_alarm"].to_numpy() & (
                np.cumsum(self.history["is_alarm"]) == 1
            )
            ax.set_ylabel("Evidence against no drift")
        else:
            line = self.history["p_value"]
            ax.plot(batch, line, "o", color="#0072B2", markersize=3, label="p-value")
            ax.plot(
                batch,
                self.history["level"],
                color="black",
                linestyle="--",
                label="level",
            )
            marked = self.history["is_alarm"].to_numpy()
            ax.set_ylabel("p-value")
        if marked.any():
            ax.plot(
                batch[marked],
                line[marked],
                linestyle="",
                marker="X",
                markersize=9,
                color="#D55E00",
                label="alarm",
            )
        ax.set_yscale("log")
        ax.set_xlabel("Batch")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
