"""A fitted scorer, alone or in a Pipeline, says the same after it was stored and read.

All that skops asks its user to trust are types of skdrift.
"""

from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from skdrift import (
    DistillationScorer,
    DriftMonitor,
    KerasStudent,
    KerasTeacher,
    KSDriftTest,
    ScoreThreshold,
    SupportScorer,
    TailDriftTest,
)
from tests.round_trips import through_joblib, through_skops

X, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(X))
X, y = X[order] / 16, y[order]
REFERENCE, LABELS = X[100:300], y[100:300]
FRESH, MORE = X[300:350], X[350:400]


def fitted_scorer(**parameters):
    teacher = LogisticRegression(max_iter=1000).fit(X[:100], y[:100])
    scorer = DistillationScorer(
        FrozenEstimator(teacher), cross_fit=2, random_state=0, **parameters
    )
    return scorer.fit(REFERENCE, LABELS)


def fitted_keras_scorer(wrap=KerasTeacher):
    import keras

    layers = [keras.Input((64,)), keras.layers.Dense(10, activation="softmax")]
    scorer = DistillationScorer(
        wrap(keras.Sequential(layers)),
        student=KerasStudent(epochs=1),
        divergence=["kl", "log_loss", "combined"],
        cross_fit=2,
        random_state=0,
    )
    return scorer.fit(REFERENCE)


def pipeline(detector, **parameters):
    scorer = fitted_scorer(**parameters)
    detector.fit(scorer.transform(REFERENCE))
    return make_pipeline(scorer, detector)


def both_views():
    union = make_union(fitted_scorer(), SupportScorer().fit(REFERENCE))
    detector = TailDriftTest().fit(union.transform(REFERENCE))
    return make_pipeline(union, detector)


def monitor(control):
    followed = DriftMonitor(pipeline(TailDriftTest()), control=control)
    followed.update(MORE)
    return followed


LOGISTIC = LogisticRegression(max_iter=1000)
CASES = {
    "default": fitted_scorer,
    "divergences": lambda: fitted_scorer(divergence=["kl", "js", "combined"]),
    "error model": lambda: fitted_scorer(error_model=LOGISTIC),
    "KS test": lambda: pipeline(KSDriftTest(alternative="greater")),
    "tail test": lambda: pipeline(TailDriftTest()),
    "Berk-Jones": lambda: pipeline(TailDriftTest(statistic="berk_jones")),
    "threshold": lambda: pipeline(ScoreThreshold()),
    "monitor as last step": lambda: pipeline(DriftMonitor(control="lord")),
    "martingale": lambda: monitor("martingale"),
    "saffron": lambda: monitor("saffron"),
    "support": lambda: SupportScorer().fit(REFERENCE),
    "support of groups": lambda: SupportScorer().fit(
        REFERENCE, groups=np.arange(len(REFERENCE)) // 2
    ),
    "both views": both_views,
    "logistic": lambda: pipeline(TailDriftTest(), student=LOGISTIC),
    "Keras": fitted_keras_scorer,
    "bare Keras": lambda: fitted_keras_scorer(wrap=lambda model: model),
    "frozen Keras": lambda: fitted_keras_scorer(wrap=FrozenEstimator),
}

fitted = cache(lambda name: CASES[name]())
every_case = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.keras if "Keras" in name else ())
        for name in CASES
    ],
)


def answers(estimator):
    """Return all that an estimator says of fresh rows, as arrays."""
    if isinstance(estimator, DriftMonitor):
        estimator.update(FRESH)
        return [estimator.history_.to_numpy(dtype=float), estimator.reference_size_]
    if isinstance(estimator, Pipeline):
        return [estimator[:-1].transform(FRESH), np.asarray(estimator.predict(FRESH))]
    return [estimator.transform(FRESH)]


def assert_same_bits(restored, original):
    assert type(restored) is type(original)
    for ours, theirs in zip(answers(restored), answers(original), strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


@every_case
def test_joblib_round_trip(name):
    original = fitted(name)
    assert_same_bits(through_joblib(original), original)


@every_case
def test_skops_round_trip(name):
    original = fitted(name)
    assert_same_bits(through_skops(original), original)
