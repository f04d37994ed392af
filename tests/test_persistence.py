"""A fitted scorer, alone or in a Pipeline, says the same after it was stored and read.

All that skops asks its user to trust are types of skdrift, and where there are trees
the one type of scikit-learn named below.
"""

from functools import cache

import numpy as np
import pytest
from round_trips import skops_io, through_joblib
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from skdrift import (
    DistillationScorer,
    DriftMonitor,
    KerasStudent,
    KerasTeacher,
    KSDriftTest,
    ScoreThreshold,
    TailDriftTest,
)

# From version 0.15 on skops trusts no trees, whosever they are: scikit-learn follows
# their node numbers unchecked, so that a forged file could crash the process.
TREE = "sklearn.tree._tree.Tree"

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


def fitted_keras_scorer():
    import keras

    layers = [keras.Input((64,)), keras.layers.Dense(10, activation="softmax")]
    scorer = DistillationScorer(
        KerasTeacher(keras.Sequential(layers)),
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
    "martingale": lambda: monitor("martingale"),
    "saffron": lambda: monitor("saffron"),
    "no trees": lambda: pipeline(TailDriftTest(), student=LOGISTIC),
    "Keras": fitted_keras_scorer,
}
WITHOUT_TREES = {"no trees", "Keras"}

fitted = cache(lambda name: CASES[name]())
every_case = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.keras if name == "Keras" else ())
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
    stored = skops_io.dumps(original)
    untrusted = skops_io.get_untrusted_types(data=stored)
    known = set() if name in WITHOUT_TREES else {TREE}
    foreign = {kind for kind in untrusted if not kind.startswith("skdrift.")}
    assert foreign <= known
    assert_same_bits(skops_io.loads(stored, trusted=untrusted), original)
