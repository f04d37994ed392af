"""Tests of the CIFAR-10-C study in examples/cifar10c."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdrift.datasets import corrupt_images

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples" / "cifar10c"
DATA = os.environ.get("SKDRIFT_CIFAR10_DATA")


def load(name):
    """Import a module of the example, which is no package."""
    spec = importlib.util.spec_from_file_location(
        f"cifar10c_{name}", FOLDER / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CountingClassifier(LogisticRegression):
    def predict_proba(self, X):
        self.n_asked = getattr(self, "n_asked", 0) + len(X)
        return super().predict_proba(X)


def test_remembering_classifier_asks_about_each_row_once(tmp_path):
    Remembering = load("remember").RememberingClassifier
    X, y = make_classification(300, random_state=0)
    inner = CountingClassifier().fit(X, y)
    expected = LogisticRegression().fit(X, y).predict_proba(X)
    remembering = Remembering(inner, tmp_path / "memory.npz")
    assert_allclose(remembering.predict_proba(X[:200]), expected[:200])
    # Rows that were met before, in any order, are not asked about again.
    assert_allclose(remembering.predict_proba(X[250:100:-1]), expected[250:100:-1])
    assert inner.n_asked == 251
    assert_array_equal(remembering.predict(X), inner.classes_[expected.argmax(axis=1)])
    # Nor are they after a restart.
    inner.n_asked = 0
    again = FrozenEstimator(Remembering(inner, tmp_path / "memory.npz"))
    assert_allclose(again.predict_proba(np.repeat(X, 2, axis=0)), expected.repeat(2, 0))
    assert inner.n_asked == 0
    assert os.listdir(tmp_path) == ["memory.npz"]


@pytest.mark.keras
def test_resnet32_is_the_published_network():
    model = load("resnet32").build_resnet32()
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    # 0.46 million in the paper, whose shortcuts have no weights; ours have
    # 16 * 32 + 32 * 64 of them, and two for the normalisation of each channel.
    assert trainable == 464_154 + 16 * 32 + 32 * 64 + 2 * (32 + 64)
    convolutions = [
        layer
        for layer in model.layers
        if type(layer).__name__ == "Conv2D" and layer.kernel_size == (3, 3)
    ]
    assert len(convolutions) == 31
    P = np.asarray(model(np.random.default_rng(0).random((2, 32, 32, 3))))
    assert_allclose(P.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.keras
def test_training_learns():
    rng = np.random.default_rng(0)
    y = np.arange(128) % 2
    X = rng.random((128, 32, 32, 3), dtype=np.float32) * 0.5
    X[y == 1, :16] += 0.5
    model = load("resnet32").train_resnet32(X, y, epochs=5, n_blocks=1)
    P = np.asarray(model(X[:64], training=True))
    assert np.mean(P.argmax(axis=1) == y[:64]) > 0.9


@pytest.mark.keras
@pytest.mark.skipif(DATA is None, reason="SKDRIFT_CIFAR10_DATA is not set")
def test_study_runs_and_resumes(tmp_path):
    output = tmp_path / "results"
    command = [
        sys.executable,
        str(FOLDER / "run.py"),
        "--smoke",
        "--data",
        DATA,
        "--teacher",
        str(Path(DATA) / "resnet32_cifar10.keras"),
        "--output",
        str(output),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run():
        process = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr[-3000:]
        return process.stdout

    first = run()
    assert first.count("Distilling") == 2
    accuracy = pd.read_csv(output / "accuracy.csv", index_col=0)
    assert accuracy.loc["clean", "severity 5"] > 0.88
    assert accuracy.loc["pixelate", "severity 5"] < 0.6
    assert_allclose(accuracy["notebook, severity 5"], [0.9278, 0.3666])
    detectors = pd.read_csv(output / "detectors.csv")
    assert len(detectors) == 1 + 5 * 4 + 2 * 4 + 1
    assert detectors["auroc"].between(0, 1).all()
    results = pd.read_csv(output / "results.csv")
    assert len(results) == 29 * 1 * 2 * 14 * 10
    for prefix in ("notebook", "best"):
        for name in ("scores", "p-values", "detection"):
            assert (output / f"{prefix}-{name}.png").stat().st_size > 10_000
    assert "<html" in (output / "report.html").read_text()

    # The second run trains nothing and comes to the same results.
    contents = {path.name: path.read_bytes() for path in output.glob("*.csv")}
    second = run()
    assert "Distilling" not in second
    for name, content in contents.items():
        assert (output / name).read_bytes() == content, name


def test_damaged_images_have_the_kinds_asked_for():
    images = np.random.default_rng(0).uniform(0.2, 0.8, (40, 8, 8, 3))
    rows = images.astype(np.float32)
    changed = load("copies").damaged(
        rows, np.random.RandomState(0), ("brightness",), severities=(5,)
    )
    shift = corrupt_images(rows, "brightness", 5)
    mirrored = np.isclose(changed, shift[:, :, ::-1]).all(axis=(1, 2, 3))
    plain = np.isclose(changed, shift).all(axis=(1, 2, 3))
    assert (mirrored ^ plain).all()
    assert 5 < mirrored.sum() < 35
    assert_array_equal(rows, images.astype(np.float32))


@pytest.mark.keras
# Keras stores weights in a way that NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_hardened_student_starts_as_the_stored_classifier(tmp_path):
    import keras

    copies = load("copies")
    keras.utils.set_random_seed(0)
    teacher = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    path = str(tmp_path / "teacher.keras")
    teacher.save(path)
    X = np.random.default_rng(0).random((64, 8, 8, 3), dtype=np.float32)
    P = teacher.predict(X, verbose=0)
    student = copies.hardened_student(path, seed=0)
    # Rates too small to move a weight leave the classifier's own answers.
    student.set_params(learning_rate=1e-12).fit(X, P)
    assert_allclose(student.predict_proba(X), P, atol=1e-6)
    # The stored classifier is left as it is when the student learns something else.
    student.set_params(learning_rate=0.01, epochs=20).fit(X, P[:, ::-1])
    assert np.abs(student.predict_proba(X) - P).max() > 0.01
    again = keras.saving.load_model(path, compile=False)
    assert_allclose(again.predict(X, verbose=0), P, atol=1e-6)
