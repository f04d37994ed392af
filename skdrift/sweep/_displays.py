"""Pictures of a contamination sweep."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdrift.sweep._row_pools import KINDS
from skdrift.sweep._tables import choose_candidate, of_candidate

# Vermilion and blue of Okabe and Ito's palette: told apart by colour-blind people, and
# with line style, marker and hatch also in black and white.
STYLES = {
    "harmful": {"color": "#D55E00", "linestyle": "-", "marker": "o", "hatch": ""},
    "harmless": {"color": "#0072B2", "linestyle": "--", "marker": "s", "hatch": "//"},
    "clean": {"color": "#BBBBBB", "linestyle": ":", "marker": "", "hatch": ".."},
}


class HarmScoreDisplay:
    """Mean harm score of harmful and harmless rows per severity, beside the accuracy.

    Use :meth:`from_sweep` to make one.

    Parameters
    ----------
    scores : DataFrame
        One row per severity and kind (clean, harmful, harmless) with mean and std.
    accuracy : DataFrame
        One row per severity with accuracy and clean_accuracy.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The bars.
    accuracy_ax_ : matplotlib Axes
        The accuracy, on the same picture.
    figure_ : matplotlib Figure

    Examples
    --------
    >>> HarmScoreDisplay.from_sweep(sweep)  # doctest: +SKIP
    """

    def __init__(self, *, scores, accuracy):
        self.scores = scores
        self.accuracy = accuracy

    @classmethod
    def from_sweep(cls, sweep, *, candidate=None, feature=0, ax=None):
        """Draw the scores of a fitted sweep.

        Parameters
        ----------
        sweep : ContaminationSweep
            A fitted one.
        candidate : int, default=None
            Number of the candidate. None takes the most selective one.
        feature : int, default=0
            Score column.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        HarmScoreDisplay
        """
        check_is_fitted(sweep, "results_")
        candidate = sweep.choose_candidate(candidate)
        scores = of_candidate(sweep.scores_, candidate)
        features = scores["feature"].unique().tolist()
        if feature not in features:
            raise ValueError(f"feature must be one of {features}; got {feature!r}.")
        display = cls(
            scores=scores[scores["feature"] == feature].reset_index(drop=True),
            accuracy=of_candidate(sweep.accuracy_, candidate),
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the bars and the accuracy.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        self
        """
        import matplotlib.pyplot as plt
        from matplotlib.patheffects import withStroke

        if ax is None:
            _, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
        severities = self.accuracy["severity"].tolist()
        places = np.arange(1, len(severities) + 1)
        clean = self.scores[self.scores["kind"] == "clean"].iloc[:1]
        _bars(ax, [0], clean, "clean", 0.38)
        for kind, offset in zip(KINDS, (-0.2, 0.2)):
            rows = self.scores[self.scores["kind"] == kind]
            _bars(ax, places + offset, rows, kind, 0.38)

        if not (self.scores["mean"] < 0).any():
            ax.set_ylim(bottom=0)
        accuracy_ax = ax.twinx()
        line = accuracy_ax.plot(
            [0, *places],
            [self.accuracy["clean_accuracy"].iloc[0], *self.accuracy["accuracy"]],
            color="black",
            marker="D",
            linestyle="-.",
            linewidth=1.5,
            # A white rim sets the line off from the bars behind it.
            path_effects=[withStroke(linewidth=4, foreground="white")],
            label="accuracy",
        )
        accuracy_ax.set_ylim(0, 1.02)
        accuracy_ax.set_ylabel("Accuracy of the classifier")
        ax.set_xticks([0, *places], ["clean", *severities])
        ax.set_xlabel("Severity of the shift")
        ax.set_ylabel("Harm score (mean ± standard deviation)")
        handles = [*ax.get_legend_handles_labels()[0], *line]
        ax.legend(
            handles,
            [handle.get_label() for handle in handles],
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=4,
            frameon=False,
        )
        self.ax_, self.accuracy_ax_, self.figure_ = ax, accuracy_ax, ax.figure
        return self


