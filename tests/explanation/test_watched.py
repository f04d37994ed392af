import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skdrift import DistillationScorer, KSDriftTest, SupportScorer
from skdrift.explanation._watched import WatchedModel, conformal_p_values, unwrap

X, y = load_iris(return_X_y=True)
CLF = LogisticRegression(max_iter=1000).fit(X[::2], y[::2])


def scorer():
    return DistillationScorer(FrozenEstimator(CLF), random_state=0)


DETECTORS = {
    "scorer": scorer(),
    "pipeline": make_pipeline(scorer(), KSDriftTest()),
    "union": make_pipeline(make_union(SupportScorer(), scorer()), KSDriftTest()),
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("frozen", [False, True])
def test_scores_and_classifier_are_found(name, frozen):
    detector = DETECTORS[name].fit(X[1::2])
    watched = WatchedModel.of(FrozenEstimator(detector) if frozen else detector)
    assert watched.scores(X).shape == (150, 2 if name == "union" else 1)
    assert (watched.proba(X) == CLF.predict_proba(X)).all()
    assert (watched.predict(X) == CLF.predict(X)).all()
    assert not watched.in_points


def test_steps_before_the_scorer_are_applied():
    scaler = StandardScaler().fit(X)
    clf = LogisticRegression().fit(scaler.transform(X), y)
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=0)
    detector = make_pipeline(FrozenEstimator(scaler), scorer, KSDriftTest()).fit(X)
    watched = WatchedModel.of(detector)
    expected = clf.predict_proba(scaler.transform(X))
    assert watched.proba(X) == pytest.approx(expected)
    assert (watched.scores(X) == detector[:-1].transform(X)).all()


def test_without_a_classifier_there_are_scores_only():
    watched = WatchedModel.of(SupportScorer().fit(X))
    assert watched.proba is None
    assert watched.predict is None
    assert watched.scores(X).shape == (150, 1)


@pytest.mark.parametrize("wrong", [KSDriftTest(), make_pipeline(KSDriftTest())])
def test_what_does_not_score_is_refused(wrong):
    with pytest.raises(TypeError, match="must score rows"):
        WatchedModel.of(wrong)


def test_unwrap():
    assert unwrap(FrozenEstimator(FrozenEstimator(CLF))) is CLF
    assert unwrap(CLF) is CLF


def test_conformal_p_values_by_counting():
    rng = np.random.default_rng(0)
    reference = np.sort(rng.integers(0, 10, size=(2, 30)), axis=1)
    scores = rng.integers(-1, 12, size=(50, 2))
    expected = [
        min(1, 2 * min((1 + (reference[k] >= row[k]).sum()) / 31 for k in range(2)))
        for row in scores
    ]
    assert conformal_p_values(scores, reference) == pytest.approx(expected, rel=1e-12)


@pytest.mark.statistics
def test_conformal_p_values_of_clean_rows_are_uniform():
    rng = np.random.default_rng(0)
    reference = np.sort(rng.normal(size=(1, 20_000)))
    p_values = conformal_p_values(rng.normal(size=(2000, 1)), reference)
    assert kstest(p_values, "uniform").pvalue > 0.001
