"""How near estimated performance comes to the truth, and what verdicts are worth.

    python benchmarks/performance.py DATA --only tables

DATA is a folder with employment_ma.parquet and elec2.parquet; ``--only sets`` takes
data of scikit-learn instead. Faults are judged by estimators that were fitted without
their kind. Beside the estimator stand: the constant (nothing is lost), the calibrated
confidence (CBPE), the share of rows above a threshold of confidence (ATC), the
difference of mean confidences (DoC), and the agreement of classifier and student.
"""

import argparse
import os
import time
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from record import write_table
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdrift import PerformanceEstimator
from skdrift.datasets import TABLE_CORRUPTIONS, corrupt_table
from skdrift.performance._faults import TableFault
from skdrift.performance._views import SUMS

NUMBER_KINDS = [
    kind for kind in TABLE_CORRUPTIONS if "category" not in kind and kind != "recode"
]
SETS = {"digits": load_digits, "breast cancer": load_breast_cancer}
SUBGROUPS = {
    "age below 25": lambda rows: rows["AGEP"] < 25,
    "25 to 45": lambda rows: rows["AGEP"].between(25, 44),
    "45 to 65": lambda rows: rows["AGEP"].between(45, 64),
    "65 to 75": lambda rows: rows["AGEP"].between(65, 74),
    "75 and more": lambda rows: rows["AGEP"] >= 75,
    "disabled": lambda rows: rows["DIS"] == 1,
    "not white": lambda rows: rows["RAC1P"] != 1,
    "not citizens": lambda rows: rows["CIT"] == 5,
    "moved": lambda rows: rows["MIG"] != 1,
    "up to high school": lambda rows: rows["SCHL"] <= 15,
    "master's degree": lambda rows: rows["SCHL"] >= 22,
    "never married": lambda rows: rows["MAR"] == 5,
    "military": lambda rows: rows["MIL"] < 4,
}


def classifiers(seed):
    return {
        "boosting": HistGradientBoostingClassifier(max_iter=80, random_state=seed),
        "logistic": make_pipeline(
            SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=500)
        ),
        "forest": RandomForestClassifier(
            100, min_samples_leaf=5, n_jobs=1, random_state=seed
        ),
    }


def baselines(estimator, counts):
    """Estimates of the accuracy by other methods, from the same sums."""
    reference = estimator.reference_
    means = dict(zip(SUMS, counts.sums / counts.size))
    clean = estimator.clean_means
    return {
        "constant": reference,
        "CBPE": means["confidence"],
        "ATC": means["above_threshold"],
        "DoC": reference + means["confidence"] - clean["confidence"],
        "agreement": reference - (clean["agreement"] - means["agreement"]),
        "error model": means["row_model"],
    }


def fitted(clf, faults, X, y, seed):
    estimator = PerformanceEstimator(
        FrozenEstimator(clf), faults=faults, random_state=seed
    )
    start = time.perf_counter()
    estimator.fit(X, y)
    estimator.fit_time = time.perf_counter() - start
    counts = estimator.count(X)
    estimator.clean_means = dict(zip(SUMS, counts.sums / counts.size))
    return estimator


def judged(estimator, clf, X, y, **about):
    """One row of the results: what was said of a batch, beside what is true."""
    counts = estimator.count(X)
    said = estimator.predict_counts(counts)
    truth = float(np.mean(clf.predict(X) == y))
    return {
        **about,
        "truth": truth,
        "lost": estimator.reference_ - truth,
        "skdrift": said.estimate,
        "low": said.low,
        "high": said.high,
        "verdict": said.verdict,
        **baselines(estimator, counts),
    }


def employment(folder, names, seeds, n_jobs, **sizes):
    """Judge faults of kinds that were left out, subgroups and clean batches."""
    parts = Parallel(n_jobs=n_jobs)(
        delayed(one_classifier)(folder, name, seed, **sizes)
        for seed in seeds
        for name in names
    )
    return pd.DataFrame([row for part in parts for row in part])


def one_classifier(folder, name, seed, sizes=(200, 1500), n_batches=2):
    """Judge the batches of one classifier by estimators without a part of the kinds."""
    warnings.simplefilter("ignore")
    data = pd.read_parquet(Path(folder) / "employment_ma.parquet")
    features = [column for column in data if column not in ("year", "employed")]
    data[features] = data[features].astype(float)
    old, new = data[data["year"] == 2015], data[data["year"] > 2015]
    rows = []
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(old))
    train, clean = old.iloc[order[:20000]], old.iloc[order[20000:25000]]
    clf = classifiers(seed)[name].fit(train[features], train["employed"])
    about = {"classifier": name, "seed": seed}
    for part in range(4):
        left_out = NUMBER_KINDS[part::4]
        faults = [
            (kind, TableFault(kind)) for kind in NUMBER_KINDS if kind not in left_out
        ]
        estimator = fitted(clf, faults, clean[features], clean["employed"], seed)
        print(name, seed, left_out, f"fit {estimator.fit_time:.0f} s", flush=True)
        for size in sizes:
            for kind in left_out:
                rows += faulty(estimator, clf, new, features, kind, size, rng, about)
        if part == 0:
            rows += calm(estimator, clf, new, features, sizes, n_batches, rng, about)
    return rows


