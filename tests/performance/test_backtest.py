import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdrift import (
    DistillationScorer,
    PerformanceEstimator,
    SupportScorer,
    TailDriftTest,
    backtest,
)
from skdrift.performance._backtest import find_classifier, summarise
from skdrift.performance._faults import TableFault

X, y = make_classification(2600, 6, n_informative=4, n_redundant=0, random_state=0)
CLF = FrozenEstimator(
    HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(X[:600], y[:600])
)
X, y = X[600:].copy(), y[600:]
X[1600:] = X[1600:, ::-1]  # columns have changed places in the last period
PERIODS = np.repeat([2021, 2022, 2023, 2024, 2025], 400)


def pipeline():
    return make_pipeline(DistillationScorer(CLF, random_state=0), TailDriftTest())


def test_what_was_said_beside_what_was_true():
    frame = backtest(pipeline(), X, y, PERIODS)
    assert frame["period"].tolist() == [2022, 2023, 2024, 2025]
    assert frame["n_rows"].tolist() == [400] * 4
    for name, accuracy in zip(frame["period"], frame["accuracy"]):
        rows = name == PERIODS
        assert accuracy == CLF.score(X[rows], y[rows])
    assert frame["is_drift"].iloc[-1]
    assert frame["lost"].iloc[-1] > 0.1


def test_order_of_the_rows_does_not_matter():
    order = np.random.default_rng(0).permutation(len(X))
    one = backtest(FrozenEstimator(pipeline().fit(X[:400])), X, y, PERIODS)
    other = backtest(
        FrozenEstimator(pipeline().fit(X[:400])), X[order], y[order], PERIODS[order]
    )
    columns = ["period", "accuracy", "is_drift"]
    assert one[columns].equals(other[columns])


def test_the_detector_given_is_left_alone():
    detector = pipeline()
    backtest(detector, X, y, PERIODS, n_reference=2)
    assert not hasattr(detector[-1], "reference_")


def test_estimates_stand_beside():
    faults = [TableFault("shuffle"), ("swap", TableFault("swap"))]
    estimator = PerformanceEstimator(CLF, faults=faults, random_state=0)
    frame = backtest(estimator, pd.DataFrame(X), y, PERIODS, n_reference=2)
    assert {"estimate", "low", "high", "verdict"} <= set(frame)
    assert frame["verdict"].iloc[-1] != "fine"
    assert len(frame) == 3


def test_summary_counts():
    alarms = [True, False, False, True, False]
    frame = pd.DataFrame({"lost": [0.0, 0.01, 0.2, 0.3, 0.0], "is_drift": alarms})
    summary = summarise(frame, 0.05).set_index("rule")
    assert summary.loc["detector", "false_alarms"] == pytest.approx(1 / 3)
    assert summary.loc["detector", "misses"] == 0.5
    assert summary.loc["detector", "delay"] == 1
    assert summary.loc["always"].tolist() == [1.0, 0.0, 0.0, 3, 2]
    assert summary.loc["never", "misses"] == 1.0
    assert np.isnan(summary.loc["never", "delay"])


def test_summary_stands_at_the_table():
    frame = backtest(pipeline(), X, y, PERIODS)
    assert frame.attrs["summary"]["rule"].tolist() == ["detector", "always", "never"]


def test_what_is_refused():
    with pytest.raises(ValueError, match="n_reference must leave a period"):
        backtest(pipeline(), X, y, PERIODS, n_reference=5)
    with pytest.raises(TypeError, match="must hold a scorer"):
        find_classifier(make_pipeline(SupportScorer().fit(X), TailDriftTest()))