class ContaminationDisplay:
    """What the detector's test says as a batch fills with harmful or harmless rows.

    Use :meth:`from_sweep` to make one.

    Parameters
    ----------
    summary : DataFrame
        One row per severity, kind and fraction, as in
        :meth:`ContaminationSweep.summary`.
    alpha : float
        Level of the test; NaN draws no line.
    batch_size : int
        Rows per batch.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes of shape (n_severities,)
    figure_ : matplotlib Figure

    Examples
    --------
    >>> ContaminationDisplay.from_sweep(sweep, kind="detection")  # doctest: +SKIP
    """

    def __init__(self, *, summary, alpha, batch_size):
        self.summary = summary
        self.alpha = alpha
        self.batch_size = batch_size

    @classmethod
    def from_sweep(cls, sweep, *, candidate=None, kind="p_value", ax=None):
        """Draw the curves of a fitted sweep.

        Parameters
        ----------
        sweep : ContaminationSweep
            A fitted one.
        candidate : int, default=None
            Number of the candidate. None takes the most selective one.
        kind : {"p_value", "detection"}, default="p_value"
            See :meth:`plot`.
        ax : matplotlib Axes or sequence of Axes, default=None
            See :meth:`plot`.

        Returns
        -------
        ContaminationDisplay
        """
        check_is_fitted(sweep, "results_")
        summary = sweep.summary()
        candidate = choose_candidate(sweep.candidates_, summary, candidate)
        (chosen,) = of_candidate(sweep.candidates_, candidate).itertuples()
        display = cls(
            summary=of_candidate(summary, candidate),
            alpha=float(chosen.alpha),
            batch_size=int(chosen.batch_size),
        )
        return display.plot(kind=kind, ax=ax)

    def plot(self, ax=None, *, kind="p_value"):
        """Draw one panel per severity.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            One Axes per severity, or one whose place all panels share. None makes a new
            figure.
        kind : {"p_value", "detection"}, default="p_value"
            "p_value": mean and largest p-value of the batches. "detection": share of
            batches that were flagged, with its Wilson 95% band.

        Returns
        -------
        self
        """
        if kind not in ("p_value", "detection"):
            raise ValueError(f"kind must be 'p_value' or 'detection'; got {kind!r}.")
        severities = self.summary["severity"].unique().tolist()
        axes = _panels(ax, len(severities))
        draw = self._draw_p_values if kind == "p_value" else self._draw_detection
        for panel, severity in zip(axes, severities):
            part = self.summary[self.summary["severity"] == severity]
            for rows in KINDS:
                draw(panel, part[part["kind"] == rows].sort_values("fraction"), rows)
            if np.isfinite(self.alpha):
                label = f"alpha = {self.alpha:g}"
                panel.axhline(self.alpha, color="black", lw=1, ls=":", label=label)
            panel.set_title(f"severity {severity}", fontsize="medium")
            panel.set_xlim(-0.03, 1.03)
            panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            panel.set_xticks(np.arange(11) / 10, minor=True)
            panel.set_ylim(-0.03, 1.03)
            panel.grid(alpha=0.3, which="both")
        axes[0].set_ylabel(
            "p-value" if kind == "p_value" else "Share of batches flagged"
        )
        caption = f"Fraction of shifted rows in a batch of {self.batch_size}"
        handles, labels = axes[0].get_legend_handles_labels()
        if ax is None:
            axes[0].figure.supxlabel(caption, fontsize="medium")
            axes[0].figure.legend(
                handles,
                labels,
                loc="outside upper center",
                ncols=len(labels) if len(axes) > 3 else 3,
                frameon=False,
            )
        else:
            axes[len(axes) // 2].set_xlabel(caption)
            axes[-1].legend(handles, labels, fontsize="small")
        self.ax_, self.figure_ = axes, axes[0].figure
        return self

    def _draw_p_values(self, ax, curve, kind):
        style = {k: v for k, v in STYLES[kind].items() if k != "hatch"}
        ax.plot(curve["fraction"], curve["p_mean"], **style, label=f"{kind}, mean")
        style["marker"] = "^" if kind == "harmful" else "v"
        ax.plot(
            curve["fraction"],
            curve["p_max"],
            **style,
            linewidth=0.8,
            markersize=5,
            markerfacecolor="white",
            label=f"{kind}, largest",
        )

    def _draw_detection(self, ax, curve, kind):
        style = {k: v for k, v in STYLES[kind].items() if k != "hatch"}
        ax.fill_between(
            curve["fraction"],
            curve["detection_low"],
            curve["detection_high"],
            color=style["color"],
            alpha=0.2,
            linewidth=0.8,
            linestyle=style["linestyle"],
        )
        ax.plot(curve["fraction"], curve["detection_rate"], **style, label=kind)


def _bars(ax, places, rows, kind, width):
    """Bars of mean scores with their standard deviations."""
    style = STYLES[kind]
    ax.bar(
        places,
        rows["mean"],
        width,
        yerr=rows["std"],
        color=style["color"],
        hatch=style["hatch"],
        edgecolor="black",
        linewidth=0.8,
        error_kw={"capsize": 3, "linewidth": 1},
        label=f"{kind} rows",
    )


def _panels(ax, n_panels):
    """Return one Axes per panel: new ones, those given, or parts of the one given."""
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    if ax is None:
        _, axes = plt.subplots(
            1,
            n_panels,
            figsize=(max(4.5, 2.5 * n_panels + 0.5), 3.4),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        return axes[0]
    if isinstance(ax, Axes):
        if n_panels == 1:
            return np.array([ax])
        ax.set_axis_off()
        grid = ax.get_subplotspec().subgridspec(1, n_panels)
        return grid.subplots(sharey=True, squeeze=False)[0]
    axes = np.asarray(ax, dtype=object).ravel()
    if len(axes) != n_panels:
        raise ValueError(
            f"ax must be one Axes or one per severity, that is {n_panels}; got "
            f"{len(axes)}."
        )
    return axes
