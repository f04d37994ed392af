import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from tests.round_trips import ROUND_TRIPS

pytestmark = pytest.mark.keras

tf = pytest.importorskip("tensorflow")
pytest.importorskip("scikeras")
keras = pytest.importorskip("keras")

from tensorflow.python.framework.config import (  # noqa: E402
    disable_op_determinism,
    is_op_determinism_enabled,
)

from skdrift import KerasStudent  # noqa: E402

N_CLASSES = 3


def tiny_dense(input_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def forgets_the_softmax(input_shape, n_classes):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(n_classes)])


def no_model(input_shape, n_classes):
    return None


def one_class_too_many(input_shape, n_classes):
    return tiny_dense(input_shape, n_classes + 1)


@pytest.fixture(scope="module")
def soft_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)).astype(np.float32)
    return X, softmax(X @ rng.normal(size=(6, N_CLASSES)), axis=1)


@pytest.fixture(scope="module")
def student(soft_data):
    return KerasStudent(epochs=3, random_state=0).fit(*soft_data)


def images_of(X):
    return np.tile(X[:, :, np.newaxis, np.newaxis], (1, 1, 6, 1))


ARCHITECTURES = {
    "mlp": (KerasStudent(hidden_layer_sizes=(8,)), lambda X: X),
    "mlp on images": (KerasStudent(hidden_layer_sizes=(8,)), images_of),
    "conv": (KerasStudent("conv", hidden_layer_sizes=(8, 4, 4)), images_of),
    "conv on series": (
        KerasStudent("conv", hidden_layer_sizes=(8, 4)),
        lambda X: images_of(X)[:, :, :, 0],
    ),
    "callable": (KerasStudent(tiny_dense), lambda X: X),
    "early stopping": (
        KerasStudent(hidden_layer_sizes=(8,), early_stopping=True),
        lambda X: X,
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_same_seed_same_bits(soft_data, name):
    estimator, reshape = ARCHITECTURES[name]
    X, P = soft_data
    X = reshape(X)
    runs = [
        clone(estimator).set_params(epochs=2, random_state=seed).fit(X, P)
        for seed in (1, 1, 2, None)
    ]
    first, again, other, unseeded = (run.predict_proba(X) for run in runs)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, unseeded)
    assert first.shape == (200, N_CLASSES)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-6)


def test_a_random_state_instance_moves_on(soft_data):
    X, P = soft_data
    generator = np.random.RandomState(0)
    student = KerasStudent(epochs=1, random_state=generator)
    first = student.fit(X, P).predict_proba(X)
    second = student.fit(X, P).predict_proba(X)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("random_state", [0, None])
@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_global_random_state_is_left_alone(
    soft_data, random_state, deterministic, fails
):
    X, P = soft_data

    def draws():
        return (
            random.random(),
            np.random.random(),
            tf.random.uniform([2]).numpy().tolist(),
            tf.random.uniform([2], seed=5).numpy().tolist(),
            keras.random.uniform([2]).numpy().tolist(),
        )

    def start():
        keras.utils.set_random_seed(7)
        draws()

    if deterministic:
        tf.config.experimental.enable_op_determinism()
    try:
        start()
        expected = draws()
        start()
        if fails:
            broken = KerasStudent(forgets_the_softmax, random_state=random_state)
            with pytest.raises(ValueError, match="ends in a softmax"):
                broken.fit(X, P)
        else:
            KerasStudent(epochs=1, random_state=random_state).fit(X, P)
        assert draws() == expected
        assert is_op_determinism_enabled() == deterministic
        assert "TF_DETERMINISTIC_OPS" not in os.environ
    finally:
        disable_op_determinism()


def test_unseeded_training_still_works_after_a_seeded_fit(student, soft_data):
    X, P = soft_data
    model = tiny_dense(X.shape[1:], N_CLASSES)
    model.compile("adam", "kl_divergence")
    model.fit(X, P, epochs=1, verbose=0)


