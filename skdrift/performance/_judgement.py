"""Estimates and verdicts of batches that are known by their counts."""

import numpy as np

from skdrift.performance._correction import class_distance
from skdrift.performance._estimate import PerformanceEstimate
from skdrift.performance._verdict import Evidence, judge, strange_columns
from skdrift.performance._views import SUMS


def judge_batches(
    counts,
    labels,
    *,
    reference,
    known,
    metric,
    correction,
    errors,
    tolerance,
    alpha,
):
    """Estimate a metric on batches, and judge what they lost.

    Parameters
    ----------
    counts : list of PerformanceCounts
        One for each batch.
    labels : ndarray of shape (n_batches,) or None
        Labels of the batches; None for one batch alone, whose fields are no arrays.
    reference : float
        The metric on the labelled rows.
    known : StrangeValues or None
        None where rows are no table.
    metric : BatchMetric
    correction : Correction
    errors : LeftOutErrors
    tolerance, alpha : float

    Returns
    -------
    estimate : PerformanceEstimate
    """
    size = np.array([one.size for one in counts])
    sums = np.array([one.sums for one in counts])
    confusion = np.array([one.confusion for one in counts])
    estimates = correction.estimate(sums, confusion, size)
    tables = [one.tables for one in counts]
    value, scale = metric.estimate(confusion, tables, estimates)
    lost = reference - value
    p_value = errors.p_value(lost, scale, tolerance)
    distance, noise = class_distance(confusion, size, correction.shares)
    verdicts = []
    for place, one in enumerate(counts):
        means = dict(zip(SUMS, one.sums / one.size))
        columns, constant = [], []
        if known is not None:
            columns, constant = strange_columns(
                known.names, known.columns, one.strange, one.size
            )
        evidence = Evidence(
            size=one.size,
            lost=float(lost[place]),
            p_value=float(p_value[place]),
            tolerance=tolerance,
            alpha=alpha,
            outside=float(means["outside"]),
            repaired=float(means["repaired"]),
            columns=columns,
            constant=constant,
            class_distance=float(distance[place] - noise[place]),
            most_class_distance=errors.most_class_distance,
            disagreement=float(estimates.disagreement[place]),
        )
        verdicts.append(judge(evidence))
    half = errors.half_widths(estimates, scale)
    low = np.clip(value - half, *metric.limits)
    high = np.clip(value + half, *metric.limits)
    columns = [value, low, high, lost, p_value]
    verdict = np.array([verdict for verdict, _ in verdicts])
    reasons = tuple(sentences for _, sentences in verdicts)
    if labels is None:
        columns = [float(column[0]) for column in columns]
        verdict, reasons, size = str(verdict[0]), reasons[0], int(size[0])
    value, low, high, lost, p_value = columns
    return PerformanceEstimate(
        value,
        low,
        high,
        reference,
        lost,
        p_value,
        verdict,
        reasons,
        size,
        tolerance=tolerance,
        confidence=errors.confidence,
        metric=metric.name,
        group_labels=labels,
    )
