"""Compare KerasStudent with plain Keras: seconds per epoch and per prediction.

Every ratio is the median over repetitions in which both sides run right after each
other. Run it with ``python benchmarks/keras_student.py``.
"""

import argparse
import os
from functools import partial
from statistics import median
from time import perf_counter, process_time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from skdrift import KerasStudent


def seconds(function, clock=perf_counter):
    start = clock()
    function()
    return clock() - start


def plain_fit(student, X, P, epochs):
    """Train the student's own network with nothing but Keras."""
    model = student._build(X, P.shape[1])
    model.compile(keras.optimizers.Adam(student.learning_rate), "kl_divergence")
    model.fit(X, P, epochs=epochs, batch_size=student.batch_size, verbose=0)


def epoch_seconds(fit, few, many, clock):
    """Seconds of one epoch, without what a fit costs once."""
    longer, shorter = (seconds(partial(fit, n), clock) for n in (many, few))
    return (longer - shorter) / (many - few)


def compare_training(name, student, X, P, epochs, repetitions, clock):
    def ours(n):
        student.set_params(epochs=n).fit(X, P)

    def plain(n):
        plain_fit(student, X, P, n)

    ours(1), plain(1)
    pairs = [
        tuple(epoch_seconds(fit, 1, epochs, clock) for fit in (ours, plain))
        for _ in range(repetitions)
    ]
    total = [
        tuple(seconds(partial(fit, epochs), clock) for fit in (ours, plain))
        for _ in range(repetitions)
    ]
    print(
        f"{name:<22} epoch {median(a for a, _ in pairs) * 1e3:8.1f} ms, "
        f"plain {median(b for _, b in pairs) * 1e3:8.1f} ms, "
        f"ratio {median(a / b for a, b in pairs):.2f}; "
        f"fit of {epochs} epochs: ratio {median(a / b for a, b in total):.2f}"
    )


def compare_prediction(name, student, X, repetitions):
    model = student._network.model
    alternatives = {
        "skdrift": lambda rows: student.predict_proba(rows),
        "predict_on_batch": lambda rows: model.predict_on_batch(rows),
        "predict": lambda rows: model.predict(rows, verbose=0),
    }
    for n_rows in (100, len(X)):
        rows = X[:n_rows]
        times = {}
        for label, predict in alternatives.items():
            predict(rows)
            times[label] = median(
                seconds(partial(predict, rows)) for _ in range(repetitions)
            )
        row = ", ".join(f"{label} {t * 1e3:.2f} ms" for label, t in times.items())
        print(f"{name:<22} {n_rows:>6} rows: {row}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--cpu", action="store_true", help="train against CPU time, for busy machines"
    )
    arguments = parser.parse_args()
    repetitions = arguments.repetitions
    clock = process_time if arguments.cpu else perf_counter
    rng = np.random.default_rng(0)

    table = rng.normal(size=(10_000, 20)).astype(np.float32)
    images = rng.uniform(size=(320, 32, 32, 3)).astype(np.float32)
    small_images = rng.uniform(size=(2_000, 8, 8, 1)).astype(np.float32)
    settings = [
        ("mlp, 20 columns", KerasStudent("mlp"), table, 4),
        ("conv 32x32x3", KerasStudent("conv"), images, 2),
        ("conv 8x8, 32-16-8",
         KerasStudent("conv", hidden_layer_sizes=(32, 16, 8)), small_images, 4),
    ]  # fmt: skip
    for name, student, X, epochs in settings:
        P = rng.dirichlet(np.ones(10), size=len(X)).astype(np.float32)
        student.set_params(random_state=0)
        compare_training(name, student, X, P, epochs, repetitions, clock)
        compare_prediction(name, student, X, repetitions)


if __name__ == "__main__":
    main()
