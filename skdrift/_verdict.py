"""A sentence that a person can act on, from the tables of a contamination sweep."""

import numpy as np

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
