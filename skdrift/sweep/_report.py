"""A contamination sweep as a sentence to act on, and as one HTML page."""

import numpy as np

from skdrift.report import (
    Paragraph,
    Picture,
    Section,
    Table,
    render_fragment,
    render_page,
)
from skdrift.sweep._tables import (
    choose_candidate,
    detection_limit,
    of_candidate,
    selectivity,
)

HARMLESS_FRACTION = 0.9
# Inches: as wide as a telephone.
NARROW = (3.6, 3.4)
TITLE = "What the detector catches, and how often it cries wolf"


def html_summary(tables):
    """Verdict and comparison of the candidates, as a piece of HTML."""
    verdict = say_verdict(tables, choose_candidate(tables.candidates, tables.summary))
    return render_fragment(verdict, _overview(tables))


def html_report(tables):
    """Return the whole study as one page that needs no other file.

    Parameters
    ----------
    tables : StudyTables

    Returns
    -------
    str
    """
    chosen = choose_candidate(tables.candidates, tables.summary)
    numbers = tables.candidates["candidate"].tolist()
    n_reference, n_clean, n_twins = tables.n_rows
    how = Paragraph(
        f"{n_reference} reference rows, {n_clean} clean rows for the batches, "
        f"{n_twins} rows whose shifted twins contaminate them; {tables.n_batches} "
        "batches for each severity, kind and fraction. A row is harmful if the "
        "classifier is right on the clean row and wrong on its shifted twin, harmless "
        "if it is right on both."
    )
    sections = [Section("In short", [*_overview(tables), how])]
    if len(numbers) > 1:
        words = [
            Paragraph(say_verdict(tables, number), lead=f"Candidate {number}.")
            for number in numbers
        ]
        most = f"What follows is about candidate {chosen}, the most selective one."
        sections.append(Section("Every candidate in words", [*words, Paragraph(most)]))
    sections += _sections_of(tables, chosen)
    sections.append(
        Section(
            "Every detection figure of every candidate",
            [Table(tables.summary)],
            folded=True,
        )
    )
    return render_page(TITLE, say_verdict(tables, chosen), sections)


def _sections_of(tables, chosen):
    """Sections about one candidate."""

    def table(figures):
        figures = of_candidate(figures, chosen)
        return Table(figures.drop(columns="candidate").dropna(axis=1, how="all"))

    curves, bars = _displays(tables, chosen)
    rate, p_value, scores = (
        Picture.of_figures(*figures, description)
        for figures, description in (
            (
                _two_layouts(curves, kind="detection"),
                "Share of batches flagged against the fraction of shifted rows",
            ),
            (
                _two_layouts(curves, kind="p_value"),
                "Mean and largest p-value against the fraction of shifted rows",
            ),
            (
                _two_widths(bars),
                "Harm scores of clean, harmful and harmless rows, and the accuracy",
            ),
        )
    )
    bands = Paragraph(
        "Harmful batches should be flagged early, harmless ones never; the bands are "
        "95% intervals."
    )
    return [
        Section("How often a batch is flagged", [rate, bands]),
        Section("Selectivity", [table(selectivity(tables.summary))]),
        Section("The p-values", [p_value]),
        Section("The harm scores", [scores]),
        Section("Accuracy of the classifier", [table(tables.accuracy)]),
        Section(
            "How well scores tell harmful from harmless rows (AUROC)",
            [table(tables.auroc)],
        ),
        Section("Every score figure", [table(tables.scores)], folded=True),
    ]


def _displays(tables, chosen):
    """Curves and bars of one candidate, not drawn yet."""
    from skdrift.sweep._displays import ContaminationDisplay, HarmScoreDisplay

    (candidate,) = of_candidate(tables.candidates, chosen).itertuples()
    curves = ContaminationDisplay(
        summary=of_candidate(tables.summary, chosen),
        alpha=candidate.alpha,
        batch_size=candidate.batch_size,
    )
    scores = of_candidate(tables.scores, chosen)
    bars = HarmScoreDisplay(
        scores=scores[scores["feature"] == 0].reset_index(drop=True),
        accuracy=of_candidate(tables.accuracy, chosen),
    )
    return curves, bars


def _two_layouts(curves, kind):
    """Figures with the severities side by side, and below each other."""
    import matplotlib.pyplot as plt

    wide = curves.plot(kind=kind).figure_
    n_panels = len(curves.ax_)
    size = (NARROW[0], 2.3 * n_panels + 0.9)
    narrow, axes = plt.subplots(n_panels, figsize=size, layout="constrained")
    curves.plot(ax=axes, kind=kind)
    for panel in curves.ax_:
        panel.set(xlabel="", ylabel="")
    narrow.supxlabel(wide.get_supxlabel(), fontsize="medium")
    narrow.supylabel(wide.axes[0].get_ylabel(), fontsize="medium")
    _legend_above(narrow, curves.ax_[-1])
    return wide, narrow


def _two_widths(bars):
    """Figures of the bars for wide and for narrow screens."""
    import matplotlib.pyplot as plt

    wide = bars.plot().figure_
    narrow, ax = plt.subplots(figsize=NARROW, layout="constrained")
    bars.plot(ax=ax)
    for axes in (bars.ax_, bars.accuracy_ax_):
        axes.yaxis.label.set_fontsize("small")
    _legend_above(narrow, ax)
    return wide, narrow


