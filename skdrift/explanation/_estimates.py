"""Estimates of performance over batches, for the report."""

import numpy as np

COLORS = {"fine": "#009E73", "harmful": "#D55E00", "cannot tell": "#888888"}
_AT_MOST = 30


def draw_estimates(ax, batches):
    """Draw estimates with their intervals beside the reference.

    Parameters
    ----------
    ax : matplotlib Axes
    batches : sequence of (label, PerformanceEstimate)
        The oldest one first; of many the last thirty are drawn.
    """
    batches = list(batches)[-_AT_MOST:]
    places = np.arange(len(batches))
    for verdict, color in COLORS.items():
        own = [
            (place, one)
            for place, (_, one) in zip(places, batches)
            if one.verdict == verdict
        ]
        if not own:
            continue
        middle = np.array([one.estimate for _, one in own])
        # An estimate may lie outside of an interval that was cut to what is possible.
        below = np.maximum(middle - [one.low for _, one in own], 0)
        above = np.maximum([one.high for _, one in own] - middle, 0)
        ax.errorbar(
            [place for place, _ in own],
            middle,
            yerr=(below, above),
            fmt="o",
            color=color,
            capsize=3,
            label=verdict,
        )
    last = batches[-1][1]
    ax.axhline(last.reference, color="black", linewidth=1, label="reference")
    tolerance = getattr(last, "tolerance", None)
    if tolerance is not None:
        line = {"color": "black", "linewidth": 1, "linestyle": ":"}
        ax.axhline(last.reference - tolerance, label="tolerated", **line)
    # Dollars are no mathematics.
    labels = [str(label).replace("$", r"\$") for label, _ in batches]
    # So many characters find room side by side; the last batch keeps its label.
    room = int(9 * ax.figure.get_figwidth())
    step = -(-sum(len(label) + 2 for label in labels) // room)
    ticks = places[::-1][::step][::-1]
    ax.set_xticks(ticks, [labels[place] for place in ticks])
    ax.set_xlim(-0.5, len(batches) - 0.5)
    ax.set_ylabel("Estimated performance")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
