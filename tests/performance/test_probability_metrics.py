from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from skdrift.performance._probability_metrics import (
    NegLogLoss,
    RocAuc,
    Tables,
    probability_metric,
)
from skdrift.performance._simulation import Pool

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 2, 3000)
SECOND = np.clip(0.3 * TRUTH + RNG.uniform(0, 0.7, 3000), 0.01, 0.99)
P = np.column_stack([1 - SECOND, SECOND])
PRIOR = np.bincount(TRUTH) / len(TRUTH)
# What a calibrated model would say of the rows above.
CLEAN = Pool("natural", None, np.eye(2)[TRUTH], TRUTH, None, P, None)
CLASSES = np.column_stack([1 - TRUTH.mean(), TRUTH.mean()]) * np.ones((3000, 1))


@pytest.mark.parametrize("rounded", [False, True])
def test_area_is_that_of_scikit_learn(rounded):
    own = np.round(P, 1) if rounded else P
    tables = Tables(RocAuc(own), PRIOR, replace(CLEAN, P=own))
    found = tables.metric.value(tables.true(own, TRUTH))
    expected = roc_auc_score(TRUTH, own[:, 1])
    assert found == pytest.approx(expected, abs=1e-12 if rounded else 2e-3)


def test_log_loss_is_that_of_scikit_learn():
    tables = Tables(NegLogLoss(), PRIOR, CLEAN)
    found = tables.metric.value(tables.true(P, TRUTH))
    assert found == pytest.approx(-log_loss(TRUTH, P))


@pytest.mark.parametrize("metric", [RocAuc(P), NegLogLoss()])
def test_tables_add_up(metric):
    tables = Tables(metric, PRIOR, CLEAN)
    whole = tables.seen(P, CLASSES)
    parts = tables.seen(P[:7], CLASSES[:7]) + tables.seen(P[7:], CLASSES[7:])
    np.testing.assert_allclose(parts, whole)


def test_weights_count_rows_more_often():
    tables = Tables(NegLogLoss(), PRIOR, CLEAN)
    weight = np.where(TRUTH == 1, 2.0, 1.0)
    twice = np.concatenate([np.arange(3000), np.flatnonzero(TRUTH == 1)])
    np.testing.assert_allclose(
        tables.true(P, TRUTH, weight), tables.true(P[twice], TRUTH[twice])
    )


def test_from_chance_to_what_is_expected():
    labels = np.eye(2)[TRUTH]
    decision = P.argmax(axis=1)
    confusion = np.zeros((2, 2))
    np.add.at(confusion, (TRUTH, decision), 1.0)
    now = np.mean(decision == TRUTH)
    chance = np.bincount(decision) @ PRIOR / 3000
    area = Tables(RocAuc(P), PRIOR, CLEAN)
    seen = area.seen(P, labels)
    assert area.at(seen, confusion, now) == pytest.approx(
        roc_auc_score(TRUTH, SECOND), abs=2e-3
    )
    assert area.at(seen, confusion, chance) == pytest.approx(0.5)
    assert area.at(seen, confusion, 0.0) < 0.5
    loss = Tables(NegLogLoss(), PRIOR, CLEAN)
    seen = loss.seen(P, labels)
    assert loss.at(seen, confusion, now) == pytest.approx(-log_loss(TRUTH, P))
    unrelated = np.mean(np.log(P) @ PRIOR)
    assert loss.at(seen, confusion, chance) == pytest.approx(unrelated)


def test_one_class_alone_has_no_area():
    tables = Tables(RocAuc(P), PRIOR, CLEAN)
    assert np.isnan(tables.metric.value(tables.true(P, np.zeros(3000, dtype=int))))


def test_a_certain_mistake_costs_a_finite_loss():
    tables = Tables(NegLogLoss(), PRIOR, CLEAN)
    sure = np.array([[1.0, 0.0]])
    assert tables.metric.value(tables.true(sure, np.array([1]))) < -30


def test_names():
    assert probability_metric("accuracy", P) is None
    assert isinstance(probability_metric("roc_auc", P), RocAuc)
    with pytest.raises(ValueError, match="two classes, but the classifier knows 3"):
        probability_metric("roc_auc", np.full((5, 3), 1 / 3))


def test_what_the_reference_is_better_than_expected_is_known():
    doubtful = replace(CLEAN, classes=np.full((3000, 2), 0.5))
    tables = Tables(NegLogLoss(), PRIOR, doubtful)
    expected = np.mean(np.log(P))
    assert tables.offset == pytest.approx(-log_loss(TRUTH, P) - expected)
    assert Tables(NegLogLoss(), PRIOR, CLEAN).offset == pytest.approx(0)
