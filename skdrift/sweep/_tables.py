"""What the rows of a contamination sweep add up to, with intervals of proportions."""

import re
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy.integrate import trapezoid
from scipy.special import ndtri

_LONGEST_TEXT = 40

CURVE = ["candidate", "severity", "kind"]


def result_table(axes, p_value, statistic, is_drift):
    """One row per test, from the outcomes in the order of the axes.

    Parameters
    ----------
    axes : dict
        Name to values: candidate, severity, kind, fraction, batch.
    p_value, statistic, is_drift : ndarray of shape (n_tests,)

    Returns
    -------
    DataFrame
    """
    index = pd.MultiIndex.from_product(axes.values(), names=axes)
    results = index.to_frame(index=False)
    results["p_value"] = p_value
    results["statistic"] = statistic
    results["is_drift"] = pd.array(is_drift, dtype="boolean")
    return results


def summarize(results):
    """One row per candidate, severity, kind and fraction, from one row per test."""
    tested = results.assign(
        n_batches=results["is_drift"].notna().astype(np.int64),
        n_detected=results["is_drift"].fillna(False).astype(np.int64),
    )
    groups = tested.groupby([*CURVE, "fraction"], sort=False)
    table = groups.agg(
        n_batches=("n_batches", "sum"),
        p_mean=("p_value", "mean"),
        p_std=("p_value", "std"),
        p_min=("p_value", "min"),
        p_max=("p_value", "max"),
        n_detected=("n_detected", "sum"),
    ).reset_index()
    n_detected = table.pop("n_detected")
    # No batch was tested where the pool was too small: 0 / 0 stays NaN.
    table["detection_rate"] = n_detected / table["n_batches"].replace(0, np.nan)
    table["detection_low"], table["detection_high"] = wilson_interval(
        n_detected, table["n_batches"]
    )
    return table


def false_alarm_rate(results):
    """Share of clean batches that were flagged, with its Wilson interval."""
    clean = results[results["fraction"] == 0]
    groups = clean.groupby("candidate")["is_drift"]
    table = groups.agg(n_batches="count", n_detected="sum").reset_index()
    table = table.astype({"n_batches": np.int64, "n_detected": np.int64})
    n_detected = table.pop("n_detected")
    table["rate"] = n_detected / table["n_batches"]
    table["low"], table["high"] = wilson_interval(n_detected, table["n_batches"])
    return table


def detection_limit(summary, power, kind):
    """Smallest fraction from which on the detection rate stays at `power` or above."""
    rows = []
    curves = summary[(summary["kind"] == kind) & (summary["fraction"] > 0)]
    for (candidate, severity), curve in curves.groupby(
        ["candidate", "severity"], sort=False
    ):
        known = curve.dropna(subset="detection_rate").sort_values("fraction")
        holds = (known["detection_rate"] >= power)[::-1].cummin()[::-1]
        caught = known["fraction"][holds.to_numpy(dtype=bool)]
        limit = float(caught.iloc[0]) if len(caught) else np.nan
        rows.append((candidate, severity, limit))
    return pd.DataFrame(rows, columns=["candidate", "severity", "fraction"])


def selectivity(summary, harmful_fraction=0.2, harmless_fraction=0.9):
    """How far the harmful detection curve lies above the harmless one."""
    rows = []
    for (candidate, severity), part in summary.groupby(
        ["candidate", "severity"], sort=False
    ):
        rate = part.pivot(index="fraction", columns="kind", values="detection_rate")
        rate = rate.sort_index()
        gap = (rate["harmful"] - rate["harmless"]).dropna()
        width = np.ptp(gap.index) if len(gap) else 0
        area = trapezoid(gap, gap.index) / width if width else np.nan
        harmful = _at(rate["harmful"], harmful_fraction)
        harmless = _at(rate["harmless"], harmless_fraction)
        rows.append((candidate, severity, area, harmful, harmless, harmful - harmless))
    columns = ["candidate", "severity", "area", "harmful", "harmless", "gap"]
    return pd.DataFrame(rows, columns=columns)


