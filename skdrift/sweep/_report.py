"""A contamination sweep as a sentence to act on, and as one HTML page."""

import base64
import io
from html import escape
from string import Template

import numpy as np

from skdrift.sweep._tables import (
    choose_candidate,
    detection_limit,
    of_candidate,
    selectivity,
)

HARMLESS_FRACTION = 0.9

PAGE = Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Contamination sweep</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
.verdict { border-left: 4px solid #d55e00; padding: .5rem 1rem; background: #f6f6f6; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0 1rem; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; }
img { max-width: 100%; }
summary { cursor: pointer; }
</style>
</head>
<body>
<h1>Contamination sweep</h1>
$body
</body>
</html>
"""
)


def html_summary(tables):
    """Verdict and comparison of the candidates, as a piece of HTML."""
    verdict = say_verdict(tables, choose_candidate(tables.candidates, tables.summary))
    return (
        f"<p class='verdict'>{escape(verdict)}</p>\n"
        f"{_table(compare_candidates(tables))}"
    )


def html_report(tables):
    """Return the whole study as one page that needs no other file.

    Parameters
    ----------
    tables : StudyTables

    Returns
    -------
    str
    """
    from skdrift.sweep._displays import ContaminationDisplay, HarmScoreDisplay

    chosen = choose_candidate(tables.candidates, tables.summary)
    numbers = tables.candidates["candidate"]
    (candidate,) = of_candidate(tables.candidates, chosen).itertuples()
    summary = of_candidate(tables.summary, chosen)
    curves = ContaminationDisplay(
        summary=summary, alpha=candidate.alpha, batch_size=candidate.batch_size
    )
    scores = of_candidate(tables.scores, chosen)
    bars = HarmScoreDisplay(
        scores=scores[scores["feature"] == 0].reset_index(drop=True),
        accuracy=of_candidate(tables.accuracy, chosen),
    )

    def table(figures):
        figures = of_candidate(figures, chosen)
        return _table(figures.drop(columns="candidate").dropna(axis=1, how="all"))

    n_reference, n_clean, n_twins = tables.n_rows
    parts = [
        html_summary(tables),
        f"<p>{n_reference} reference rows, {n_clean} clean rows for the batches, "
        f"{n_twins} rows whose shifted twins contaminate them; {tables.n_batches} "
        "batches for each severity, kind and fraction. A row is <em>harmful</em> if "
        "the classifier is right on the clean row and wrong on its shifted twin, "
        "<em>harmless</em> if it is right on both.</p>",
    ]
    if len(numbers) > 1:
        parts.append("<h2>Every candidate in words</h2>")
        for number in numbers:
            verdict = escape(say_verdict(tables, number))
            parts.append(f"<p><strong>Candidate {number}.</strong> {verdict}</p>")
        parts.append(f"<h2>Candidate {chosen}, the most selective, in detail</h2>")
    parts += [
        "<h3>How often a batch is flagged</h3>",
        _picture(
            curves.plot(kind="detection"),
            "Share of batches flagged against the fraction of shifted rows",
        ),
        "<p>Harmful batches should be flagged early, harmless ones never; the bands "
        "are 95% intervals.</p>",
        "<h3>Smallest harmful fraction caught with 80% power</h3>",
        table(detection_limit(tables.summary, 0.8, "harmful")),
        "<h3>Selectivity</h3>",
        table(selectivity(tables.summary)),
        "<h3>The p-values</h3>",
        _picture(
            curves.plot(kind="p_value"),
            "Mean and largest p-value against the fraction of shifted rows",
        ),
        "<h3>The harm scores</h3>",
        _picture(
            bars.plot(),
            "Harm scores of clean, harmful and harmless rows, and the accuracy",
        ),
        "<h3>Accuracy of the classifier</h3>",
        table(tables.accuracy),
        "<h3>How well scores tell harmful from harmless rows (AUROC)</h3>",
        table(tables.auroc),
        "<details><summary>Every score figure</summary>",
        table(tables.scores),
        "</details><details><summary>Every detection figure of every candidate"
        "</summary>",
        _table(tables.summary),
        "</details>",
    ]
    return PAGE.substitute(body="\n".join(parts))


def compare_candidates(tables):
    """One row per candidate: what it is, what it catches, how often it cries wolf."""
    table = tables.candidates.set_index("candidate")
    gaps = selectivity(tables.summary).groupby("candidate")[["area", "gap"]].mean()
    table["selectivity (area)"] = gaps["area"]
    if gaps["gap"].notna().any():
        table["20% harmful less 90% harmless"] = gaps["gap"]
    table["false alarms"] = tables.false_alarms.set_index("candidate")["rate"]
    limits = detection_limit(tables.summary, 0.8, "harmful")
    for severity in limits["severity"].unique():
        of_severity = limits[limits["severity"] == severity].set_index("candidate")
        table[f"harm caught from, severity {severity}"] = of_severity["fraction"]
    return table.reset_index()


def _table(table):
    """HTML table with figures of readable length; what is missing is a dash."""
    html = table.to_html(
        index=False,
        border=0,
        na_rep="–",
        float_format=lambda value: "–" if np.isnan(value) else f"{value:.3g}",
    )
    return f"<div class='scroll'>{html}</div>"


def _picture(display, description):
    """Draw a Display's figure into the page and close it."""
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    display.figure_.savefig(buffer, format="png", dpi=120)
    plt.close(display.figure_)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(description)}" src="data:image/png;base64,{data}">'


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
