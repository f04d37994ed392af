"""Draw what exchangeable means: the same scores shuffled, and in their order.

    python benchmarks/exchangeable.py

Scores follow each other with a correlation of 0.9 and never change. A reference of 100
runs of 50 rows, then 40 batches of 50 rows, judged by a plain test and by one that was
told the runs. Writes docs/images/exchangeable.png.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from promises import TESTS, autoregressive
from record import ROOT

RUN, N_REFERENCE, N_BATCHES = 50, 100, 40
CALM, ALARM = "#c3ccd6", "#c0392b"


def flags(scores, groups):
    """Whether each batch is flagged, with and without groups."""
    n = N_REFERENCE * RUN
    runs = np.arange(n) // RUN
    test = TESTS["KSDriftTest"]().fit(scores[:n], groups=runs if groups else None)
    batches = np.repeat(np.arange(N_BATCHES), RUN)
    return test.predict(scores[n:], groups=batches).is_drift


def draw(seed):
    """Return the figure."""
    rng = np.random.default_rng(seed)
    ordered = autoregressive((N_REFERENCE + N_BATCHES) * RUN, rng)
    columns = {
        "Shuffled: any order was as likely": rng.permutation(ordered),
        "In time order: neighbours are alike": ordered,
    }
    figure, axes = plt.subplots(
        3,
        2,
        figsize=(10, 4.4),
        sharex=True,
        sharey="row",
        gridspec_kw={"height_ratios": [4, 1, 1]},
        layout="constrained",
    )
    centre = np.arange(N_BATCHES) + 0.5
    for (title, scores), (top, *strips) in zip(columns.items(), axes.T):
        batches = scores[N_REFERENCE * RUN :, 0]
        time = np.arange(len(batches)) / RUN
        top.plot(time, batches, color=CALM, linewidth=0.6)
        means = batches.reshape(N_BATCHES, RUN).mean(axis=1)
        top.plot(centre, means, "o", color="#1f4e79", markersize=4)
        top.set_title(title, loc="left", fontsize=11)
        for groups, strip in zip((False, True), strips):
            found = flags(scores, groups)
            colors = np.where(found, ALARM, CALM)
            strip.bar(centre, 1, width=0.8, color=colors)
            strip.set_yticks([])
            strip.spines[["left", "top", "right"]].set_visible(False)
            name = "groups told" if groups else "plain test"
            strip.set_title(
                f"{name}: {found.sum()} of {N_BATCHES} batches flagged",
                loc="left",
                fontsize=9,
            )
        strips[-1].set_xlabel(f"batch of {RUN} rows; nothing ever changes")
    axes[0, 0].set_ylabel("score, and mean of a batch")
    axes[0, 0].set_xlim(0, N_BATCHES)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    figure = draw(parser.parse_args().seed)
    figure.savefig(ROOT / "docs" / "images" / "exchangeable.png", dpi=120)