def _at(curve, fraction):
    """Value of a curve at a fraction that was swept, NaN elsewhere."""
    close = np.isclose(curve.index, fraction)
    return float(curve[close].iloc[0]) if close.any() else np.nan


def candidate_table(params, batch_sizes, tests):
    """One row per candidate, in plain types."""
    table = pd.DataFrame(
        {
            "candidate": np.arange(len(params)),
            "batch_size": batch_sizes,
            "alpha": [float(getattr(test, "alpha", np.nan)) for test in tests],
        }
    )
    for name in sorted({name for each in params for name in each} - {"batch_size"}):
        values = [each.get(name, "") for each in params]
        if not all(isinstance(value, Real) for value in values):
            values = describe_values(values)
        table[name] = values
    return table


def describe_values(values):
    """Describe parameter values in one short line each, different ones differently.

    Line breaks and addresses are left out and long texts cut; texts that then are the
    same are numbered.
    """
    texts, known = [], {}
    for value in values:
        whole = str(value)
        # Addresses differ from run to run, line breaks only from width to width.
        short = re.sub(r" at 0x[0-9a-f]+", "", " ".join(whole.split()))
        if len(short) > _LONGEST_TEXT:
            short = short[: _LONGEST_TEXT - 3] + "..."
        alike = known.setdefault(short, [])
        if whole not in alike:
            alike.append(whole)
        number = alike.index(whole) + 1
        texts.append(short if number == 1 else f"{short} ({number})")
    return texts


def per_candidate(tables):
    """Stack one table per candidate."""
    tables = dict(enumerate(tables))
    return pd.concat(tables, names=["candidate"]).reset_index(0).reset_index(drop=True)


def wilson_interval(n_hits, n_trials, confidence=0.95):
    """Wilson score interval of the proportions ``n_hits / n_trials``.

    Parameters
    ----------
    n_hits, n_trials : array-like of int of shape (n,)
        Successes and trials of each proportion.
    confidence : float, default=0.95
        Confidence level, in (0, 1).

    Returns
    -------
    low, high : ndarray of shape (n,)
        The bounds; NaN where there were no trials.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927.
    """
    hits, trials = np.asarray(n_hits, dtype=float), np.asarray(n_trials, dtype=float)
    hits = np.where(trials > 0, hits, np.nan)
    z2 = ndtri((1 + confidence) / 2) ** 2
    centre = hits + z2 / 2
    # 0 / 0 is avoided: without trials the numerators are NaN already.
    variance = hits * (trials - hits) / np.maximum(trials, 1) + z2 / 4
    spread = np.sqrt(z2 * variance)
    low, high = (centre - spread) / (trials + z2), (centre + spread) / (trials + z2)
    return np.where(hits == 0, 0.0, low), np.where(hits == trials, 1.0, high)


@dataclass(frozen=True)
class StudyTables:
    """The tables of a sweep that its report and its pictures show.

    Attributes
    ----------
    candidates, summary, false_alarms, scores, accuracy, auroc : DataFrame
        As the attributes and methods of ContaminationSweep of these names.
    n_rows : tuple of int
        How many reference, clean and twin rows there are.
    n_batches : int
        Batches for each severity, kind and fraction.
    """

    candidates: pd.DataFrame
    summary: pd.DataFrame
    false_alarms: pd.DataFrame
    scores: pd.DataFrame
    accuracy: pd.DataFrame
    auroc: pd.DataFrame
    n_rows: tuple
    n_batches: int


def choose_candidate(candidates, summary, candidate=None):
    """Check the number of a candidate; None chooses the most selective one."""
    numbers = list(candidates["candidate"])
    if candidate is None:
        gaps = selectivity(summary)
        area = gaps.groupby("candidate")["area"].mean()
        return 0 if area.isna().all() else int(area.idxmax())
    if candidate not in numbers:
        raise ValueError(f"candidate must be one of {numbers}; got {candidate!r}.")
    return int(candidate)


def of_candidate(table, candidate):
    """Rows of one candidate, numbered anew."""
    return table[table["candidate"] == candidate].reset_index(drop=True)
