"""What DistillationScorer costs beside the models that it asks.

Run it with ``python benchmarks/scoring.py``. It prints, for a random forest with the
default student, an MLPClassifier with a logistic regression as student, both of five
folds, and a Keras network with ``KerasStudent("mlp")``, all on scikit-learn's digits:

- the time of ``transform`` on 10,000 rows as a multiple of the bare forward passes over
  the same rows: the teacher once, and the student of each fold on the rows of its own.
  For Keras also as a multiple of ``model.predict(rows, batch_size=8192)`` of both
  networks. The target is at most 1.15;
- the milliseconds that ``transform`` of 100 rows takes beyond the teacher's own
  prediction of them. The target is below 5 ms.

Every figure is the median over pairs measured right after each other, the one and the
other first by turns. ``--no-keras`` leaves the Keras networks out. ``--cpu`` counts CPU
time of all threads, for busy machines.
"""

import argparse
import os
import warnings
from functools import partial
from statistics import median
from time import perf_counter, process_time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from skdrift import DistillationScorer, KerasStudent, KerasTeacher

N_ROWS, N_BATCH = 10_000, 100
MOST_RATIO, MOST_MILLISECONDS = 1.15, 5.0


def seconds(function, clock):
    start = clock()
    function()
    return clock() - start


def timed_pairs(first, second, repetitions, clock):
    """Seconds of both functions, each pair right after each other."""
    first(), second()
    pairs = []
    for repetition in range(repetitions):
        if repetition % 2:
            after, before = seconds(second, clock), seconds(first, clock)
        else:
            before, after = seconds(first, clock), seconds(second, clock)
        pairs.append((before, after))
    return pairs


def bare_passes(scorer, rows):
    """Return a function that only asks the teacher and each fold's student."""
    teacher, students = scorer.teachers_[0], scorer.students_
    fold = scorer.teacher_student_proba(rows).fold
    parts = [rows[fold == k] for k in range(len(students))]

    def ask():
        teacher.predict_proba(rows)
        for student, part in zip(students, parts):
            student.predict_proba(part)

    return ask


def keras_predict(scorer, rows):
    """Return a function that asks Keras itself for what both networks predict."""
    networks = [scorer.teachers_[0].model, scorer.students_[0]._network.model]

    def ask():
        for network in networks:
            network.predict(rows, batch_size=8192, verbose=0)

    return ask


def digits():
    """Rows for the teacher and their labels, for the student, and 10,000 to score."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    X, y = X[order] / 16, y[order]
    many = np.resize(X, (N_ROWS, X.shape[1]))
    return X[:900], y[:900], X[900:], many + rng.normal(scale=0.01, size=many.shape)


def keras_network(X, y):
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input(X.shape[1:]),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(X, y, epochs=1, verbose=0)
    return network


def scorers(X, y, with_keras):
    forest = RandomForestClassifier(random_state=0).fit(X, y)
    network = MLPClassifier(max_iter=300, random_state=0).fit(X, y)
    yield "forest", DistillationScorer(FrozenEstimator(forest), random_state=0)
    yield (
        "MLPClassifier",
        DistillationScorer(
            FrozenEstimator(network),
            student=LogisticRegression(max_iter=1000),
            random_state=0,
        ),
    )
    if with_keras:
        student = KerasStudent("mlp", epochs=1, random_state=0)
        teacher = KerasTeacher(keras_network(X, y))
        yield "Keras", DistillationScorer(teacher, student=student, cross_fit=None)


def compare(name, scorer, rows, repetitions, clock):
    transform = partial(scorer.transform, rows)
    others = {"bare passes": bare_passes(scorer, rows)}
    if isinstance(scorer.teachers_[0], KerasTeacher):
        others["Model.predict"] = keras_predict(scorer, rows)
    for other, ask in others.items():
        pairs = timed_pairs(transform, ask, repetitions, clock)
        print(
            f"{name:<14} {len(rows)} rows: transform "
            f"{median(a for a, _ in pairs) * 1e3:8.1f} ms, {other} "
            f"{median(b for _, b in pairs) * 1e3:8.1f} ms, ratio "
            f"{median(a / b for a, b in pairs):.3f} (at most {MOST_RATIO})"
        )
    batch = rows[:N_BATCH]
    pairs = timed_pairs(
        partial(scorer.transform, batch),
        partial(scorer.teachers_[0].predict_proba, batch),
        repetitions,
        clock,
    )
    print(
        f"{name:<14} {N_BATCH} rows: transform {median(a for a, _ in pairs) * 1e3:.2f} "
        f"ms, of that beyond the teacher {median(a - b for a, b in pairs) * 1e3:.2f} "
        f"ms (below {MOST_MILLISECONDS:g})",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=31)
    parser.add_argument("--no-keras", action="store_true")
    parser.add_argument("--cpu", action="store_true", help="count CPU time")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    clock = process_time if options.cpu else perf_counter

    X, y, X_student, rows = digits()
    for name, scorer in scorers(X, y, not options.no_keras):
        compare(name, scorer.fit(X_student), rows, options.repetitions, clock)


if __name__ == "__main__":
    main()
