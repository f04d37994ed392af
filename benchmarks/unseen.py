"""What tests of scores say of a season, of label shift and of concept change.

    python benchmarks/unseen.py DATA

DATA is a folder with employment_ma.parquet. The season is simulated: a wave over a year
of 100 runs of 50 rows, around which scores follow each other with a correlation of 0.9.
For label shift rows of the census table are drawn so that other shares of them are
employed; for concept change a fifth of the labels turn while all inputs stay.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from promises import TESTS, autoregressive
from record import write_table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import DistillationScorer, RiskMonitor

RUN, YEAR, SIZE, N_BATCHES = 50, 100, 200, 60


def flagged(reference, scores, groups, size):
    """Share of batches that each test flags, by name."""
    batches = np.arange(len(scores)) // size
    return {
        f"{name} flags": make()
        .fit(reference, groups=groups)
        .predict(scores, groups=batches)
        .is_drift.mean()
        for name, make in TESTS.items()
    }


def season(seeds):
    """Judge a year by references of other lengths; groups are the runs."""
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        scores = autoregressive(3 * YEAR * RUN, rng)
        wave = np.sin(2 * np.pi * np.arange(len(scores)) / (YEAR * RUN))
        scores = scores + wave[:, None]
        for name, length in (("a quarter", 25), ("a year", 100), ("two years", 200)):
            # The reference ends where the last year begins.
            reference = scores[(2 * YEAR - length) * RUN : 2 * YEAR * RUN]
            groups = np.arange(len(reference)) // RUN
            yield {
                "reference": name,
                **flagged(reference, scores[2 * YEAR * RUN :], groups, RUN),
            }


def labels_to_alarm(monitor, X, y):
    """Labels that a monitor needs for its alarm, infinity without one."""
    labels = 0
    for start in range(0, len(X), SIZE):
        batch, answers = X[start : start + SIZE], y[start : start + SIZE]
        rows = monitor.query(batch, 20)
        given = np.full(SIZE, np.nan)
        given[rows] = answers[rows]
        labels += len(rows)
        if monitor.update(batch, given):
            return labels
    return np.inf


def labels(folder, seeds):
    """Judge streams whose labels change."""
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    data = data[data["year"] == 2015].drop(columns="year").astype(float)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        data = data.iloc[rng.permutation(len(data))]
        X, y = data.drop(columns="employed"), data["employed"].to_numpy()
        clf = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
        clf.fit(X[:20_000], y[:20_000])
        clean, clean_labels = X[20_000:25_000], y[20_000:25_000]
        scorer = DistillationScorer(FrozenEstimator(clf), random_state=seed)
        reference = scorer.fit_transform(clean)
        X, y = X[25_000:], y[25_000:]

        def draw(share, X=X, y=y, rng=rng):
            """Rows of which so many are employed."""
            weight = np.where(y == 1, share / y.mean(), (1 - share) / (1 - y.mean()))
            rows = rng.choice(len(y), SIZE * N_BATCHES, p=weight / weight.sum())
            return X.iloc[rows], y[rows]

        plain = draw(y.mean())
        turned = np.where(rng.random(len(plain[1])) < 0.2, 1 - plain[1], plain[1])
        streams = {
            "none": plain,
            "label shift, 0.25 employed": draw(0.25),
            "label shift, 0.75 employed": draw(0.75),
            "concept change, 0.2 of the labels": (plain[0], turned),
        }
        for name, (rows, answers) in streams.items():
            monitor = RiskMonitor(
                FrozenEstimator(clf), proxy="uniform", random_state=seed
            )
            monitor.fit(clean, clean_labels)
            wrong = np.mean(clf.predict(rows) != answers)
            yield {
                "change": name,
                "points lost": 100 * (wrong - monitor.source_risk_),
                **flagged(reference, scorer.transform(rows), None, SIZE),
                "labels": labels_to_alarm(monitor, rows, answers),
            }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    found = pd.DataFrame(season(60)).groupby("reference", sort=False).mean()
    print(found.round(3).to_string())
    write_table("unseen_season", found.reset_index())
    by = pd.DataFrame(labels(options.data, options.seeds))
    by = by.groupby("change", sort=False)
    found = by.mean().drop(columns="labels")
    needed = by["labels"].median()
    found["RiskMonitor: median labels"] = [
        "no alarm" if np.isinf(number) else f"{number:.0f}" for number in needed
    ]
    print(found.round(3).to_string())
    write_table("unseen_labels", found.reset_index())
