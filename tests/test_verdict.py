import numpy as np
import pandas as pd
import pytest

from skdrift._verdict import verdict_sentence

FRACTIONS = [0.2, 0.9]


def say(limits, harmless, *, missing=(), false_alarm=0.05, alpha=0.05):
    severities = list(range(1, len(limits) + 1))
    rows = []
    for severity, rates in zip(severities, harmless):
        for fraction, rate in zip(FRACTIONS, rates):
            harmful = np.nan if severity in missing else 0.9
            rows.append((severity, "harmful", fraction, harmful))
            rows.append((severity, "harmless", fraction, rate))
    columns = ["severity", "kind", "fraction", "detection_rate"]
    summary = pd.DataFrame(rows, columns=columns)
    limits = pd.DataFrame({"severity": severities, "fraction": limits})
    rates = [] if false_alarm is None else [false_alarm]
    false_alarms = pd.DataFrame({"rate": rates})
    return verdict_sentence(summary, limits, false_alarms, 100, alpha, 0.8)


def test_one_answer_for_all_severities():
    sentence = say([0.2, 0.2], [(0, 0.04), (0, 0.04)], false_alarm=0.048)
    assert sentence == (
        "In batches of 100, harmful contamination is caught (at least 80% of the "
        "batches flagged) from 20% on at every severity; harmless contamination of 90% "
        "raises an alarm in 4% of the batches; clean batches raise a false alarm in "
        "4.8% of cases (the test's level is 5%)."
    )


def test_answers_that_differ_are_told_by_severity():
    sentence = say([0.3, 0.2, 0.2, np.nan], [(0, 0.01)] * 3 + [(0, 0.125)])
    assert "from 20% on at severities 2 and 3 and from 30% on at severity 1" in sentence
    assert (
        "harmful contamination is missed (fewer than 80% of the batches flagged) up to "
        "90% at severity 4"
    ) in sentence
    assert "in 1% to 12.5% of the batches, depending on severity" in sentence


def test_a_single_severity_is_not_named():
    assert "severity" not in say([0.2], [(0, 0.01)])


def test_what_was_not_measured_is_not_claimed():
    sentence = say(
        [np.nan, 0.2],
        [(np.nan, np.nan), (np.nan, np.nan)],
        missing=[1],
        false_alarm=None,
    )
    assert "cannot be judged for want of harmful rows at severity 1" in sentence
    assert "harmless" not in sentence
    assert "false alarm" not in sentence
    assert "missed" not in sentence


@pytest.mark.parametrize("alpha", [np.nan, 0.01])
def test_level_is_named_where_there_is_one(alpha):
    assert ("level is 1%" in say([0.2], [(0, 0)], alpha=alpha)) == (alpha == 0.01)
