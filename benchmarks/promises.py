"""False alarms on rows in time order, and given the reference at hand.

    python benchmarks/promises.py DATA

DATA is a folder with elec2.parquet and employment_ma.parquet. Rows of a period that was
held out are judged in order, by a plain test and by one that was told the groups.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from record import write_table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import DistillationScorer, DriftMonitor, KSDriftTest, TailDriftTest

TESTS = {
    "KSDriftTest": lambda **options: KSDriftTest(alternative="greater", **options),
    "TailDriftTest": lambda **options: TailDriftTest(**options),
}


def autoregressive(n, rng, rho=0.9):
    """Scores whose neighbours are alike."""
    noise = rng.normal(size=n) * np.sqrt(1 - rho**2)
    x = np.empty(n)
    x[0] = rng.normal()
    for i in range(1, n):
        x[i] = rho * x[i - 1] + noise[i]
    return x[:, None]


def real_scores(folder, seed):
    """Yield the name of a stream and the scores of a held-out period in order."""
    for name, label in (("elec2", "class"), ("employment_ma", "employed")):
        data = pd.read_parquet(os.path.join(folder, f"{name}.parquet"))
        features = [column for column in data if column not in ("year", label)]
        data[features] = data[features].apply(pd.to_numeric).astype(float)
        if name == "employment_ma":
            data = data[data["year"] == 2015]
        data = data.iloc[: min(len(data) // 3, 18000)]
        # Days or households stay whole: every third run of 48 rows is for training.
        run = np.arange(len(data)) // 48
        train = run % 3 == 0
        clf = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
        clf.fit(data.loc[train, features], data.loc[train, label])
        held_out = data.loc[~train, features]
        half = len(held_out) // 2
        scorer = DistillationScorer(FrozenEstimator(clf), random_state=seed)
        reference = scorer.fit_transform(held_out.iloc[:half])
        yield name, reference, scorer.transform(held_out.iloc[half:])


def order(folder, seeds, n_streams=60):
    """Share of the batches in order that are flagged."""
    rows = []

    def judge(stream, run, size, reference, scores):
        n = len(reference) // run * run
        runs = np.arange(n) // run
        batches = np.arange(len(scores) // size * size) // size
        for name, make in TESTS.items():
            row = {"scores": stream, "run": run, "batch rows": size, "test": name}
            for column, groups in (("no groups", None), ("groups", runs)):
                test = make().fit(reference[:n], groups=groups)
                said = test.predict(scores[: len(batches)], groups=batches)
                row[column] = np.mean(said.is_drift)
            rows.append({**row, "batches": len(said.is_drift)})

    def twice(stream, run, size, reference, scores, seed):
        """Judge a stream in order, and the same rows shuffled."""
        judge(stream, run, size, reference, scores)
        rng = np.random.default_rng(seed)
        pooled = rng.permutation(np.concatenate([reference, scores]))
        half = len(reference)
        judge(f"{stream}, shuffled", run, size, pooled[:half], pooled[half:])

    # A batch holds one whole run, or several.
    for size in (50, 200):
        for seed in range(n_streams):
            rng = np.random.default_rng(seed)
            reference = autoregressive(100 * 50, rng)
            scores = autoregressive(20 * size, rng)
            twice("AR(1), rho 0.9", 50, size, reference, scores, seed)
    for seed in range(seeds):
        for name, reference, scores in real_scores(folder, seed):
            twice(name, 48, 48, reference, scores, seed)
    keys = ["scores", "run", "batch rows", "test"]
    by = pd.DataFrame(rows).groupby(keys, sort=False)
    return by.agg(
        {"batches": "sum", "no groups": "mean", "groups": "mean"}
    ).reset_index()


def monitors(folder, seeds, n_jobs, n_streams=40, n_batches=100):
    """Share of the streams in order, without a change, that ever raise an alarm.

    Beside it stands the median number of batches to the alarm if all scores grow by one
    standard deviation, where groups are known and the reference grows.
    """

    def alarm(reference, scores, run, seed, stream):
        runs = np.arange(len(reference)) // run
        row = {"scores": stream, "run": run}
        for column, groups, kind in (
            ("no groups, growing", None, "growing"),
            ("groups, growing", runs, "growing"),
            ("groups, fixed", runs, "fixed"),
        ):
            test = TailDriftTest().fit(reference, groups=groups)
            monitor = DriftMonitor(test, reference=kind)
            for start in range(0, len(scores) - run + 1, run):
                state = monitor.update(scores[start : start + run])
            row[column] = state.is_alarm
        row["batches"] = monitor.n_batches_
        # Then all rows are worse, by one standard deviation.
        monitor = DriftMonitor(TailDriftTest().fit(reference, groups=runs))
        worse = scores + reference.std()
        ends = range(run, len(worse) + 1, run)
        alarms = (monitor.update(worse[end - run : end]).is_alarm for end in ends)
        row["batches to the alarm"] = next(
            (place for place, is_alarm in enumerate(alarms, 1) if is_alarm), np.inf
        )
        return {**row, "streams": 1}

    def simulated(seed):
        rng = np.random.default_rng(seed)
        reference = autoregressive(100 * 50, rng)
        scores = autoregressive(n_batches * 50, rng)
        return alarm(reference, scores, 50, seed, "AR(1), rho 0.9")

    def real(seed):
        return [
            alarm(reference[: len(reference) // 48 * 48], scores, 48, seed, name)
            for name, reference, scores in real_scores(folder, seed)
        ]

    pool = Parallel(n_jobs=n_jobs)
    rows = pool(delayed(simulated)(seed) for seed in range(n_streams))
    rows += [
        row for part in pool(delayed(real)(s) for s in range(seeds)) for row in part
    ]
    columns = ["no groups, growing", "groups, growing", "groups, fixed"]
    by = pd.DataFrame(rows).groupby(["scores", "run"], sort=False)
    what = {"streams": "sum", "batches": "first"} | dict.fromkeys(columns, "mean")
    what["batches to the alarm"] = "median"
    return by.agg(what).reset_index()


def conditional(sizes, n_jobs):
    """Measure false alarm rates given a reference, over references, and the power."""
    return pd.DataFrame(
        Parallel(n_jobs=n_jobs)(
            # KSDriftTest with confidence takes seconds for each large reference.
            delayed(one_size)(n, name, confidence, 100 if n < 10_000 else 50)
            for n in sizes
            for name in TESTS
            for confidence in (None, 0.95)
        )
    )


def one_size(n, name, confidence, n_references, n_batches=300, size=100):
    """One line of the table: a test, its confidence, and a size of the reference."""
    rng = np.random.default_rng(n)
    clean = rng.random((n_batches * size, 1))
    # 8% of the rows of a batch come from the top 2%.
    harmed = rng.random((n_batches * size, 1))
    hit = rng.random(len(harmed)) < 0.08
    harmed[hit] = 0.98 + 0.02 * rng.random((hit.sum(), 1))
    batches = np.repeat(np.arange(n_batches), size)
    rates, powers = [], []
    for _ in range(n_references):
        test = TESTS[name](confidence=confidence).fit(rng.random((n, 1)))
        rates.append(test.predict(clean, groups=batches).is_drift.mean())
        powers.append(test.predict(harmed, groups=batches).is_drift.mean())
    return {
        "test": name,
        "reference rows": n,
        "references": n_references,
        "confidence": "none" if confidence is None else confidence,
        "false alarms, mean": np.mean(rates),
        "95% of references below": np.quantile(rates, 0.95),
        "8% of the rows harmed, flagged": np.mean(powers),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument(
        "--only", choices=["order", "monitors", "reference"], default=None
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, default=None)
    arguments = parser.parse_args()
    if arguments.only in (None, "order"):
        found = order(arguments.data, arguments.seeds)
        print(found.round(3).to_string())
        write_table("promises_order", found)
    if arguments.only in (None, "monitors"):
        found = monitors(arguments.data, arguments.seeds, arguments.n_jobs)
        print(found.round(3).to_string())
        write_table("promises_monitors", found)
    if arguments.only in (None, "reference"):
        found = conditional((1000, 5000, 50_000), arguments.n_jobs)
        print(found.round(3).to_string())
        write_table("promises_reference", found)