def calm(estimator, clf, new, features, sizes, n_batches, rng, about):
    """Clean batches and subgroups of them."""
    rows = []
    for size in sizes:
        for group, inside in {"clean": None, **SUBGROUPS}.items():
            pool = new if inside is None else new[inside(new)]
            for _ in range(n_batches):
                batch = pool.sample(size, random_state=int(rng.integers(2**31)))
                rows.append(
                    judged(
                        estimator,
                        clf,
                        batch[features],
                        batch["employed"],
                        kind="clean" if inside is None else "subgroup",
                        what=group,
                        size=size,
                        **about,
                    )
                )
    return rows


def faulty(estimator, clf, new, features, kind, size, rng, about):
    """Batches with one kind of fault in one, four or all columns."""
    rows = []
    for severity in (1, 3, 5):
        for n_columns in (1, 4, len(features)):
            batch = new.sample(size, random_state=int(rng.integers(2**31)))
            columns = list(rng.choice(features, n_columns, replace=False))
            if kind == "swap" and n_columns == 1:
                columns = list(rng.choice(features, 2, replace=False))
            changed = corrupt_table(
                batch[features],
                kind,
                severity,
                columns=columns,
                random_state=int(rng.integers(2**31)),
            )
            own = clf.predict(batch[features]) == batch["employed"]
            row = judged(
                estimator,
                clf,
                changed,
                batch["employed"],
                kind=kind,
                what=f"severity {severity}, {n_columns} columns",
                size=size,
                **about,
            )
            rows.append({**row, "lost_by_fault": own.mean() - row["truth"]})
    return rows


METHODS = ("skdrift", "constant", "CBPE", "ATC", "DoC", "agreement", "error model")


def errors(rows, by):
    """Mean absolute errors in points, and the coverage of the intervals."""

    def of(part):
        line = {
            name: 100 * (part[name] - part["truth"]).abs().mean() for name in METHODS
        }
        inside = (part["low"] <= part["truth"]) & (part["truth"] <= part["high"])
        return pd.Series({"batches": len(part), **line, "coverage": inside.mean()})

    found = rows.groupby(by, sort=False)[list(rows.columns)].apply(of)
    return found.astype({"batches": int}).reset_index()


def verdicts(rows, by):
    """Shares of the verdicts."""
    shares = rows.groupby(by, sort=False, observed=True)["verdict"].value_counts(
        normalize=True
    )
    table = shares.unstack(fill_value=0.0)
    for name in ("fine", "harmful", "cannot tell"):
        if name not in table:
            table[name] = 0.0
    table["batches"] = rows.groupby(by, sort=False, observed=True).size()
    return table[["batches", "fine", "harmful", "cannot tell"]].reset_index()


def loss_classes(lost):
    edges = [-1, 0.01, 0.02, 0.05, 0.1, 1.0]
    names = ["under 1", "1 to 2", "2 to 5", "5 to 10", "over 10"]
    return pd.cut(lost, edges, labels=names)


def tables(folder, names, seeds, n_jobs=None):
    rows = employment(folder, names, seeds, n_jobs)
    rows["scope"] = np.where(
        rows["kind"].isin(["clean", "subgroup"]),
        rows["kind"],
        np.where(
            rows["verdict"] == "cannot tell", "fault, cannot tell", "fault, judged"
        ),
    )
    found = errors(rows, ["classifier", "size", "scope"])
    print(found.round(2).to_string())
    write_table("performance_tables_errors", found, digits=2)
    fault = ~rows["kind"].isin(["clean", "subgroup"])
    harmless = ~fault | (rows["lost_by_fault"] < 0.01)
    rows["what was lost"] = loss_classes(rows["lost"])
    keys = ["classifier", "size", "what was lost"]
    faults = verdicts(rows[fault], keys).sort_values(keys)
    print(faults.round(3).to_string())
    write_table("performance_tables_faults", faults)
    rows["harmless"] = np.where(
        rows["kind"] == "clean",
        "clean",
        np.where(rows["kind"] == "subgroup", "subgroup", "fault without harm"),
    )
    # Of subgroups those that the classifier does as well on count as harmless.
    calm = rows[harmless & (rows["lost"] < 0.01)]
    calm = verdicts(calm, ["classifier", "size", "harmless"])
    print(calm.round(3).to_string())
    write_table("performance_tables_harmless", calm)
    return rows


