"""A contamination sweep as a sentence to act on, and as one HTML page."""

import base64
import io
from html import escape
from string import Template

import numpy as np

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


def html_summary(sweep):
    """Verdict and comparison of the candidates, as a piece of HTML."""
    return (
        f"<p class='verdict'>{escape(sweep.verdict())}</p>\n"
        f"{_table(compare_candidates(sweep))}"
    )


def html_report(sweep):
    """Return the whole study as one page that needs no other file."""
    from skdrift.sweep._displays import ContaminationDisplay, HarmScoreDisplay

    chosen = sweep.choose_candidate()

    def rows(table):
        table = table[table["candidate"] == chosen]
        return table.drop(columns="candidate").dropna(axis=1, how="all")

    parts = [
        html_summary(sweep),
        f"<p>{sweep.n_reference_} reference rows, {sweep.n_clean_} clean rows for the "
        f"batches, {sweep.n_twins_} rows whose shifted twins contaminate them; "
        f"{sweep.n_batches} batches for each severity, kind and fraction. A row is "
        "<em>harmful</em> if the classifier is right on the clean row and wrong on its "
        "shifted twin, <em>harmless</em> if it is right on both.</p>",
    ]
    if len(sweep.candidates_) > 1:
        parts.append("<h2>Every candidate in words</h2>")
        for number in sweep.candidates_["candidate"]:
            verdict = escape(sweep.verdict(number))
            parts.append(f"<p><strong>Candidate {number}.</strong> {verdict}</p>")
        parts.append(f"<h2>Candidate {chosen}, the most selective, in detail</h2>")
    parts += [
        "<h3>How often a batch is flagged</h3>",
        _picture(
            ContaminationDisplay.from_sweep(sweep, candidate=chosen, kind="detection"),
            "Share of batches flagged against the fraction of shifted rows",
        ),
        "<p>Harmful batches should be flagged early, harmless ones never; the bands "
        "are 95% intervals.</p>",
        "<h3>Smallest harmful fraction caught with 80% power</h3>",
        _table(rows(sweep.detection_limit())),
        "<h3>Selectivity</h3>",
        _table(rows(sweep.selectivity())),
        "<h3>The p-values</h3>",
        _picture(
            ContaminationDisplay.from_sweep(sweep, candidate=chosen, kind="p_value"),
            "Mean and largest p-value against the fraction of shifted rows",
        ),
        "<h3>The harm scores</h3>",
        _picture(
            HarmScoreDisplay.from_sweep(sweep, candidate=chosen),
            "Harm scores of clean, harmful and harmless rows, and the accuracy",
        ),
        "<h3>Accuracy of the classifier</h3>",
        _table(rows(sweep.accuracy_)),
        "<h3>How well scores tell harmful from harmless rows (AUROC)</h3>",
        _table(rows(sweep.auroc_)),
        "<details><summary>Every score figure</summary>",
        _table(rows(sweep.scores_)),
        "</details><details><summary>Every detection figure of every candidate"
        "</summary>",
        _table(sweep.summary()),
        "</details>",
    ]
    return PAGE.substitute(body="\n".join(parts))


def compare_candidates(sweep):
    """One row per candidate: what it is, what it catches, how often it cries wolf."""
    table = sweep.candidates_.set_index("candidate")
    selectivity = sweep.selectivity().groupby("candidate")[["area", "gap"]].mean()
    table["selectivity (area)"] = selectivity["area"]
    if selectivity["gap"].notna().any():
        table["20% harmful less 90% harmless"] = selectivity["gap"]
    table["false alarms"] = sweep.false_alarm_rate().set_index("candidate")["rate"]
    limits = sweep.detection_limit()
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


HARMLESS_FRACTION = 0.9


def verdict_sentence(summary, limits, false_alarms, batch_size, alpha, power):
    """Say what one candidate catches and how often it cries wolf.

    Parameters
    ----------
    summary : DataFrame
        Its rows of ``ContaminationSweep.summary``.
    limits : DataFrame
        Its rows of ``ContaminationSweep.detection_limit(power)``.
    false_alarms : DataFrame
        Its row of ``ContaminationSweep.false_alarm_rate``, or none.
    batch_size : int
    alpha : float
        Level of the test; NaN if it has none.
    power : float

    Returns
    -------
    str
    """
    clauses = [*_harmful(summary, limits, power), *_harmless(summary)]
    if len(false_alarms):
        clean = f"clean batches raise a false alarm in {_percent(false_alarms['rate'])}"
        if np.isfinite(alpha):
            clean += f" of cases (the test's level is {_percent([alpha])})"
        clauses.append(clean)
    return f"In batches of {int(batch_size)}, {'; '.join(clauses)}."


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
