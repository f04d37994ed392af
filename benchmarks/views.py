"""How often each view raises an alarm: harm scores, support, tests of the inputs.

    python benchmarks/views.py DATA

DATA is a folder with employment_ma.parquet. Of each shift stands beside the shares what
it costs the classifier, so that silence where much is lost, and noise where nothing is,
can be told from what is right. The last column is no alarm but the verdict of an
estimator that had labels once: the share of batches that it does not call fine.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from performance import NUMBER_KINDS, SUBGROUPS, classifiers
from record import write_table
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union

from skdrift import (
    DistillationScorer,
    InputDriftTest,
    PerformanceEstimator,
    SupportScorer,
    TailDriftTest,
)
from skdrift.datasets import corrupt_table
from skdrift.performance._faults import TableFault

KINDS = ("scale", "swap", "stuck", "missing", "shuffle", "offset")


def detectors(clf, seed):
    """Each view, not fitted."""

    def harm():
        return DistillationScorer(FrozenEstimator(clf), random_state=seed)

    return {
        "harm": make_pipeline(harm(), TailDriftTest()),
        "harm and support": make_pipeline(
            make_union(harm(), SupportScorer(random_state=seed)), TailDriftTest()
        ),
        "inputs": InputDriftTest(random_state=seed),
    }


def estimators(clf, X, y, seed):
    """For each kind of fault an estimator that has not met it, nor two others."""
    judges = {}
    for left_out in (KINDS[:3], KINDS[3:]):
        kinds = [kind for kind in NUMBER_KINDS if kind not in left_out]
        estimator = PerformanceEstimator(
            FrozenEstimator(clf),
            faults=[(kind, TableFault(kind)) for kind in kinds],
            random_state=seed,
        )
        judges.update(dict.fromkeys(left_out, estimator.fit(X, y)))
    return judges


def judged(judges, shift, X):
    """Verdict on a batch; clean ones and subgroups are for any of the estimators."""
    kind = shift.split(",")[0]
    return judges.get(kind, judges[KINDS[0]]).predict(X).verdict


def shifts(new, features, rng, size):
    """Yield the name of a shift, a batch without and with it, and its labels."""
    for group, inside in {"clean": None, **SUBGROUPS}.items():
        pool = new if inside is None else new[inside(new)]
        batch = pool.sample(size, random_state=int(rng.integers(2**31)))
        kind = "clean" if inside is None else f"only {group}"
        yield kind, batch[features], batch[features], batch["employed"]
    for kind in KINDS:
        for severity in (3, 5):
            for n_columns, place in ((1, "a column"), (len(features), "all columns")):
                batch = new.sample(size, random_state=int(rng.integers(2**31)))
                n = max(n_columns, 2 if kind == "swap" else 1)
                changed = corrupt_table(
                    batch[features],
                    kind,
                    severity,
                    columns=list(rng.choice(features, n, replace=False)),
                    random_state=int(rng.integers(2**31)),
                )
                name = f"{kind}, severity {severity}, {place}"
                yield name, batch[features], changed, batch["employed"]


def run(folder, names, seeds, size=200, n_batches=12):
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    features = [name for name in data if name not in ("year", "employed")]
    data[features] = data[features].astype(float)
    old, new = data[data["year"] == 2015], data[data["year"] > 2015]
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(old))
        train, clean = old.iloc[order[:20000]], old.iloc[order[20000:25000]]
        for name in names:
            clf = classifiers(seed)[name].fit(train[features], train["employed"])
            accuracy = np.mean(clf.predict(clean[features]) == clean["employed"])
            views = detectors(clf, seed)
            for view in views.values():
                view.fit(clean[features])
            judges = estimators(clf, clean[features], clean["employed"], seed)
            for _ in range(n_batches):
                for shift, before, X, y in shifts(new, features, rng, size):
                    right = np.mean(clf.predict(X) == y)
                    rows.append(
                        {
                            "classifier": name,
                            "seed": seed,
                            "shift": shift,
                            "points lost": 100 * (accuracy - right),
                            "by the fault": 100
                            * (np.mean(clf.predict(before) == y) - right),
                            **{
                                view: bool(test.predict(X).is_drift)
                                for view, test in views.items()
                            },
                            "not fine": judged(judges, shift, X) != "fine",
                        }
                    )
            print(name, seed, "done", flush=True)
    return pd.DataFrame(rows)


def summarise(name, table, column, caption, counted):
    """Write the shares of alarms by classes of loss."""
    views = ["harm", "harm and support", "inputs", "not fine"]
    edges, labels = [-100, 1, 5, 10, 100], ["under 1", "1 to 5", "5 to 10", "over 10"]
    lost = pd.cut(table[column], edges, labels=labels).rename(caption)
    by_loss = table[views].groupby([table.index.get_level_values(0), lost])
    summary = by_loss.mean()
    summary.insert(0, counted, by_loss.size())
    summary = summary[summary[counted] > 0]
    print(summary.round(2).to_string())
    write_table(name, summary.reset_index(), digits=2)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--classifiers", nargs="+", default=["boosting", "logistic"])
    arguments = parser.parse_args()
    rows = run(arguments.data, arguments.classifiers, range(arguments.seeds))
    views = ["points lost", "harm", "harm and support", "inputs", "not fine"]
    table = rows.groupby(["classifier", "shift"], sort=False)[views].mean()
    print(table.round(2).to_string())
    write_table("views_alarms", table.reset_index(), digits=2)
    summarise("views_by_loss", table, "points lost", "mean loss of the shift", "shifts")
    # A broken column costs much or nothing, by which one it is: batch by batch.
    faults = rows[rows["shift"].str.contains("severity")].set_index("classifier")
    summarise("views_by_batch", faults, "by the fault", "lost by the fault", "batches")
