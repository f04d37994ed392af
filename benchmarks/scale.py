"""What many rows cost: counted from a file, scored end to end, partition by partition.

Run it with ``python benchmarks/scale.py``; ``--rows`` and ``--scored-rows`` make it
smaller. It writes the tables of ``docs/distributed.rst``:

- ``scale_count``: scores in a Parquet file, counted row group by row group by a process
  of its own; rows a second, the share of a bare read of the same file that this is, and
  the largest memory of the process. The target is at least half of a bare read;
- ``scale_growth``: the same as rows, partitions and reference double. Linear in rows
  means that each line costs twice the one before;
- ``scale_score``: a table of 16 columns scored by a boosted classifier and the
  default student, chunk by chunk, and counted.

Each figure is the median of ``--repetitions`` runs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from record import write_table

GROUP = 1_000_000
MIB = 2**20


def write_scores(path, n_rows, seed=0):
    """Write scores in groups of a million rows, one group in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    schema = pa.schema([("score", pa.float64())])
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, n_rows, GROUP):
            scores = rng.gamma(2.0, size=min(GROUP, n_rows - start))
            file.write_table(pa.table({"score": scores}, schema=schema))


def groups_of(path):
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    for place in range(file.num_row_groups):
        yield file.read_row_group(place).column("score").to_numpy()


def child(kind, path, n_reference):
    """Read or count a file and print seconds and memory, for the parent to read."""
    import resource

    test = None
    if kind != "read":
        from skdrift import KSDriftTest, TailDriftTest

        test = {"KSDriftTest": KSDriftTest, "TailDriftTest": TailDriftTest}[kind]()
        test.fit(np.random.default_rng(1).gamma(2.0, size=(n_reference, 1)))
    start = time.perf_counter()
    total, counts = 0.0, None
    for scores in groups_of(path):
        if test is None:
            total += scores[-1]
        else:
            own = test.count(scores[:, None])
            counts = own if counts is None else counts + own
    if test is not None:
        total = float(test.predict_counts(counts).p_value)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "result": total}))


def run_child(kind, path, n_reference=5_000):
    command = [sys.executable, __file__, "--child", kind, str(path), str(n_reference)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def medians(kind, path, repetitions, n_reference=5_000):
    runs = [run_child(kind, path, n_reference) for _ in range(repetitions)]
    return (
        float(np.median([run["seconds"] for run in runs])),
        max(run["memory"] for run in runs),
    )


def count_table(path, n_rows, repetitions):
    lines = []
    bare = None
    for kind in ("read", "KSDriftTest", "TailDriftTest"):
        seconds, memory = medians(kind, path, repetitions)
        bare = bare or seconds
        lines.append(
            {
                "what": "bare read" if kind == "read" else f"{kind}, counted",
                "rows": n_rows,
                "seconds": seconds,
                "million rows a second": n_rows / seconds / 1e6,
                "share of a bare read": bare / seconds,
                "largest memory, MiB": memory / MIB,
            }
        )
        print(lines[-1], flush=True)
    return pd.DataFrame(lines)


def growth_table(folder, n_rows, repetitions):
    lines = []

    def add(doubled, size, seconds):
        lines.append({"what doubles": doubled, "size": size, "seconds": seconds})
        print(lines[-1], flush=True)

    for times in (1, 2, 4):
        path = Path(folder) / f"rows_{times}.parquet"
        write_scores(path, times * n_rows)
        add("rows", times * n_rows, medians("KSDriftTest", path, repetitions)[0])
        if times < 4:
            path.unlink()
    for n_reference in (5_000, 10_000, 20_000, 40_000):
        seconds = medians("KSDriftTest", path, repetitions, n_reference)[0]
        add("reference", n_reference, seconds)
    for n_partitions in (50, 100, 200, 400):
        add("partitions", n_partitions, dask_seconds(n_rows, n_partitions, repetitions))
    return pd.DataFrame(lines)


def dask_seconds(n_rows, n_partitions, repetitions):
    """Seconds that a Dask array in memory takes on two threads."""
    import dask
    import dask.array as da

    from skdrift import KSDriftTest
    from skdrift.distributed import predict

    rng = np.random.default_rng(2)
    test = KSDriftTest().fit(rng.gamma(2.0, size=(5_000, 1)))
    scores = rng.gamma(2.0, size=(n_rows, 1))
    batch = da.from_array(scores, chunks=(-(-n_rows // n_partitions), 1))
    times = []
    with dask.config.set(scheduler="threads", num_workers=2):
        for _ in range(repetitions + 1):
            start = time.perf_counter()
            predict(test, batch)
            times.append(time.perf_counter() - start)
    return float(np.median(times[1:]))


def score_table(n_rows, chunk=100_000):
    from sklearn.datasets import make_classification
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import make_pipeline

    from skdrift import DistillationScorer, TailDriftTest
    from skdrift.distributed import count, predict_counts

    X, y = make_classification(110_000, 16, n_informative=8, random_state=0)
    names = [f"column_{place}" for place in range(16)]
    X = pd.DataFrame(X, columns=names)
    teacher = HistGradientBoostingClassifier(random_state=0).fit(X[:5000], y[:5000])
    scorer = DistillationScorer(FrozenEstimator(teacher), random_state=0)
    detector = make_pipeline(scorer, TailDriftTest()).fit(X[5000:10_000])
    part = X[10_000:].head(chunk)
    alone = teachers = 0.0
    counts = None
    for _ in range(n_rows // len(part)):
        start = time.perf_counter()
        teacher.predict_proba(part)
        middle = time.perf_counter()
        own = count(detector, part)
        counts = own if counts is None else counts + own
        teachers += middle - start
        alone += time.perf_counter() - middle
    predict_counts(detector, counts)
    lines = [
        {
            "what": name,
            "rows": n_rows,
            "seconds": seconds,
            "rows a second": n_rows / seconds,
        }
        for name, seconds in (
            ("teacher alone", teachers),
            ("scored and counted", alone),
        )
    ]
    print(lines, flush=True)
    return pd.DataFrame(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--scored-rows", type=int, default=10_000_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, path, n_reference = options.child
        child(kind, path, int(n_reference))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.parquet"
        write_scores(path, options.rows)
        table = count_table(path, options.rows, options.repetitions)
        path.unlink()
        write_table("scale_count", table, digits=2)
        growth = growth_table(folder, options.rows // 10, options.repetitions)
        write_table("scale_growth", growth)
    write_table("scale_score", score_table(options.scored_rows), digits=0)


if __name__ == "__main__":
    main()
