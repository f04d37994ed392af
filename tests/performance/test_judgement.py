from types import SimpleNamespace

import numpy as np
import pytest

from skdrift.performance._counts import PerformanceCounts
from skdrift.performance._judgement import judge_batches
from skdrift.performance._strange import KnownColumn
from skdrift.performance._views import SUMS
from tests.performance.test_left_out import learnt


@pytest.fixture(scope="module", name="learnt")
def learnt_once():
    """What is learnt on batches whose loss shows in the agreement."""
    return learnt()[0]


def counts(agreement, strange=0, **shares):
    """Count a batch of 500 rows, with these mean values of some views."""
    sums = np.full(len(SUMS), 250.0)
    for name in ("strange", "missing", "repaired", "outside"):
        sums[SUMS.index(name)] = 0.0
    means = {"confidence": 0.9, "row_trees": 0.9, "agreement": agreement, **shares}
    for name, mean in means.items():
        sums[SUMS.index(name)] = 500 * mean
    confusion = np.array([[450.0, 0.0], [50.0, 0.0]])
    return PerformanceCounts(500, sums, confusion, np.array([strange]), "")


def judged(learnt, batches, labels=None, known=None, **settings):
    settings = {"tolerance": 0.05, "alpha": 0.05, **settings}
    return judge_batches(
        batches, labels, reference=0.9, known=known, **learnt, **settings
    )


def test_batches_are_judged_each_by_its_own_counts(learnt):
    calm, broken = counts(0.95), counts(0.6)
    both = judged(learnt, [calm, broken], np.array(["a", "b"]))
    assert both.verdict.tolist() == ["fine", "harmful"]
    assert both.group_labels.tolist() == ["a", "b"]
    assert both.lost == pytest.approx([0.0, 0.35], abs=0.03)
    assert both.lost == pytest.approx(0.9 - both.estimate)
    assert (both.low < both.estimate).all()
    assert (both.estimate < both.high).all()
    assert both.size.tolist() == [500, 500]
    alone = judged(learnt, [broken])
    assert alone.verdict == "harmful"
    assert isinstance(alone.estimate, float)
    assert alone.estimate == pytest.approx(both.estimate[1])
    assert alone.reasons == both.reasons[1]


def test_tolerance_and_level_are_those_of_the_call(learnt):
    broken = [counts(0.6)]
    assert judged(learnt, broken, tolerance=0.6).verdict == "fine"
    assert judged(learnt, broken, alpha=1e-9).verdict == "cannot tell"


def test_strange_columns_are_named_where_rows_are_a_table(learnt):
    constant = KnownColumn(1.0, 1.0, None, constant=True, open=False)
    known = SimpleNamespace(names=["price"], columns=[constant])
    said = judged(learnt, [counts(0.95, strange=400)], known=known)
    assert said.verdict == "cannot tell"
    assert "price (80% of the rows)" in said.reasons[0]
    assert judged(learnt, [counts(0.95, strange=400)]).verdict == "fine"


def test_rows_outside_of_the_reference_are_a_doubt(learnt):
    said = judged(learnt, [counts(0.95, outside=0.9)])
    assert said.verdict == "cannot tell"
    assert "90% of the rows lie outside" in said.reasons[0]


def test_intervals_end_at_the_limits_of_the_metric(learnt):
    sure = counts(1.0, confidence=1.0, row_trees=1.0)
    assert judged(learnt, [sure]).high == 1.0
