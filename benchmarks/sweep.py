"""Time a contamination sweep against the loop that scores every batch again.

The study is that of alibi-detect's CIFAR-10 notebook: 5 severities, harmful and
harmless rows, 10 fractions, 100 batches of 100 rows each, 1000 reference rows, that is
10,000 tests. Three figures are printed:

- the time of the 10,000 tests once all rows are scored;
- the time of the whole sweep as a multiple of merely scoring its rows;
- the time of the loop, which runs teacher and student on every batch (20 batches are
  measured, and the median is scaled to 10,000), as a multiple of the tests.

Run it with ``python benchmarks/sweep.py``: handwritten digits, a random forest and a
logistic student. ``--data FOLDER`` adds CIFAR-10 images, a ResNet-32 and a
convolutional student; the folder holds cifar10_subset.npz, cifar10c/ and
resnet32_cifar10.keras.
"""

import argparse
import os
import warnings
from pathlib import Path
from statistics import median
from time import perf_counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdrift import ContaminationSweep, DistillationScorer, KSDriftTest
from skdrift.datasets import corrupt_images

SEVERITIES = (1, 2, 3, 4, 5)
FRACTIONS = tuple(np.arange(1, 11) / 10)
REPETITIONS = 5
N_TESTS = len(SEVERITIES) * 2 * len(FRACTIONS) * 100


class ScoredClassifier(ClassifierMixin, BaseEstimator):
    """Reads a decision that was made before."""

    classes_ = np.arange(10)

    def predict(self, X):  # noqa: D102
        return X[:, 1].astype(int)


class ReadScore(TransformerMixin, BaseEstimator):
    """Reads a score that was computed before."""

    def fit(self, X, y=None):  # noqa: D102
        self.estimator_ = ScoredClassifier()
        return self

    def transform(self, X):  # noqa: D102
        return X[:, :1]


def seconds(function):
    start = perf_counter()
    function()
    return perf_counter() - start


def make_sweep(detector):
    return ContaminationSweep(detector, fractions=FRACTIONS, random_state=0)


def measure(name, scorer, X_reference, X, y, X_shifted):
    """Print the three figures for a fitted scorer."""
    test = KSDriftTest(alternative="greater")
    detector = make_pipeline(FrozenEstimator(scorer), test)

    def score(rows):
        answers = scorer.teacher_student_proba(rows)
        scores = scorer.score_proba(*answers)
        return np.column_stack([scores, scorer.classes_[answers.decision]])

    scored = {severity: score(rows) for severity, rows in X_shifted.items()}
    reference, clean = score(X_reference), score(X)
    reading = make_sweep(make_pipeline(ReadScore(), clone(test)))
    # The test remembers p-values, so only the first time in a process costs all.
    first, *again = (
        seconds(
            lambda: reading.fit(clean, y, scored, X_reference=reference, twins=True)
        )
        for _ in range(1 + REPETITIONS)
    )
    tests = median(again)
    assert len(reading.results_) == N_TESTS

    sweep = make_sweep(detector)
    whole = seconds(lambda: sweep.fit(X, y, X_shifted, X_reference=X_reference))
    twins = np.arange(sweep.n_twins_)
    n = len(X)
    of_twins = {
        severity: np.concatenate(
            [rows[j : j + n][twins] for j in range(0, len(rows), n)]
        )
        for severity, rows in X_shifted.items()
    }
    scoring = seconds(lambda: [score(rows) for rows in (X_reference, X)])
    scoring += seconds(lambda: [score(rows) for rows in of_twins.values()])

    n_scored = len(X_reference) + n + sum(map(len, of_twins.values()))

    detector.fit(X_reference)
    rng = np.random.default_rng(0)
    batches = [X[rng.choice(n, 100, replace=False)] for _ in range(20)]
    detector.predict(batches[0])
    loop = median(seconds(lambda b=b: detector.predict(b)) for b in batches) * N_TESTS
    print(
        f"{name}: {n_scored} rows scored in {scoring:.1f} s, whole sweep in "
        f"{whole:.1f} s = {whole / scoring:.2f} x"
    )
    print(
        f"{name}: {N_TESTS} tests of scored rows in {first:.2f} s, {tests:.2f} s when "
        "run again"
    )
    print(
        f"{name}: loop that scores every batch again {loop:.0f} s (scaled from 20 "
        f"batches) = {loop / first:.0f} x the tests, {loop / whole:.0f} x the sweep"
    )


def digits():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    teacher = RandomForestClassifier(random_state=0).fit(X[:300], y[:300])
    reference, X, y = X[300:1300], X[1300:], y[1300:]
    scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0)
    images = X.reshape(-1, 8, 8)
    kinds = ("gaussian_noise", "pixelate", "contrast", "brightness")
    shifted = {
        severity: np.concatenate(
            [corrupt_images(images, kind, severity, random_state=0) for kind in kinds]
        ).reshape(-1, 64)
        for severity in SEVERITIES
    }
    measure("digits", scorer.fit(reference), reference, X, y, shifted)


def cifar10(folder):
    import keras

    from skdrift import KerasStudent

    data = np.load(folder / "cifar10_subset.npz")
    X, y = data["x_test"], data["y_test"].ravel()
    X = X.astype(np.float32) / 255
    teacher = keras.models.load_model(folder / "resnet32_cifar10.keras")
    files = sorted((folder / "cifar10c").glob("[!l]*.npy"))
    n, block = 400, 1000
    shifted = {}
    for severity in SEVERITIES:
        start = (severity - 1) * block
        rows = [np.load(file, mmap_mode="r")[start : start + n] for file in files]
        shifted[severity] = np.concatenate(rows).astype(np.float32) / 255
    # How well the student learnt is no matter here, only what it costs to ask it.
    student = KerasStudent("conv", epochs=1, random_state=0)
    scorer = DistillationScorer(
        teacher, student=student, cross_fit=None, random_state=0
    ).fit(X[-block:])
    measure("CIFAR-10", scorer, X[block : 2 * block], X[:n], y[:n], shifted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.getenv("SKDRIFT_CIFAR10_DATA"))
    data_folder = parser.parse_args().data
    warnings.filterwarnings("ignore", message="(Some batches|Too few)")
    digits()
    if data_folder is not None:
        cifar10(Path(data_folder))
