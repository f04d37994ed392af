import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skdrift import (
    ContaminationDisplay,
    ContaminationSweep,
    HarmScoreDisplay,
    KSDriftTest,
)
from skdrift.sweep._tables import selectivity, summarize

FRACTIONS = [0.0, 0.5, 1.0]
SEVERITIES = [1, 3, 5]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def sweep():
    """A fitted sweep of two candidates, filled by hand."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product(
        [[0, 1], SEVERITIES, ["harmful", "harmless"], FRACTIONS, range(10)],
        names=["candidate", "severity", "kind", "fraction", "batch"],
    )
    results = index.to_frame(index=False)
    harmful = (results["kind"] == "harmful") & (results["candidate"] == 1)
    results["p_value"] = rng.random(len(results)) * np.where(
        harmful & (results["fraction"] > 0), 0.05, 1
    )
    results["statistic"] = 1 - results["p_value"]
    results["is_drift"] = (results["p_value"] < 0.05).astype("boolean")
    sweep = ContaminationSweep(KSDriftTest(), n_batches=10)
    sweep.results_ = results
    sweep.params_ = [{}, {}]
    sweep.candidates_ = pd.DataFrame(
        {"candidate": [0, 1], "batch_size": [30, 60], "alpha": [0.1, 0.05]}
    )
    index = pd.MultiIndex.from_product(
        [[0, 1], SEVERITIES, ["clean", "harmful", "harmless"], [0, 1]],
        names=["candidate", "severity", "kind", "feature"],
    )
    sweep.scores_ = index.to_frame(index=False)
    sweep.scores_["mean"] = np.arange(36.0)
    sweep.scores_["std"] = np.arange(36.0) / 10
    sweep.accuracy_ = pd.DataFrame(
        {
            "candidate": np.repeat([0, 1], 3),
            "severity": SEVERITIES * 2,
            "clean_accuracy": [0.9] * 3 + [0.95] * 3,
            "accuracy": [0.8, 0.7, 0.6, 0.85, 0.75, 0.65],
        }
    )
    return sweep


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_p_values_are_drawn_as_summarised(sweep):
    display = ContaminationDisplay.from_sweep(sweep, candidate=0)
    summary = summarize(sweep.results_).query("candidate == 0")
    assert [ax.get_title() for ax in display.ax_] == [
        "severity 1",
        "severity 3",
        "severity 5",
    ]
    for severity, ax in zip(SEVERITIES, display.ax_):
        drawn = lines(ax)
        assert len(drawn) == 5
        for kind in ("harmful", "harmless"):
            part = summary[
                (summary["severity"] == severity) & (summary["kind"] == kind)
            ]
            for label, column in (("mean", "p_mean"), ("largest", "p_max")):
                x, y = drawn[f"{kind}, {label}"].get_data()
                assert np.array_equal(x, FRACTIONS)
                assert np.array_equal(y, part[column])
        assert set(drawn["alpha = 0.1"].get_ydata()) == {0.1}
    assert "batch of 30" in display.figure_.get_supxlabel()


def test_detection_rates_are_drawn_with_their_bands(sweep):
    display = ContaminationDisplay.from_sweep(sweep, candidate=1, kind="detection")
    summary = summarize(sweep.results_).query("candidate == 1")
    for severity, ax in zip(SEVERITIES, display.ax_):
        for kind, band in zip(("harmful", "harmless"), ax.collections):
            part = summary[
                (summary["severity"] == severity) & (summary["kind"] == kind)
            ]
            _, y = lines(ax)[kind].get_data()
            assert np.array_equal(y, part["detection_rate"])
            corners = {tuple(point) for point in band.get_paths()[0].vertices}
            for bound in ("detection_low", "detection_high"):
                assert set(zip(part["fraction"], part[bound])) <= corners


def test_scores_and_accuracy_are_drawn(sweep):
    display = HarmScoreDisplay.from_sweep(sweep, candidate=1, feature=1)
    table = sweep.scores_.query("candidate == 1 and feature == 1")
    labels = [bars.get_label() for bars in display.ax_.containers[1::2]]
    assert labels == ["clean rows", "harmful rows", "harmless rows"]
    for bars, kind in zip(
        display.ax_.containers[1::2], ("clean", "harmful", "harmless")
    ):
        part = table[table["kind"] == kind].iloc[: 1 if kind == "clean" else None]
        assert [bar.get_height() for bar in bars] == part["mean"].tolist()
        (error_lines,) = bars.errorbar.lines[2]
        for segment, mean, std in zip(
            error_lines.get_segments(), part["mean"], part["std"]
        ):
            assert segment[:, 1] == pytest.approx([mean - std, mean + std])
    (accuracy,) = display.accuracy_ax_.get_lines()
    assert accuracy.get_ydata().tolist() == [0.95, 0.85, 0.75, 0.65]
    ticks = [tick.get_text() for tick in display.ax_.get_xticklabels()]
    assert ticks == ["clean", "1", "3", "5"]


@pytest.mark.parametrize("kind", ["p_value", "detection"])
def test_told_apart_without_colour(sweep, kind):
    display = ContaminationDisplay.from_sweep(sweep, kind=kind)
    looks = [
        (line.get_linestyle(), line.get_marker(), line.get_markerfacecolor() == "white")
        for line in display.ax_[0].get_lines()
    ]
    assert len(set(looks)) == len(looks)
    bars = HarmScoreDisplay.from_sweep(sweep).ax_.containers[1::2]
    assert len({bar[0].get_hatch() for bar in bars}) == 3


def test_most_selective_candidate_by_default(sweep):
    area = selectivity(summarize(sweep.results_), 0.2, 0.9).groupby("candidate")["area"]
    assert area.mean().idxmax() == 1
    assert ContaminationDisplay.from_sweep(sweep).batch_size == 60
    assert HarmScoreDisplay.from_sweep(sweep).accuracy["clean_accuracy"][0] == 0.95


def test_draws_where_it_is_told(sweep):
    _, ax = plt.subplots()
    display = HarmScoreDisplay.from_sweep(sweep, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure

    figure, axes = plt.subplots(2, 3)
    display = ContaminationDisplay.from_sweep(sweep, ax=axes[1])
    assert all(mine is given for mine, given in zip(display.ax_, axes[1]))
    assert not axes[0, 0].has_data()

    figure, ax = plt.subplots()
    display = ContaminationDisplay.from_sweep(sweep, ax=ax)
    assert len(display.ax_) == 3
    assert {panel.figure for panel in display.ax_} == {figure}

    _, axes = plt.subplots(2)
    with pytest.raises(ValueError, match="one per severity, that is 3; got 2"):
        ContaminationDisplay.from_sweep(sweep, ax=axes)


def test_single_severity_in_a_single_axes(sweep):
    display = ContaminationDisplay.from_sweep(sweep)
    _, ax = plt.subplots()
    one = ContaminationDisplay(
        summary=display.summary.query("severity == 3"), alpha=np.nan, batch_size=60
    )
    one.plot(ax=ax)
    assert one.ax_.tolist() == [ax]
    assert "alpha" not in " ".join(lines(ax))


def test_draws_again(sweep):
    display = ContaminationDisplay.from_sweep(sweep)
    first = display.figure_
    assert display.plot(kind="detection") is display
    assert display.figure_ is not first


def test_missing_curves_leave_a_gap(sweep):
    gone = (sweep.results_["severity"] == 1) & (sweep.results_["kind"] == "harmful")
    sweep.results_.loc[gone, ["p_value", "statistic"]] = np.nan
    sweep.results_.loc[gone, "is_drift"] = pd.NA
    for kind in ("p_value", "detection"):
        display = ContaminationDisplay.from_sweep(sweep, kind=kind)
        label = "harmful, mean" if kind == "p_value" else "harmful"
        assert np.isnan(lines(display.ax_[0])[label].get_ydata()).all()
        display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("display", "params", "message"),
    [
        (ContaminationDisplay, {"kind": "power"}, "kind must be 'p_value' or"),
        (ContaminationDisplay, {"candidate": 2}, r"one of \[0, 1\]; got 2"),
        (HarmScoreDisplay, {"candidate": -1}, r"one of \[0, 1\]; got -1"),
        (HarmScoreDisplay, {"feature": 2}, r"feature must be one of \[0, 1\]; got 2"),
    ],
)
def test_bad_choices(sweep, display, params, message):
    with pytest.raises(ValueError, match=message):
        display.from_sweep(sweep, **params)


@pytest.mark.parametrize("display", [ContaminationDisplay, HarmScoreDisplay])
def test_unfitted_sweep(display):
    with pytest.raises(NotFittedError):
        display.from_sweep(ContaminationSweep(KSDriftTest()))


def test_matplotlib_is_imported_late():
    code = "import sys, skdrift.sweep._displays; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