def test_learns_the_distribution_not_only_the_class(soft_data):
    X, P = soft_data
    student = KerasStudent(epochs=150, learning_rate=0.01, random_state=0).fit(X, P)
    assert np.abs(student.predict_proba(X) - P).mean() < 0.02
    Q = student.predict_proba(X)
    kl = np.mean(np.sum(P * np.log(P / Q), axis=1))
    assert student.history_["loss"][-1] == pytest.approx(kl, abs=2e-3)
    assert student.history_["loss"][-1] < student.history_["loss"][0] / 20


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_learns_digits(architecture):
    X, y = load_digits(return_X_y=True)
    X, X_new, y, _ = train_test_split(X / 16, y, test_size=0.4, random_state=0)
    teacher = MLPClassifier((100,), alpha=1.0, max_iter=500, random_state=0).fit(X, y)
    student = KerasStudent(architecture, random_state=0)
    decisions = teacher.predict(X_new)
    P = teacher.predict_proba(X)
    if architecture == "conv":
        student.set_params(hidden_layer_sizes=(32, 32, 16), epochs=20)
        X, X_new = (rows.reshape(-1, 8, 8, 1) for rows in (X, X_new))
    assert (student.fit(X, P).predict(X_new) == decisions).mean() >= 0.95


def test_early_stopping_keeps_the_best_epoch(soft_data):
    X, P = soft_data
    student = KerasStudent(
        epochs=300, learning_rate=0.05, early_stopping=True, random_state=0
    ).fit(X, P)
    losses = student.history_["val_loss"]
    assert len(losses) < 300
    assert len(losses) - 1 - np.argmin(losses) == 5


def test_class_labels(soft_data):
    X, P = soft_data
    names = np.array(["ant", "bee", "cat"])[P.argmax(axis=1)]
    student = KerasStudent(epochs=40, learning_rate=0.01, random_state=0).fit(X, names)
    assert list(student.classes_) == ["ant", "bee", "cat"]
    assert student.score(X, names) > 0.9
    with pytest.raises(ValueError, match="1 class"):
        KerasStudent().fit(X, np.zeros(len(X)))


def test_scale_of_the_columns_does_not_matter(soft_data):
    X, P = soft_data
    scale = np.array([1e-12, 1e-3, 1, 1e3, 1e9, 1.0])
    shift = np.array([0, 1, -1, 1e4, 0, 0])
    moved = X.astype(np.float64) * scale + shift
    constant = np.full((len(X), 2), [0.1, 1e6])
    fits = [
        KerasStudent(epochs=15, random_state=0).fit(rows, P).history_["loss"][-1]
        for rows in (X, moved, np.hstack([moved, constant]))
    ]
    assert fits[1] == pytest.approx(fits[0], rel=0.01)
    assert fits[2] < fits[0] * 1.5


@pytest.mark.parametrize("n_rows", [1, 2, 7, 100])
def test_mlp_rows_do_not_see_each_other(student, soft_data, n_rows):
    X, _ = soft_data
    whole = student.predict_proba(X)
    parts = [
        student.predict_proba(X[start : start + n_rows])
        for start in range(0, len(X), n_rows)
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-13)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(
        student.predict_proba(X[order]), whole[order], rtol=1e-13
    )


def test_large_inputs_are_run_in_chunks(student, soft_data):
    X, _ = soft_data
    many = np.tile(X, (100, 1))
    np.testing.assert_allclose(
        student.predict_proba(many),
        np.tile(student.predict_proba(X), (100, 1)),
        rtol=1e-13,
    )


def test_one_trace_for_every_size_of_batch(student, soft_data):
    X, _ = soft_data
    for n_rows in (1, 3, 50, 200):
        student.predict_proba(X[:n_rows])
    assert len(student._network._traces) == 1


def test_fit_and_predict_are_silent(soft_data, capfd):
    X, P = soft_data
    KerasStudent(epochs=1).fit(X, P).predict(X)
    captured = capfd.readouterr()
    assert captured.out == ""
    KerasStudent(epochs=1, verbose=2).fit(X, P)
    assert "loss" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("change_X", "change_P", "message"),
    [
        (lambda X: np.where(np.eye(200, 6), np.nan, X), None, "NaN"),
        (lambda X: np.where(np.eye(200, 6), np.inf, X), None, "infinity"),
        (
            lambda X: np.where(np.eye(200, 6), 1e300, X.astype(float)),
            None,
            "infinity|too large",
        ),
        (None, lambda P: P * 2, "sum to 1"),
        (None, lambda P: P[1:], "200 rows and y has 199"),
        (None, lambda P: np.where(np.eye(200, 3), np.nan, P), "NaN"),
    ],
)
def test_bad_data(soft_data, change_X, change_P, message):
    X, P = soft_data
    X = change_X(X) if change_X else X
    P = change_P(P) if change_P else P
    student = KerasStudent()
    with pytest.raises(ValueError, match=message):
        student.fit(X, P)
    assert not [name for name in vars(student) if name.endswith("_")]


