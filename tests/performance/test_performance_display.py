import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import PerformanceDisplay, PerformanceEstimate, PerformanceEstimator


def two_batches():
    return PerformanceEstimate(
        np.array([0.9, 0.7]),
        np.array([0.85, 0.6]),
        np.array([0.95, 0.8]),
        0.91,
        np.array([0.01, 0.21]),
        np.array([0.9, 0.001]),
        np.array(["fine", "harmful"]),
        ((), ("Lost.",)),
        np.array([100, 100]),
        group_labels=np.array(["May", "June"]),
    )


def test_batches_stand_in_order_with_the_truth():
    display = PerformanceDisplay.from_predictions(two_batches(), truth=[0.9, np.nan])
    assert [text.get_text() for text in display.ax_.get_xticklabels()] == [
        "May",
        "June",
    ]
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert "true, by labels" in shown
    assert {text.get_text() for text in display.ax_.texts} == {"reference", "tolerated"}
    _, ax = plt.subplots()
    assert display.plot(ax=ax).ax_ is ax
    plt.close("all")


def test_a_truth_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"each of the 2 batches; got shape \(3,\)"):
        PerformanceDisplay.from_predictions(two_batches(), truth=[0.9, 0.8, 0.7])


def test_from_estimator_draws_one_batch():
    X, y = load_breast_cancer(return_X_y=True)
    clf = RandomForestClassifier(10, random_state=0).fit(X[::3], y[::3])
    estimator = PerformanceEstimator(
        FrozenEstimator(clf),
        faults=[("zero", lambda X, random_state: 0 * X), ("flip", lambda X, r: -X)],
        cross_fit=2,
        random_state=0,
    ).fit(X[1::3], y[1::3])
    display = PerformanceDisplay.from_estimator(estimator, X[2::3], truth=0.9)
    assert display.estimate == estimator.predict(X[2::3])
    plt.close("all")
