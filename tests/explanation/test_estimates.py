from types import SimpleNamespace

import matplotlib.pyplot as plt

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
    assert labels[0] == "70"
    assert legend == ["reference", "cannot tell"] or set(legend) == {
        "reference",
        "cannot tell",
    }