def test_bad_architectures(soft_data):
    X, P = soft_data
    with pytest.raises(ValueError, match=r"takes rows of shape \(height"):
        KerasStudent("conv").fit(X, P)
    with pytest.raises(ValueError, match=r"\(n_samples, 3\), but 2 rows gave"):
        KerasStudent(one_class_too_many).fit(X, P)
    with pytest.raises(TypeError, match=r"must return a keras\.Model"):
        KerasStudent(no_model).fit(X, P)
    for sizes in [(), (0,), (8.5,)]:
        with pytest.raises(ValueError, match="hidden_layer_sizes"):
            KerasStudent(hidden_layer_sizes=sizes).fit(X, P)
    with pytest.raises(ValueError, match="diverged"):
        KerasStudent(learning_rate=1e30, epochs=3, random_state=0).fit(X, P)


def test_new_rows_of_another_shape(student, soft_data):
    X, P = soft_data
    with pytest.raises(ValueError, match="5 features"):
        student.predict_proba(X[:, :5])
    on_images = KerasStudent(epochs=1).fit(images_of(X), P)
    with pytest.raises(ValueError, match=r"rows of shape \(6, 5, 1\)"):
        on_images.predict(images_of(X)[:, :, :5])
    with pytest.raises(NotFittedError):
        KerasStudent().predict(X)


def test_a_failed_fit_leaves_the_fitted_student_as_it_was(soft_data):
    X, P = soft_data
    student = KerasStudent(epochs=1, random_state=0).fit(X, P)
    before = student.predict_proba(X)
    with pytest.raises(ValueError, match="sum to 1"):
        student.fit(X[:, :3], P * 2)
    np.testing.assert_array_equal(student.predict_proba(X), before)


@pytest.mark.parametrize("way", ROUND_TRIPS)
@pytest.mark.parametrize("name", ["mlp", "conv"])
def test_student_round_trip(soft_data, way, name):
    estimator, reshape = ARCHITECTURES[name]
    X, P = soft_data
    X = reshape(X)
    student = clone(estimator).set_params(epochs=1, random_state=0).fit(X, P)
    state = random.getstate()
    restored = ROUND_TRIPS[way](ROUND_TRIPS[way](student))
    assert restored._network.model is not student._network.model
    np.testing.assert_array_equal(restored.predict_proba(X), student.predict_proba(X))
    assert restored.history_ == student.history_
    assert random.getstate() == state


def test_a_student_of_the_callers_own_architecture_pickles(soft_data):
    X, P = soft_data
    student = KerasStudent(tiny_dense, epochs=1).fit(X, P)
    restored = pickle.loads(pickle.dumps(student))
    np.testing.assert_array_equal(restored.predict_proba(X), student.predict_proba(X))


def test_stored_student_is_read_in_another_process_when_needed(student, soft_data):
    X, _ = soft_data
    expected = student.predict_proba(X[:5])
    program = (
        "import pickle, sys\n"
        "student, X = pickle.load(sys.stdin.buffer)\n"
        "assert 'tensorflow' not in sys.modules\n"
        "sys.stdout.buffer.write(pickle.dumps(student.predict_proba(X)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((student, X[:5])),
        capture_output=True,
        check=True,
    )
    np.testing.assert_array_equal(pickle.loads(result.stdout), expected)


def test_importing_the_module_does_not_import_tensorflow():
    program = (
        "import sys, skdrift.models._keras_student\n"
        "heavy = {'tensorflow', 'keras', 'scikeras'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("missing", ["tensorflow", "scikeras"])
def test_missing_packages_are_named(soft_data, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r'pip install "skdrift\[keras\]"'):
        KerasStudent().fit(*soft_data)


def test_series_with_channels_first():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    time = np.arange(40)
    X = np.sin(time * (0.3 + 0.3 * y[:, None]))[:, None] + 0.1 * rng.normal(
        size=(200, 2, 40)
    )
    student = KerasStudent(
        "conv1d", hidden_layer_sizes=(8, 8), epochs=15, random_state=0
    ).fit(X, np.eye(2)[y])
    assert np.mean(student.predict(X) == y) > 0.9
    swapped = KerasStudent(
        "conv", hidden_layer_sizes=(8, 8), epochs=15, random_state=0
    ).fit(X.transpose(0, 2, 1), np.eye(2)[y])
    expected = swapped.predict_proba(X.transpose(0, 2, 1))
    assert student.predict_proba(X) == pytest.approx(expected, abs=1e-4)
    with pytest.raises(ValueError, match=r"series of shape \(channels, steps\)"):
        KerasStudent("conv1d").fit(X[..., None], np.eye(2)[y])