def _legend_above(figure, ax):
    """Move the legend of an Axes above the figure, in two columns."""
    legend = ax.get_legend()
    labels = [text.get_text() for text in legend.get_texts()]
    handles = legend.legend_handles
    legend.remove()
    place = {"loc": "outside upper center", "ncols": 2, "frameon": False}
    figure.legend(handles, labels, fontsize="small", **place)


def compare_candidates(tables):
    """One row per candidate: what it is, what it catches, how often it cries wolf."""
    table = tables.candidates.set_index("candidate")
    gaps = selectivity(tables.summary).groupby("candidate")[["area", "gap"]].mean()
    table["selectivity (area)"] = gaps["area"]
    if gaps["gap"].notna().any():
        table["20% harmful less 90% harmless"] = gaps["gap"]
    table["false alarms"] = tables.false_alarms.set_index("candidate")["rate"]
    return table.reset_index()


def compare_limits(tables):
    """One row per candidate: from which harmful fraction on harm is caught."""
    limits = detection_limit(tables.summary, 0.8, "harmful")
    table = limits.pivot(index="candidate", columns="severity", values="fraction")
    table = table[limits["severity"].unique()]
    table.columns = [f"severity {severity}" for severity in table]
    return table.reset_index()


def _overview(tables):
    return [
        Table(compare_candidates(tables), "Candidates"),
        Table(
            compare_limits(tables),
            "Smallest harmful fraction that is caught in 80% of the batches",
        ),
    ]


def say_verdict(tables, candidate, power=0.8):
    """Say what one candidate catches and how often it cries wolf.

    Parameters
    ----------
    tables : StudyTables
    candidate : int
    power : float, default=0.8
        Share of batches that counts as caught.

    Returns
    -------
    str
    """
    (chosen,) = of_candidate(tables.candidates, candidate).itertuples()
    summary = of_candidate(tables.summary, candidate)
    false_alarms = of_candidate(tables.false_alarms, candidate)
    limits = detection_limit(summary, power, "harmful")
    clauses = [*_harmful(summary, limits, power), *_harmless(summary)]
    if len(false_alarms):
        clean = f"clean batches raise a false alarm in {_percent(false_alarms['rate'])}"
        if np.isfinite(chosen.alpha):
            clean += f" of cases (the test's level is {_percent([chosen.alpha])})"
        clauses.append(clean)
    return f"In batches of {int(chosen.batch_size)}, {'; '.join(clauses)}."


def _harmful(summary, limits, power):
    """From which fraction on harm is caught, and where it is not."""
    harmful = summary[(summary["kind"] == "harmful") & (summary["fraction"] > 0)]
    known = harmful.dropna(subset="detection_rate")["severity"].unique()
    caught, missed, unknown = {}, [], []
    for severity, fraction in zip(limits["severity"], limits["fraction"]):
        if severity not in known:
            unknown.append(severity)
        elif np.isnan(fraction):
            missed.append(severity)
        else:
            caught.setdefault(fraction, []).append(severity)
    everywhere = len(limits)
    clauses = []
    if caught:
        told = [
            f"from {_percent([fraction])} on{_where(severities, everywhere)}"
            for fraction, severities in sorted(caught.items())
        ]
        clauses.append(
            f"harmful contamination is caught (at least {_percent([power])} of the "
            f"batches flagged) {_listed(told)}"
        )
    if missed:
        largest = _percent([harmful["fraction"].max()])
        clauses.append(
            f"harmful contamination is missed (fewer than {_percent([power])} of the "
            f"batches flagged) up to {largest}{_where(missed, everywhere)}"
        )
    if unknown:
        clauses.append(
            "harmful contamination cannot be judged for want of harmful rows"
            f"{_where(unknown, everywhere)}"
        )
    return clauses


def _harmless(summary):
    """How many batches full of harmless shift are flagged."""
    harmless = summary[(summary["kind"] == "harmless") & (summary["fraction"] > 0)]
    harmless = harmless.dropna(subset="detection_rate")
    if harmless.empty:
        return []
    swept = harmless["fraction"].unique()
    fraction = swept[np.argmin(np.abs(swept - HARMLESS_FRACTION))]
    rates = harmless.loc[harmless["fraction"] == fraction, "detection_rate"]
    where = ", depending on severity" if rates.max() - rates.min() > 0.005 else ""
    return [
        f"harmless contamination of {_percent([fraction])} raises an alarm in "
        f"{_percent(rates)} of the batches{where}"
    ]


def _where(severities, everywhere):
    """Name the severities, unless there is only one in all."""
    if everywhere == 1:
        return ""
    if len(severities) == everywhere:
        return " at every severity"
    word = "severity" if len(severities) == 1 else "severities"
    return f" at {word} {_listed([str(severity) for severity in severities])}"


def _listed(items):
    """Join items as one does in a sentence."""
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _percent(rates):
    """Rates as a percentage or, where they differ, a range of percentages."""
    low, high = (
        f"{100 * bound:.1f}".removesuffix(".0") for bound in (min(rates), max(rates))
    )
    return f"{low}%" if low == high else f"{low}% to {high}%"
