"""HarmExplanationDisplay: the columns to blame, as a picture."""

import numpy as np

# Okabe and Ito's palette, told apart by colour-blind people.
COLORS = {
    "changed and harmful": "#D55E00",
    "harmful": "#E69F00",
    "changed, no harm seen": "#0072B2",
    "unchanged": "#BBBBBB",
}
_AT_MOST = 12
# Characters of a name that find room beside the bars.
_ROOM = 24


class HarmExplanationDisplay:
    """What repairing a column changes, for the columns to blame.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one.

    Parameters
    ----------
    columns : DataFrame
        Columns ``column``, ``verdict``, ``excess`` and ``error``, as in
        ``HarmExplanation.column_table``.
    segment : str, default=""
        The region in words, above the bars.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> HarmExplanationDisplay.from_estimator(explainer, X)  # doctest: +SKIP
    """

    def __init__(self, *, columns, segment=""):
        self.columns = columns
        self.segment = segment

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None):
        """Explain a batch and draw what is to blame.

        Parameters
        ----------
        estimator : HarmExplainer
            A fitted one.
        X : DataFrame or ndarray of shape (n_samples, n_features)
            The batch.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        HarmExplanationDisplay
        """
        return cls.from_predictions(estimator.explain(X), ax=ax)

    @classmethod
    def from_predictions(cls, explanation, *, ax=None):
        """Draw an explanation.

        Parameters
        ----------
        explanation : HarmExplanation
            Of a table.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        HarmExplanationDisplay
        """
        if explanation.column_table is None:
            raise ValueError(
                "explanation must be of a table to be drawn; its rows are texts or "
                "arrays, which have no columns."
            )
        display = cls(
            columns=explanation.column_table, segment=explanation.segment.words
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw one bar for each column, the worst one on top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        self
        """
        import matplotlib.pyplot as plt

        shown = self.columns.iloc[:_AT_MOST].iloc[::-1]
        if ax is None:
            size = (7, 1.3 + 0.32 * len(shown))
            _, ax = plt.subplots(figsize=size, layout="constrained")
        places = np.arange(len(shown))
        for verdict, color in COLORS.items():
            own = (shown["verdict"] == verdict).to_numpy()
            if not own.any():
                continue
            excess = shown["excess"].fillna(0.0).to_numpy()[own]
            error = shown["error"].to_numpy()[own]
            bars = {"color": color, "label": verdict, "height": 0.7}
            ax.barh(places[own], excess, xerr=error, **bars)
            # A column without a bar still shows its colour.
            ax.plot(excess, places[own], "o", color=color, markersize=5)
        ax.set_yticks(places, [_shortened(name) for name in shown["column"]])
        ax.set_xlim(left=-0.01)
        ax.set_xlabel("Change of the class probabilities by repair, beyond clean rows")
        if self.segment:
            ax.set_title(
                _as_it_is(self.segment), fontsize="medium", loc="left", wrap=True
            )
        ax.legend(loc="lower right", frameon=False)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        self.ax_ = ax
        self.figure_ = ax.figure
        return self


def _shortened(name):
    """Name with its middle left out if it is long."""
    name = str(name)
    if len(name) > _ROOM:
        name = f"{name[: _ROOM // 2]}…{name[-_ROOM // 2 + 1 :]}"
    return _as_it_is(name)


def _as_it_is(text):
    """Text in which dollars are no mathematics."""
    return text.replace("$", r"\$")
