import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, ScoreThreshold


def test_share_of_training_rows_above_the_threshold():
    scores = np.random.default_rng(0).exponential(size=(1000, 1))
    for contamination in (0.01, 0.1, 0.5):
        detector = ScoreThreshold(contamination).fit(scores)
        assert np.mean(detector.predict(scores) == -1) == contamination
        np.testing.assert_array_equal(
            detector.predict(scores) == -1, scores[:, 0] > -detector.offset_
        )


@pytest.mark.parametrize("shift", [0.0, -5.0])
def test_margin_moves_the_threshold_up(shift):
    scores = np.random.default_rng(0).normal(size=(100, 1)) + shift
    plain = ScoreThreshold(0.1).fit(scores)
    wide = ScoreThreshold(0.1, margin=0.5).fit(scores)
    assert -wide.offset_ == pytest.approx(-plain.offset_ + 0.5 * abs(plain.offset_))


def test_of_several_columns_the_largest_counts():
    detector = ScoreThreshold(0.5).fit([[0.0, 1.0], [2.0, 0.0]])
    assert detector.score_samples([[3.0, 4.0]]) == [-4.0]


def test_at_the_end_of_a_pipeline():
    X, y = load_iris(return_X_y=True)
    teacher = RandomForestClassifier(10, random_state=0).fit(X[::2], y[::2])
    detector = make_pipeline(
        DistillationScorer(FrozenEstimator(teacher), random_state=0),
        ScoreThreshold(0.1),
    ).fit(X[1::2])
    labels = detector.predict(X[1::2])
    assert set(labels) == {-1, 1}
    np.testing.assert_array_equal(labels < 0, detector.decision_function(X[1::2]) < 0)
    assert len(detector.score_samples(X[:5])) == 5


@pytest.mark.parametrize("params", [{"contamination": 0}, {"margin": -1}])
def test_bad_parameters(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        ScoreThreshold(**params).fit([[0.0], [1.0]])


def test_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        ScoreThreshold().fit([[0.0], [np.nan]])
