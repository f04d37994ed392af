"""What DistillationScorer costs beside the models that it asks.

Run it with ``python benchmarks/scoring.py``. It prints, for gradient boosting on a
simulated table of 16 columns, a fifth of them categories, and the default student
fitted on 5,000 and on 50,000 rows:

- the milliseconds that ``transform`` of 100,000 rows takes, as a DataFrame and, without
  categories, as an array, and those of the teacher alone, also with ``n_jobs=2``. The
  target is 800 ms. They are written to ``docs/_data/scoring.csv``;
- the same for 1, 100 and 1,000 rows with 5,000 reference rows, as milliseconds of
  processor time on one thread, which other work on the machine changes little. The
  target for 100 rows is the teacher and 5 ms. They are written to
  ``docs/_data/scoring_batches.csv``.

It prints, for a random forest with the default student, an MLPClassifier with a
logistic regression as student, both of five folds, and a Keras network with
``KerasStudent("mlp")``, all on scikit-learn's digits:

- the time of ``transform`` on 10,000 rows as a multiple of the bare forward passes over
  the same rows: the teacher once, and the student of each fold on the rows of its own.
  For Keras also as a multiple of ``model.predict(rows, batch_size=8192)`` of both
  networks. The target is at most 1.15;
- the milliseconds that ``transform`` of 100 rows takes beyond the teacher's own
  prediction of them. The target is below 5 ms.

Every figure is the median over pairs measured right after each other. ``--no-keras``
leaves the Keras networks out, ``--batch-size`` is the scorer's parameter, ``--only``
measures tables, small batches of tables or digits alone.
"""

import argparse
import os
import warnings
from functools import partial
from time import perf_counter, process_time

import numpy as np
import pandas as pd
from record import write_table
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skdrift import DistillationScorer, KerasStudent, KerasTeacher

N_ROWS, N_BATCH = 10_000, 100


def seconds(function, clock):
    start = clock()
    function()
    return clock() - start


def medians(first, second, repetitions, clock=perf_counter):
    """Medians over pairs: milliseconds of both, their difference and their ratio."""
    first(), second()
    pairs = np.array(
        [(seconds(first, clock), seconds(second, clock)) for _ in range(repetitions)]
    )
    a, b = pairs.T * 1e3
    return [np.median(values) for values in (a, b, a - b, a / b)]


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
    teacher, student = scorer.teachers_[0].model, scorer.students_[0]._network.model

    def ask():
        teacher.predict(rows, batch_size=8192, verbose=0)
        student.predict(rows, batch_size=8192, verbose=0)

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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    dense = keras.layers.Dense
    hidden = [dense(128, activation="relu"), dense(128, activation="relu")]
    output = dense(10, activation="softmax")
    network = keras.Sequential([keras.Input(X.shape[1:]), *hidden, output])
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(X, y, epochs=1, verbose=0)
    return network


def scorers(X, y, with_keras):
    forest = FrozenEstimator(RandomForestClassifier(random_state=0).fit(X, y))
    yield "forest", DistillationScorer(forest)
    network = FrozenEstimator(MLPClassifier(max_iter=300, random_state=0).fit(X, y))
    student = LogisticRegression(max_iter=1000)
    yield "MLPClassifier", DistillationScorer(network, student=student)
    if with_keras:
        teacher = KerasTeacher(keras_network(X, y))
        student = KerasStudent("mlp", epochs=1)
        yield "Keras", DistillationScorer(teacher, student=student, cross_fit=None)


def compare(name, scorer, rows, repetitions):
    others = {"bare passes": bare_passes(scorer, rows)}
    if name == "Keras":
        others["Model.predict"] = keras_predict(scorer, rows)
    for other, ask in others.items():
        a, b, _, ratio = medians(partial(scorer.transform, rows), ask, repetitions)
        print(
            f"{name:<14} {len(rows)} rows: transform {a:6.1f} ms, "
            f"{other} {b:6.1f} ms, ratio {ratio:.3f}"
        )
    batch = rows[:N_BATCH]
    ask = partial(scorer.teachers_[0].predict_proba, batch)
    a, _, more, _ = medians(partial(scorer.transform, batch), ask, repetitions)
    print(f"{name:<14} {N_BATCH} rows: transform {a:.2f} ms, teacher + {more:.2f} ms")


