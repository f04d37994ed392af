"""RiskDisplay: the history of a risk monitor as a picture."""


class RiskDisplay:
    """Estimated risk, its lower bound and the limit, over the batches.

    Use :meth:`RiskMonitor.plot` or :meth:`from_monitor` to make one.

    Parameters
    ----------
    history : DataFrame
        As ``RiskMonitor.history_``.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> RiskDisplay.from_monitor(monitor)  # doctest: +SKIP
    """

    def __init__(self, *, history):
        self.history = history

    @classmethod
    def from_monitor(cls, monitor, *, ax=None):
        """Draw the history of a monitor.

        Parameters
        ----------
        monitor : RiskMonitor
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        RiskDisplay
        """
        return cls(history=monitor.history_).plot(ax=ax)

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        self
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
        history = self.history
        batch = history["batch"]
        ax.plot(batch, history["estimate"], color="#0072B2", label="estimated risk")
        ax.plot(
            batch, history["lower_bound"], color="#D55E00", label="lower bound", ls="--"
        )
        ax.plot(batch, history["limit"], color="black", ls=":", label="limit")
        if history["is_alarm"].any():
            first = batch[history["is_alarm"]].iloc[0]
            ax.axvline(first, color="#D55E00", linewidth=1)
            ax.annotate(
                "alarm",
                (first, 1),
                (4, -2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                va="top",
            )
        ax.set_xlabel("Batch")
        ax.set_ylabel("Share of wrong decisions")
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper left", bbox_to_anchor=(0, 1.16), ncols=3, frameon=False)
        self.ax_ = ax
        self.figure_ = ax.figure
        return self
