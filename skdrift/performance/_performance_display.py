"""PerformanceDisplay: estimates of several batches beside the truth, as a picture."""

import numpy as np

# Okabe and Ito's palette, told apart by colour-blind people.
COLORS = {"fine": "#0072B2", "harmful": "#D55E00", "cannot tell": "#999999"}
MARKERS = {"fine": "o", "harmful": "s", "cannot tell": "D"}


class PerformanceDisplay:
    """Estimated performance over batches: intervals, verdicts, tolerance, the truth.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one.

    Parameters
    ----------
    estimate : PerformanceEstimate
        Of one or several batches.
    truth : array-like of shape (n_batches,), default=None
        The metric by labels that came later; NaN where none came.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    RiskDisplay : The same for a stream with a few labels.

    Examples
    --------
    >>> PerformanceDisplay.from_estimator(  # doctest: +SKIP
    ...     estimator, X, groups=month
    ... )
    """

    def __init__(self, *, estimate, truth=None):
        self.estimate = estimate
        self.truth = truth

    @classmethod
    def from_estimator(cls, estimator, X, groups=None, *, truth=None, ax=None):
        """Judge batches and draw the estimates.

        Parameters
        ----------
        estimator : PerformanceEstimator
            A fitted one.
        X : rows
        groups : array-like of shape (n_samples,), default=None
            Labels of the batches; None takes X as one batch.
        truth : array-like of shape (n_batches,), default=None
            The metric by labels that came later, in the sorted order of the labels.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        PerformanceDisplay
        """
        estimate = estimator.predict(X, groups=groups)
        return cls.from_predictions(estimate, truth=truth, ax=ax)

    @classmethod
    def from_predictions(cls, estimate, *, truth=None, ax=None):
        """Draw estimates.

        Parameters
        ----------
        estimate : PerformanceEstimate
        truth : array-like of shape (n_batches,), default=None
            The metric by labels that came later.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        PerformanceDisplay
        """
        n_batches = np.size(estimate.estimate)
        if truth is not None and np.shape(np.atleast_1d(truth)) != (n_batches,):
            raise ValueError(
                f"truth must hold one number for each of the {n_batches} batches; got "
                f"shape {np.shape(truth)}."
            )
        return cls(estimate=estimate, truth=truth).plot(ax=ax)

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
            _, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
        said = self.estimate
        value, low, high = (
            np.atleast_1d(part) for part in (said.estimate, said.low, said.high)
        )
        verdict = np.atleast_1d(said.verdict)
        place = np.arange(len(value))
        worst = said.reference - said.tolerance
        ax.axhline(said.reference, color="black", linewidth=1)
        ax.axhline(worst, color="black", linewidth=1, linestyle=":")
        for height, name in ((said.reference, "reference"), (worst, "tolerated")):
            ax.annotate(
                name,
                (1, height),
                (3, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
            )
        for name, color in COLORS.items():
            these = verdict == name
            ax.errorbar(
                place[these],
                value[these],
                yerr=[(value - low)[these], (high - value)[these]],
                fmt=MARKERS[name],
                color=color,
                capsize=3,
                label=name,
            )
        if self.truth is not None:
            ax.plot(
                place,
                np.atleast_1d(self.truth),
                linestyle="none",
                marker="x",
                markersize=8,
                color="black",
                label="true, by labels",
            )
        labels = said.group_labels
        ax.set_xticks(
            place, [str(name) for name in ([""] if labels is None else labels)]
        )
        ax.set_xlabel("Batch")
        ax.set_ylabel(f"Estimated {said.metric}")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False)
        self.ax_ = ax
        self.figure_ = ax.figure
        return self
