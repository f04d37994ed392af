import numpy as np
import pytest

from skdrift.performance._batch_metric import BatchMetric
from skdrift.performance._correction import Estimates
from skdrift.performance._simulation import Pool

CLASSES = np.array(["no", "yes"])
PRIOR = np.array([0.5, 0.5])
P = np.column_stack([np.linspace(0, 1, 101), np.linspace(1, 0, 101)])
TRUTH = np.repeat([0, 1], [50, 51])[::-1]
CLEAN = Pool("natural", None, P, TRUTH, None, P, None)
CONFUSION = np.array([[[40.0, 10.0], [10.0, 41.0]]])


def estimates(value, scale=0.02):
    return Estimates(np.array([value]), np.array([scale]), np.array([0.0]))


def test_accuracy_is_the_estimate_itself():
    metric = BatchMetric("accuracy", CLASSES, PRIOR, CLEAN)
    value, scale = metric.estimate(CONFUSION, None, estimates(0.7))
    assert value == pytest.approx(0.7)
    assert scale == pytest.approx(0.02)
    assert metric.tables is None


@pytest.mark.parametrize("name", ["balanced_accuracy", ("recall", "yes"), "roc_auc"])
def test_a_loss_of_accuracy_is_one_of_other_metrics(name):
    metric = BatchMetric(name, CLASSES, PRIOR, CLEAN)
    tables = [None]
    if metric.tables is not None:
        tables = [metric.tables.seen(P, P)]
    good, bad = (
        metric.estimate(CONFUSION, tables, estimates(value))[0][0]
        for value in (0.8, 0.6)
    )
    assert 0.5 < bad < good < 1


def test_a_metric_that_does_not_move_has_a_scale():
    metric = BatchMetric(lambda confusion: 0.5, CLASSES, PRIOR, CLEAN)
    value, scale = metric.estimate(CONFUSION, None, estimates(0.7))
    assert value == 0.5
    assert scale == pytest.approx(0.01)


@pytest.mark.parametrize("name", ["roc", ("roc_auc", "yes")])
def test_unknown_metrics_name_the_known_ones(name):
    with pytest.raises(ValueError, match="neg_log_loss"):
        BatchMetric(name, CLASSES, PRIOR, CLEAN)
