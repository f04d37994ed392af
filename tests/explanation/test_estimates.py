from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from skdrift.explanation._estimates import draw_estimates


def estimate(value, verdict, **more):
    return SimpleNamespace(
        estimate=value,
        low=value - 0.05,
        high=value + 0.05,
        reference=0.9,
        verdict=verdict,
        **more,
    )


def draw(batches):
    _, ax = plt.subplots()
    draw_estimates(ax, batches)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    plt.close("all")
    return legend, labels


def test_verdicts_reference_and_tolerance_are_in_the_legend():
    batches = [("May", estimate(0.88, "fine")), ("June", estimate(0.6, "harmful"))]
    legend, labels = draw([*batches, ("now", estimate(0.7, "fine", tolerance=0.05))])
    assert set(legend) == {"fine", "harmful", "reference", "tolerated"}
    assert labels == ["May", "June", "now"]


def test_only_the_last_thirty_are_drawn():
    batches = [(place, estimate(0.8, "cannot tell")) for place in range(100)]
    legend, labels = draw(batches)
    assert labels[-1] == "99"
    assert "69" not in labels
    assert legend == ["reference", "cannot tell"] or set(legend) == {
        "reference",
        "cannot tell",
    }


@pytest.mark.parametrize("width", [3.6, 7.5])
def test_labels_do_not_run_into_each_other(width):
    batches = [(f"the week {place}", estimate(0.8, "fine")) for place in range(9)]
    figure, ax = plt.subplots(figsize=(width, 3), layout="constrained")
    draw_estimates(ax, [*batches, ("this batch", estimate(0.7, "harmful"))])
    figure.canvas.draw()
    shown = ax.get_xticklabels()
    boxes = [label.get_window_extent() for label in shown]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert shown[-1].get_text() == "this batch"
    plt.close(figure)