def frame(n_rows, seed, n_categories):
    """Rows of 16 columns, missing values among them, and their labels."""
    X, y = make_classification(
        n_rows, 16, n_informative=8, flip_y=0.05, random_state=0, shuffle=False
    )
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_rows)
    X, y = pd.DataFrame(X[order]).add_prefix("column "), y[order]
    X = X.mask(rng.random(X.shape) < 0.02)
    for name in X.columns[:n_categories]:
        X[name] = pd.cut(X[name], 6, labels=list("abcdef"))
    return X, y


def fitted(kind, n_categories, *references):
    """Yield a teacher, a scorer on so many reference rows, that number and new rows."""
    X, y = frame(170_000, 0, n_categories)
    if kind == "array":
        X = X.to_numpy()
    teacher = HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=0
    ).fit(X[:20_000], y[:20_000])
    for reference in references:
        scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0)
        yield teacher, scorer.fit(X[20_000 : 20_000 + reference]), reference, X[70_000:]


def line_of(kind, n_categories, rows, measured):
    a, b, more, _ = measured
    line = {
        "rows as": kind,
        "categories": n_categories,
        "rows": len(rows),
        "transform, ms": round(float(a), 1),
        "teacher, ms": round(float(b), 1),
        "beyond the teacher, ms": round(float(more), 1),
    }
    print(line, flush=True)
    return line


KINDS = (("DataFrame", 3), ("DataFrame", 0), ("array", 0))


def tables():
    """Milliseconds of transform beside the teacher's own, of many rows."""
    lines = []
    for kind, n_categories in KINDS:
        for teacher, scorer, reference, new in fitted(
            kind, n_categories, 5_000, 50_000
        ):
            rows = new[:100_000]
            for n_jobs in (None, 2):
                scorer.set_params(n_jobs=n_jobs)
                measured = medians(
                    partial(scorer.transform, rows),
                    partial(teacher.predict_proba, rows),
                    5,
                )
                line = line_of(kind, n_categories, rows, measured)
                line |= {"reference rows": reference, "n_jobs": n_jobs or 1}
                lines.append(line)
    order = ["rows as", "categories", "reference rows", "rows", "n_jobs"]
    table = pd.DataFrame(lines)
    table = table[[*order, *table.columns.difference(order, sort=False)]]
    write_table("scoring", table, digits=1)


def batches(repetitions):
    """Processor time of transform beside the teacher's own, of few rows."""
    lines = []
    for kind, n_categories in KINDS:
        ((teacher, scorer, _, new),) = fitted(kind, n_categories, 5_000)
        for n_rows in (1, 100, 1000):
            with threadpool_limits(limits=1):
                measured = medians(
                    partial(scorer.transform, new[:n_rows]),
                    partial(teacher.predict_proba, new[:n_rows]),
                    repetitions,
                    process_time,
                )
            lines.append(line_of(kind, n_categories, new[:n_rows], measured))
    write_table("scoring_batches", pd.DataFrame(lines), digits=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=31)
    parser.add_argument("--batch-size", type=int, default=10_000)
    parser.add_argument("--no-keras", action="store_true")
    parser.add_argument("--only", choices=["tables", "batches", "digits"])
    options = parser.parse_args()
    if options.only in (None, "tables"):
        tables()
    if options.only in (None, "batches"):
        batches(options.repetitions)
    if options.only not in (None, "digits"):
        return
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    X, y, X_student, rows = digits()
    for name, scorer in scorers(X, y, not options.no_keras):
        scorer.set_params(batch_size=options.batch_size, random_state=0).fit(X_student)
        compare(name, scorer, rows, options.repetitions)


if __name__ == "__main__":
    main()
