"""How many labels a risk monitor needs, guided by a guess and without one.

    python benchmarks/risk.py DATA

DATA is a folder with employment_ma.parquet.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from performance import classifiers
from record import write_table
from sklearn.frozen import FrozenEstimator

from skdrift import PerformanceEstimator, RiskMonitor
from skdrift.datasets import corrupt_table

SHIFTS = {
    "none": [],
    "missing, all columns": [("missing", 3, None)],
    "shuffle, all columns": [("shuffle", 3, None)],
    "scale, schooling": [("scale", 3, ["SCHL"])],
}


def one_stream(monitor, clf, pool, features, change, rng, n_calm, n_batches, size):
    """Count the labels from the change to the alarm; None without an alarm."""
    labels, lost = 0, []
    for number in range(n_calm + n_batches):
        batch = pool.sample(size, random_state=int(rng.integers(2**31)))
        X, y = batch[features], batch["employed"].to_numpy(float)
        if number >= n_calm:
            for kind, severity, columns in change:
                X = corrupt_table(
                    X,
                    kind,
                    severity,
                    columns=columns,
                    random_state=int(rng.integers(2**31)),
                )
            lost.append(np.mean(clf.predict(X) != y))
        rows = monitor.query(X, 20)
        given = np.full(size, np.nan)
        given[rows] = y[rows]
        alarm = bool(monitor.update(X, given))
        if number >= n_calm:
            labels += len(rows)
        if alarm:
            return labels, lost
    return None, lost


def run(folder, seeds, n_streams, n_jobs):
    """Follow the streams of all seeds."""
    parts = Parallel(n_jobs=n_jobs)(
        delayed(one_seed)(folder, seed, shift, n_streams)
        for seed in seeds
        for shift in SHIFTS
    )
    rows = pd.DataFrame([row for part in parts for row in part])
    by = rows.groupby(["shift", "draws"], sort=False)
    return pd.DataFrame(
        {
            "streams": by.size(),
            "points lost": by["lost"].mean(),
            "alarm within 1200 labels": by["alarm"].mean(),
            "median labels": by["labels"].median().map(in_words),
        }
    ).reset_index()


def in_words(labels):
    """Say a number of labels, infinite without an alarm, as a cell of the table."""
    return f"{labels:.0f}" if np.isfinite(labels) else "over 1200"


def one_seed(folder, seed, shift, n_streams, size=200):
    """Follow streams of one shift, with and without a guess."""
    warnings.simplefilter("ignore")
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    features = [name for name in data if name not in ("year", "employed")]
    data[features] = data[features].astype(float)
    data = data[data["year"] == 2015]
    order = np.random.default_rng(seed).permutation(len(data))
    train, clean = data.iloc[order[:20000]], data.iloc[order[20000:25000]]
    pool = data.iloc[order[25000:]]
    clf = classifiers(seed)["boosting"].fit(train[features], train["employed"])
    guess = PerformanceEstimator(FrozenEstimator(clf), random_state=seed)
    guess.fit(clean[features], clean["employed"])
    rows = []
    for stream in range(n_streams):
        for draws, proxy in (("guided", "auto"), ("even", "uniform")):
            monitor = RiskMonitor(guess, proxy=proxy, random_state=stream)
            monitor.fit(clean[features], clean["employed"])
            labels, risks = one_stream(
                monitor,
                clf,
                pool,
                features,
                SHIFTS[shift],
                np.random.default_rng(1000 * seed + stream),
                10,
                60,
                size,
            )
            lost = 100 * (np.mean(risks) - monitor.source_risk_) if risks else np.nan
            rows.append(
                {
                    "shift": shift,
                    "draws": draws,
                    "lost": lost,
                    "labels": np.inf if labels is None else labels,
                    "alarm": labels is not None,
                }
            )
    print(seed, shift, "done", flush=True)
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--n-jobs", type=int, default=None)
    arguments = parser.parse_args()
    table = run(
        arguments.data, range(arguments.seeds), arguments.streams, arguments.n_jobs
    )
    print(table.round(2).to_string())
    write_table("risk_labels", table, digits=2)
