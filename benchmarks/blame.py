"""How often the columns at fault are named, and a region without fault is.

    python benchmarks/blame.py DATA

DATA is a folder with employment_ma.parquet.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from performance import classifiers
from record import write_table
from sklearn.frozen import FrozenEstimator

from skdrift import DistillationScorer, HarmExplainer
from skdrift.datasets import corrupt_table

KINDS = ("scale", "swap", "stuck", "missing", "default", "offset", "shuffle")


def run(folder, names, seeds, size=500, n_batches=2):
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    features = [name for name in data if name not in ("year", "employed")]
    data[features] = data[features].astype(float)
    old, new = data[data["year"] == 2015], data[data["year"] > 2015]
    rows, calm = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(old))
        train, clean = old.iloc[order[:20000]], old.iloc[order[20000:25000]]
        for name in names:
            clf = classifiers(seed)[name].fit(train[features], train["employed"])
            scorer = DistillationScorer(FrozenEstimator(clf), random_state=seed)
            scorer.fit(clean[features])
            explainer = HarmExplainer(scorer, random_state=seed)
            explainer.fit(clean[features])
            for _ in range(20):
                batch = old.iloc[order[25000:]].sample(
                    size, random_state=int(rng.integers(2**31))
                )
                found = explainer.explain(batch[features])
                calm.append({"classifier": name, "segment": bool(found.segment)})
            for kind in KINDS:
                for severity in (3, 4, 5):
                    for n_columns in (1, 2, 3):
                        for _ in range(n_batches):
                            batch = new.sample(
                                size, random_state=int(rng.integers(2**31))
                            )
                            n = max(n_columns, 2 if kind == "swap" else 1)
                            at_fault = list(rng.choice(features, n, replace=False))
                            changed = corrupt_table(
                                batch[features],
                                kind,
                                severity,
                                columns=at_fault,
                                random_state=int(rng.integers(2**31)),
                            )
                            right = clf.predict(batch[features]) == batch["employed"]
                            after = clf.predict(changed) == batch["employed"]
                            if right.mean() - after.mean() < 0.03:
                                continue
                            found = explainer.explain(changed)
                            blamed = [
                                column
                                for column, words in found.columns.items()
                                if words.startswith(("changed and harmful", "harmful"))
                            ]
                            rows.append(
                                {
                                    "classifier": name,
                                    "columns at fault": n,
                                    "first is right": bool(blamed)
                                    and blamed[0] in at_fault,
                                    "named": len(blamed),
                                    "right": len(set(blamed) & set(at_fault)),
                                }
                            )
            print(name, seed, "done", flush=True)
    return pd.DataFrame(rows), pd.DataFrame(calm)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--classifiers", nargs="+", default=["boosting", "logistic"])
    arguments = parser.parse_args()
    rows, calm = run(arguments.data, arguments.classifiers, range(arguments.seeds))
    by = rows.groupby(["classifier", "columns at fault"])
    table = pd.DataFrame(
        {
            "batches": by.size(),
            "first is right": by["first is right"].mean(),
            "share of named that are right": by["right"].sum() / by["named"].sum(),
            "share of those at fault named": by["right"].sum()
            / (by.size() * by.size().index.get_level_values(1)),
        }
    ).reset_index()
    print(table.round(2).to_string())
    write_table("blame_columns", table, digits=2)
    print("segments on clean batches")
    print(calm.groupby("classifier")["segment"].agg(["size", "mean"]))
