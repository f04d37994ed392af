"""Time the Kolmogorov-Smirnov test against a loop over ``scipy.stats.ks_2samp``.

Every figure is a ratio of medians measured in one run, "cold" with no remembered
p-values and "warm" with those of the run before. Loops over scipy are timed on part of
the work and scaled.

- many batches: 10,000 batches of 100 values against 1000, without and with ties;
- many features: one batch of 100 rows with 1000 columns against 1000 rows;
- one batch: 100 values against 1000, the least that `predict` can cost;
- statistic: `ks_statistics` against `numpy.sort` and `numpy.searchsorted` alone;
- stream: float32 values counted in chunks against 10,000 reference values, time per
  value beside ``ks_2samp`` on one chunk, and the peak of the memory.

Run it with ``python benchmarks/ks.py``; ``--values 100000000`` for the full stream.
"""

import argparse
import tracemalloc
from statistics import median
from time import perf_counter

import numpy as np
from scipy.stats import ks_2samp

from skdrift import KSDriftTest
from skdrift.stats._ks import ks_statistics
from skdrift.stats._memo import forget_all

REPETITIONS = 9
N, M = 1000, 100
CHUNK = 1_000_000


def seconds(work, repetitions=REPETITIONS):
    times = []
    for _ in range(repetitions):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def report(name, ours, theirs, what="scipy loop"):
    print(
        f"{name:<44} {ours * 1e3:10.2f} ms  {what} {theirs * 1e3:10.2f} ms"
        f"  ratio {theirs / ours:7.1f}"
    )


def cold_and_warm(name, predict, theirs, repetitions=REPETITIONS):
    def cold():
        forget_all()
        predict()

    report(f"{name}, cold", seconds(cold, repetitions), theirs)
    report(f"{name}, warm", seconds(predict, repetitions), theirs)


def many_batches(rng):
    n_batches = 10_000
    groups = np.repeat(np.arange(n_batches), M)
    reference, X = rng.normal(size=(N, 1)), rng.normal(size=(n_batches * M, 1))
    samples = {
        "continuous": (reference, X, 3),
        "rounded to .1": (reference.round(1), X.round(1), 1),
        "90% zeros": (
            np.where(reference < 1.28, 0, reference),
            np.where(X < 1.28, 0, X),
            1,
        ),
    }
    for kind, (reference, X, repetitions) in samples.items():
        test = KSDriftTest().fit(reference)
        batches = X.reshape(n_batches, M)
        loop = seconds(
            lambda reference=reference, batches=batches: [
                ks_2samp(reference[:, 0], batch, method="exact")
                for batch in batches[:200]
            ],
            5,
        )
        cold_and_warm(
            f"10,000 batches, {kind}",
            lambda test=test, X=X: test.predict(X, groups=groups),
            loop * n_batches / 200,
            3 * repetitions,
        )
        if kind == "continuous":
            report(
                "statistic of 10,000 batches",
                seconds(lambda b=batches, t=test: ks_statistics(t.reference_, b[None])),
                seconds(lambda b=batches, t=test: bare_search(t.reference_[0], b)),
                "numpy",
            )


def bare_search(reference, batches):
    return np.searchsorted(reference, np.sort(batches, axis=-1))


def many_features(rng):
    reference, X = rng.normal(size=(N, 1000)), rng.normal(size=(M, 1000))
    test = KSDriftTest().fit(reference)
    loop = seconds(
        lambda: [
            ks_2samp(reference[:, j], X[:, j], method="exact") for j in range(200)
        ],
        5,
    )
    cold_and_warm("1 batch of 1000 columns", lambda: test.predict(X), loop * 5)


def one_batch(rng):
    reference, X = rng.normal(size=(N, 1)), rng.normal(size=(M, 1))
    test = KSDriftTest().fit(reference)
    loop = seconds(lambda: ks_2samp(reference[:, 0], X[:, 0], method="exact"), 50)
    cold_and_warm("1 batch of 1 column", lambda: test.predict(X), loop, 50)


def stream(rng, n_values):
    test = KSDriftTest().fit(rng.normal(size=(10_000, 1)).astype(np.float32))

    def chunks():
        for _ in range(n_values // CHUNK):
            yield rng.standard_normal((CHUNK, 1), dtype=np.float32)

    chunk = next(chunks())
    theirs = seconds(lambda: ks_2samp(test.reference_[0], chunk[:, 0]), 3)
    report(
        "1,000,000 streamed values", seconds(lambda: test.count(chunk)), theirs, "scipy"
    )
    tracemalloc.start()
    counts = sum(test.count(chunk) for chunk in chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    result = test.predict_counts(counts)
    print(
        f"{n_values:,} values in chunks of {CHUNK:,}: peak memory {peak / 1e6:.0f} MB, "
        f"{peak / chunk.nbytes:.1f} chunks; p = {result.p_value:.3g} "
        f"({result.p_value_method[0]})"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=int, default=10_000_000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    many_batches(rng)
    many_features(rng)
    one_batch(rng)
    stream(rng, arguments.values)
