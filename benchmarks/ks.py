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

Two tables have nothing to do with time: false alarms with ties, honoured and ignored,
and the error of the asymptotic p-value.

Run it with ``python benchmarks/ks.py``; ``--values 100000000`` for the full stream,
``--only ties|error|speed`` for one part.
"""

import argparse
import tracemalloc
from math import gcd
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from record import write_table
from scipy.stats import ks_2samp

from skdrift import KSDriftTest
from skdrift.stats._ks import P_VALUES, KSNull, ks_statistics

REPETITIONS = 9
N, M = 1000, 100
CHUNK = 1_000_000


KINDS = {
    "continuous": lambda x: x,
    "rounded to one decimal": lambda x: x.round(1),
    "90% zeros": lambda x: np.where(x < 1.28, 0, x),
}


def ties(kind, n_batches, seed=0):
    """Share of undrifted batches flagged, each against a reference of its own."""
    rng = np.random.default_rng(seed)
    make = KINDS[kind]
    honoured, statistics = [], []
    for _ in range(n_batches):
        test = KSDriftTest().fit(make(rng.normal(size=(N, 1))))
        result = test.predict(make(rng.normal(size=(M, 1))))
        honoured.append(result.p_value)
        statistics.append(result.statistic)
    # As if no two values were equal.
    H = np.rint(np.ravel(statistics) * N * M).astype(np.int64)
    ignored, _ = KSNull.of(N, M).p_values(H, "exact")
    row = {"values": kind}
    for alpha in (0.05, 0.01):
        row[f"alpha = {alpha}"] = np.mean(np.ravel(honoured) <= alpha)
        row[f"{alpha}, ties ignored"] = np.mean(ignored <= alpha)
    return row


def error(n, m, alternative):
    """Relative error of the asymptotic p-value at p = 0.2 and at p = 0.001."""
    null = KSNull.of(n, m, alternative)
    step = gcd(n, m)
    z = np.linspace(0.6, 2.2, 161)
    H = np.unique(np.rint(z * n * m / np.sqrt(n * m / (n + m)) / step)) * step
    H = H.astype(np.int64)
    rough, _ = null.p_values(H, "asymptotic")
    row = {"n": n, "m": m, "alternative": alternative}
    for p in (0.2, 0.01, 0.001):
        nearest = np.argmin(np.abs(np.log(rough / p)))
        exact, _ = null.p_values(H[[nearest]], "exact")
        row[f"% at p = {p}"] = 100 * (rough[nearest] / exact[0] - 1)
    return row


def errors():
    sizes = ((100_000, 100), (10_000, 100), (10_000, 1000), (1000, 100), (1000, 1000))
    return pd.DataFrame(
        error(n, m, alternative)
        for n, m in sizes
        for alternative in ("two-sided", "greater")
    )


ratios = []


def seconds(work, repetitions=REPETITIONS):
    times = []
    for _ in range(repetitions):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def report(name, ours, theirs, what="scipy loop"):
    ratios.append((name, theirs / ours))
    print(
        f"{name:<44} {ours * 1e3:10.2f} ms  {what} {theirs * 1e3:10.2f} ms"
        f"  ratio {theirs / ours:7.1f}"
    )


def cold_and_warm(name, predict, theirs, repetitions=REPETITIONS):
    def cold():
        P_VALUES.forget()
        predict()

    report(f"{name}, cold", seconds(cold, repetitions), theirs)
    report(f"{name}, warm", seconds(predict, repetitions), theirs)


def many_batches(rng):
    n_batches = 10_000
    groups = np.repeat(np.arange(n_batches), M)
    reference, X = rng.normal(size=(N, 1)), rng.normal(size=(n_batches * M, 1))
    continuous = reference, X
    for kind, make in KINDS.items():
        reference, X = map(make, continuous)
        repetitions = 3 if kind == "continuous" else 1
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
    parser.add_argument("--batches", type=int, default=4000, help="for the ties")
    parser.add_argument("--only", choices=("ties", "error", "speed"))
    arguments = parser.parse_args()
    if arguments.only in (None, "ties"):
        table = pd.DataFrame(ties(kind, arguments.batches) for kind in KINDS)
        print(table.to_string())
        write_table("ks_ties", table, 4)
    if arguments.only in (None, "error"):
        table = errors()
        print(table.round(2).to_string())
        write_table("ks_error", table, 2)
    if arguments.only in (None, "speed"):
        rng = np.random.default_rng(0)
        many_batches(rng)
        many_features(rng)
        one_batch(rng)
        stream(rng, arguments.values)
        write_table(
            "ks_speed",
            pd.DataFrame(ratios, columns=["work", "times faster"]),
            1,
        )