def sets(seeds):
    """Digits and breast cancer, which are small, in thirds; kinds left out as above."""
    rows = []
    for (name, load), seed in product(SETS.items(), seeds):
        X, y = load(return_X_y=True)
        rng = np.random.default_rng(seed)
        train, clean, new = np.array_split(rng.permutation(len(X)), 3)
        for kind in ("forest", "logistic"):
            clf = classifiers(seed)[kind].fit(X[train], y[train])
            about = {"data": name, "classifier": kind, "seed": seed, "size": 150}
            for part in range(4):
                left_out = NUMBER_KINDS[part::4]
                faults = [(kind, TableFault(kind)) for kind in NUMBER_KINDS]
                faults = [one for one in faults if one[0] not in left_out]
                estimator = fitted(clf, faults, X[clean], y[clean], seed)
                rows += small_batches(
                    estimator, clf, X[new], y[new], left_out, rng, about
                )
            print(name, kind, seed, f"fit {estimator.fit_time:.0f} s", flush=True)
    rows = pd.DataFrame(rows)
    rows["scope"] = np.where(rows["kind"] == "clean", "clean", "fault")
    found = errors(rows, ["data", "classifier", "scope"])
    print(found.round(2).to_string())
    write_table("performance_sets", found, digits=2)
    return rows


def small_batches(estimator, clf, X, y, kinds, rng, about):
    """Batches of 150 rows, clean and with faults of each kind."""
    rows = []
    for kind, severity, share in [
        ("clean", 0, 0),
        *product(kinds, (1, 3, 5), (0.1, 1)),
    ]:
        places = rng.choice(len(X), 150, replace=False)
        batch = X[places]
        if kind != "clean":
            n_columns = max(2, int(share * X.shape[1]))
            columns = rng.choice(X.shape[1], n_columns, replace=False)
            draw = int(rng.integers(2**31))
            batch = corrupt_table(
                batch, kind, severity, columns=columns, random_state=draw
            )
        rows.append(judged(estimator, clf, batch, y[places], kind=kind, **about))
    return rows


def stream(folder, seeds):
    """Half-hours of a power grid in time order, batches of 500."""
    data = pd.read_parquet(Path(folder) / "elec2.parquet")
    features = [name for name in data if name != "class"]
    data[features] = data[features].apply(pd.to_numeric)
    n = len(data) // 3
    rows = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(n)
        train, clean = data.iloc[order[: n // 2]], data.iloc[order[n // 2 :][:5000]]
        clf = HistGradientBoostingClassifier(max_iter=80, random_state=seed)
        clf.fit(train[features], train["class"])
        estimator = fitted(clf, "auto", clean[features], clean["class"], seed)
        print("elec2", seed, f"fit {estimator.fit_time:.0f} s", flush=True)
        for start in range(n, len(data) - 500, 500):
            batch = data.iloc[start : start + 500]
            rows.append(
                judged(
                    estimator,
                    clf,
                    batch[features],
                    batch["class"],
                    classifier="boosting",
                    seed=seed,
                    start=start,
                    size=500,
                )
            )
        print(estimator.predict(batch[features]).reasons)
    rows = pd.DataFrame(rows)
    found = errors(rows, ["size"])
    print(found.round(2).to_string())
    write_table("performance_stream_errors", found, digits=2)
    rows["what was lost"] = loss_classes(rows["lost"])
    said = verdicts(rows, ["what was lost"]).sort_values("what was lost")
    print(said.round(3).to_string())
    write_table("performance_stream_verdicts", said)
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--only", choices=["tables", "stream", "sets"], default=None)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--classifiers", nargs="+", default=["boosting", "logistic"])
    parser.add_argument("--n-jobs", type=int, default=None)
    parser.add_argument("--keep", help="file for all rows, as Parquet")
    arguments = parser.parse_args()
    results = []
    if arguments.only in (None, "tables"):
        results.append(
            tables(
                arguments.data,
                arguments.classifiers,
                range(arguments.seeds),
                arguments.n_jobs,
            )
        )
    if arguments.only in (None, "sets"):
        results.append(sets(range(arguments.seeds)))
    if arguments.only in (None, "stream"):
        results.append(stream(arguments.data, range(arguments.seeds)))
    if arguments.keep:
        pd.concat(results).to_parquet(arguments.keep)
