"""
How many points are lost? PerformanceEstimator beside the truth
================================================================

A classifier of employment by a census of one year is used in the years after, and one
year a program changes how a column is written. No labels arrive; the estimator says what
the accuracy is, how sure it is, and whether more than five points are lost. The crosses
are what labels would have shown.

The table is read from the folder ``--data`` (``employment_ma.parquet``) or from
``SKDRIFT_DATA``; without it a simulated one takes its place.
"""

import argparse
import os
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import PerformanceDisplay, PerformanceEstimator
from skdrift.datasets import corrupt_table

parser = argparse.ArgumentParser()
parser.add_argument("--data", default=os.environ.get("SKDRIFT_DATA"))
parser.add_argument("--output", help="folder for the picture")
arguments, _ = parser.parse_known_args()

# %%
# A table of several years. The first one, divided in two, trains the classifier and
# teaches the estimator what harm looks like.


def census(folder):
    """Read the census."""
    table = pd.read_parquet(Path(folder) / "employment_ma.parquet")
    return table.astype(float)


def simulated(n=24_000):
    """Draw a table in its place."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n, 8)), columns=list("abcdefgh"))
    drive = table["a"] * table["b"] + table["c"] + 0.7 * table["d"] ** 2 - 0.7
    table["employed"] = (drive + rng.logistic(scale=0.4, size=n) > 0).astype(float)
    # Columns of other ranges, so that it shows when they change places.
    table[list("abcdefgh")] = table[list("abcdefgh")] * np.arange(1, 9) + 3
    table["year"] = 2014.0 + 1 + np.arange(n) * 5 // n
    return table


table = census(arguments.data) if arguments.data else simulated()
features = [name for name in table if name not in ("year", "employed")]
first = table["year"].min()
known = table[table["year"] == first].sample(frac=1, random_state=0)
half = len(known) // 2
train, clean = known[:half], known[half:][:4000]
clf = HistGradientBoostingClassifier(max_iter=80, random_state=0)
clf.fit(train[features], train["employed"])
estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
estimator.fit(clean[features], clean["employed"])

# %%
# Batches of 1,000 rows of the years after. In the third batch the values of four columns are
# moved, in the fourth columns stand in each other's place, in the fifth a third of the
# values of all columns is a default value.

later = table[table["year"] > first]
faults = {
    "as it is": None,
    "as it is, later": None,
    "offset": ("offset", 5, features[:4]),
    "swapped": ("swap", 5, None),
    "default values": ("default", 3, None),
    "mended": None,
}
batches, labels = [], []
for number, fault in enumerate(faults.values()):
    rows = later.sample(1000, random_state=number)
    X = rows[features]
    if fault is not None:
        kind, severity, columns = fault
        X = corrupt_table(X, kind, severity, columns=columns, random_state=number)
    batches.append(X)
    labels.append(rows["employed"])

truth = [np.mean(clf.predict(X) == y) for X, y in zip(batches, labels)]
for name, X, true in zip(faults, batches, truth):
    said = estimator.predict(X)
    lost = 100 * (estimator.reference_ - true)
    print(f"{name:20} {said}; {lost:.1f} in truth")

# %%
# Blue is fine, orange harmful, grey "cannot tell". The bars are 90% intervals. Where columns
# change places and all values stay in known ranges, as in the simulated table, a loss may
# be larger than the estimate says.

names = [fill(f"{number}. {name}", 11) for number, name in enumerate(faults, 1)]
figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
display = PerformanceDisplay.from_estimator(
    estimator,
    pd.concat(batches),
    groups=np.repeat(names, [len(X) for X in batches]),
    truth=truth,
    ax=ax,
)
if arguments.output:
    display.figure_.savefig(Path(arguments.output) / "performance.png", dpi=110)
