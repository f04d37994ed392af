import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from skdrift import AutoencoderScorer, KerasTeacher, KSDriftTest, ScoreThreshold
from tests.round_trips import ROUND_TRIPS

pytestmark = pytest.mark.keras

X, y = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(X))
X, y = (X[order] / 16).astype(np.float32), y[order]
TRAIN, REFERENCE, FRESH = slice(0, 600), slice(600, 1200), slice(1200, None)


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X[TRAIN], y[TRAIN], epochs=30, verbose=0)
    return model


@pytest.fixture(scope="module")
def fitted(model):
    scorer = AutoencoderScorer(model, epochs=15, cross_fit=2, random_state=0)
    return scorer.fit(X[REFERENCE])


def test_scores_are_the_divergence_after_rebuilding(fitted, model):
    rows = X[FRESH][:50]
    scores = fitted.transform(rows)
    P = np.clip(np.asarray(model(rows), dtype=float), 1e-7, 1)
    Q = np.clip(np.asarray(model(fitted.rebuild(rows)), dtype=float), 1e-7, 1)
    expected = (P * np.log(P / Q)).sum(axis=1)
    assert scores.shape == (50, 1)
    assert scores[:, 0] == pytest.approx(expected, abs=1e-4)
    assert fitted.get_feature_names_out().tolist() == ["harm_autoencoder"]


def test_rebuilt_rows_are_decided_alike(fitted, model):
    assert fitted.fidelity_ > 0.8
    decided = np.asarray(model(X[FRESH])).argmax(axis=1)
    assert np.mean(fitted.predict(X[FRESH]) == decided) > 0.8


def test_the_model_given_is_left_alone(model):
    weights = [np.array(part) for part in model.get_weights()]
    AutoencoderScorer(model, epochs=1, cross_fit=None).fit(X[REFERENCE])
    assert all((a == b).all() for a, b in zip(weights, model.get_weights()))
    assert model.trainable


def test_misleading_rows_score_high(fitted, model):
    import tensorflow as tf

    rows = tf.constant(X[FRESH][:300])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        P = model(rows)
        loss = -tf.reduce_sum(tf.math.log(tf.reduce_max(P, axis=1) + 1e-9))
    attacked = np.clip(rows + 0.15 * tf.sign(tape.gradient(loss, rows)), 0, 1)
    before = np.asarray(model(rows)).argmax(axis=1)
    misled = np.asarray(model(attacked)).argmax(axis=1) != before
    assert misled.mean() > 0.3
    scores = np.concatenate(
        [fitted.transform(rows), fitted.transform(attacked[misled])]
    )
    truth = np.repeat([0, 1], [300, misled.sum()])
    assert roc_auc_score(truth, scores[:, 0]) > 0.8
    threshold = ScoreThreshold(contamination=0.1).fit(fitted.transform(X[REFERENCE]))
    flagged = threshold.predict(scores) == -1
    assert flagged[truth == 1].mean() > 0.3 > flagged[truth == 0].mean()


def test_before_a_test_in_a_pipeline(fitted):
    detector = make_pipeline(
        FrozenEstimator(fitted), KSDriftTest(alternative="greater")
    )
    detector.fit(X[REFERENCE])
    assert detector.predict(1 - X[FRESH]).is_drift
    assert detector.predict(X[FRESH]).p_value > 1e-3


def test_same_seed_same_scores(model):
    one, other = (
        AutoencoderScorer(model, epochs=1, cross_fit=2, random_state=0)
        .fit(X[REFERENCE])
        .transform(X[FRESH])
        for _ in range(2)
    )
    assert (one == other).all()


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read_it_says_the_same(fitted, way):
    again = ROUND_TRIPS[way](fitted)
    assert (again.transform(X[FRESH]) == fitted.transform(X[FRESH])).all()
    assert (again.predict(X[FRESH]) == fitted.predict(X[FRESH])).all()


def test_groups_share_a_fold(model):
    groups = np.arange(600) // 6
    scorer = AutoencoderScorer(model, epochs=1, cross_fit=3, random_state=0)
    scorer.fit(X[REFERENCE], groups=groups)
    folds = scorer._known.correct(X[REFERENCE], np.zeros(600, dtype=int))
    assert all(len(set(folds[groups == group])) == 1 for group in range(100))


def test_what_is_refused(model):
    with pytest.raises(TypeError, match="Use DistillationScorer"):
        AutoencoderScorer(LogisticRegression()).fit(X[REFERENCE])
    with pytest.raises(ValueError, match=r"images of shape \(height, width"):
        AutoencoderScorer(model, architecture="conv").fit(X[REFERENCE])
    with pytest.raises(ValueError, match="encoding_dim"):
        AutoencoderScorer(model, encoding_dim=0).fit(X[REFERENCE])
    with pytest.raises(NotFittedError):
        AutoencoderScorer(KerasTeacher(model)).transform(X[REFERENCE])
