"""How often the columns at fault are named, and how well a region at fault is found.

    python benchmarks/blame.py DATA

DATA is a folder with employment_ma.parquet. Loans are simulated, breast cancer comes
with scikit-learn.
"""

import argparse
import os
import time
import warnings
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from performance import classifiers
from record import write_table
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder

from skdrift import DistillationScorer, HarmExplainer, SupportScorer
from skdrift.datasets import corrupt_table, make_loans
from skdrift.explanation import Segment
from skdrift.explanation._watched import WatchedModel

NUMBERS_ONLY = ("scale", "offset")
CATEGORIES_ONLY = ("recode", "unseen_category")
ANY = ("swap", "stuck", "missing", "default", "shuffle")
# In a region: faults that keep the types of all columns.
IN_REGIONS = ("scale", "offset", "swap", "default")
# What a fault has to cost: of the whole batch, and of the rows of a region.
LEAST_LOST, LEAST_LOST_INSIDE = 0.03, 0.3


@dataclass
class Study:
    """A classifier, what explains its batches, and the rows that batches come from."""

    clf: object
    explainer: HarmExplainer
    calm: pd.DataFrame
    later: pd.DataFrame
    y_later: np.ndarray
    size: int


def employment(folder, rng):
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    features = [name for name in data if name not in ("year", "employed")]
    data[features] = data[features].astype(float)
    old, new = data[data["year"] == 2015], data[data["year"] > 2015]
    old = old.iloc[rng.permutation(len(old))]
    parts = old.iloc[:20000], old.iloc[20000:25000], old.iloc[25000:], new
    return [(part[features], part["employed"].to_numpy()) for part in parts], 500


def loans(folder, rng):
    X, y = make_loans(24_000, random_state=int(rng.integers(2**31)))
    cuts = [slice(0, 8000), slice(8000, 12_000), slice(12_000, None)]
    parts = [(X[cut].reset_index(drop=True), y[cut]) for cut in cuts]
    return [*parts, parts[-1]], 500


def breast_cancer(folder, rng):
    """Read the table; sixteen of its thirty columns, rows in three equal parts."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    order = rng.permutation(len(X))
    X, y = X.iloc[order, :16], y.to_numpy()[order]
    parts = [(X[place::3].reset_index(drop=True), y[place::3]) for place in range(3)]
    return [*parts, parts[-1]], 150


TABLES = {"loans": loans, "breast cancer": breast_cancer, "employment": employment}


def study_of(table, name, folder, seed):
    rng = np.random.default_rng(seed)
    ((X, y), (clean, _), (calm, _), (later, y_later)), size = TABLES[table](folder, rng)
    clf = classifiers(seed)[name]
    if name != "boosting" and (X.dtypes == "category").any():
        encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        selected = make_column_selector(dtype_include="category")
        clf = make_pipeline(
            make_column_transformer((encode, selected), remainder="passthrough"), clf
        )
    clf.fit(X, y)
    views = make_union(
        DistillationScorer(FrozenEstimator(clf), random_state=seed), SupportScorer()
    )
    explainer = HarmExplainer(views.fit(clean), random_state=seed).fit(clean)
    return Study(clf, explainer, calm, later, np.asarray(y_later), size)


def draw(study, size, rng):
    rows = rng.choice(len(study.later), size, replace=False)
    return study.later.iloc[rows].reset_index(drop=True), study.y_later[rows]


def seed_of(rng):
    return int(rng.integers(2**31))


def columns_for(kind, X, n_columns, rng):
    """Columns that suffer a kind of fault, at most so many; two at least to swap."""
    is_category = X.dtypes == "category"
    names = X.columns
    if kind in CATEGORIES_ONLY:
        names = names[is_category]
    elif kind in NUMBERS_ONLY or (kind == "swap" and rng.random() < 0.5):
        names = names[~is_category]
    n = max(n_columns, 2 if kind == "swap" else 1)
    return list(rng.choice(names, n, replace=False)) if len(names) >= n else []


def blamed_columns(study, kind, severity, n_columns, rng):
    """One row of results, or None if the fault costs too little."""
    X, y = draw(study, study.size, rng)
    chosen = columns_for(kind, X, n_columns, rng)
    if not chosen:
        return None
    try:
        changed = corrupt_table(
            X, kind, severity, columns=chosen, random_state=seed_of(rng)
        )
    except ValueError:  # no two of them can change places
        return None
    # Some columns stay as they are: those that had only one value, or that no column
    # of their type changed places with.
    at_fault = [name for name in chosen if not changed[name].equals(X[name])]
    lost = np.mean(study.clf.predict(X) == y) - np.mean(study.clf.predict(changed) == y)
    if not at_fault or lost < LEAST_LOST:
        return None
    # What `explain` does about columns; regions take most of the time.
    explainer = study.explainer
    said = explainer.input_test_.predict(changed).columns
    watched = WatchedModel.of(explainer.estimator)
    columns, _ = explainer._find_columns(watched, changed, said)
    blamed = [
        column
        for column, words in columns.items()
        if words.startswith(("changed and harmful", "harmful"))
    ]
    return {
        "kind": kind,
        "columns at fault": len(at_fault),
        "first": bool(blamed) and blamed[0] in at_fault,
        "any": bool(blamed),
        "named": len(blamed),
        "right": len(set(blamed) & set(at_fault)),
    }


def draw_region(X, rng, wanted=0.1):
    """Draw one or two conditions that hold for about the share of the rows wanted."""
    while True:
        names = list(rng.choice(X.columns, rng.integers(1, 3), replace=False))
        inside = np.ones(len(X), dtype=bool)
        # Each condition keeps about the same share of the rows that the others leave.
        share = wanted ** (1 / len(names))
        for name in names:
            values = X[name]
            if values.dtype == "category":
                inside &= values == rng.choice(values.cat.categories)
            elif rng.random() < 0.5:
                inside &= values <= values[inside].quantile(share)
            else:
                inside &= values > values[inside].quantile(1 - share)
            if not inside.any():
                break
        if 0.8 * wanted <= inside.mean() <= 1.2 * wanted:
            return np.asarray(inside), names


def segments_in(study, batch):
    """Find the first region, as `explain` does."""
    explainer = study.explainer
    watched = WatchedModel.of(explainer.estimator)
    changes = explainer.input_test_.predict(batch).columns
    changes = {str(name): words for name, words in changes.items()}
    found = explainer._find_segments(watched, batch, watched.scores(batch), changes)
    return found[0] if found else Segment()


def found_region(study, size, rng, wanted=0.1):
    """One row of results, or None if the fault costs too little."""
    X, y = draw(study, size, rng)
    inside, names = draw_region(X, rng, wanted)
    kind = str(rng.choice(IN_REGIONS))
    others = columns_for(kind, X.drop(columns=names), int(rng.integers(1, 4)), rng)
    if not others:
        return None
    changed = X.copy()
    try:
        part = corrupt_table(
            X[inside], kind, 5, columns=others, random_state=seed_of(rng)
        )
    except ValueError:  # no two of them can change places
        return None
    for name in others:
        values = X[name].astype(part[name].dtype)
        values[inside] = part[name]
        changed[name] = values
    right, after = study.clf.predict(X) == y, study.clf.predict(changed) == y
    if right[inside].mean() - after[inside].mean() < LEAST_LOST_INSIDE:
        return None
    segment = segments_in(study, changed)
    held = segment.contains(changed)
    return {
        "rows": size,
        "share": wanted,
        "kind": kind,
        "conditions": len(names),
        "found": bool(segment),
        "jaccard": (held & inside).sum() / (held | inside).sum(),
        "rule": str(segment),
        "planted": ", ".join(names),
    }


def run_columns(study, rng, n_batches):
    rows = []
    for kind in (*ANY, *NUMBERS_ONLY, *CATEGORIES_ONLY):
        for severity in (3, 4, 5):
            for n_columns in (1, 2, 3):
                for _ in range(n_batches):
                    row = blamed_columns(study, kind, severity, n_columns, rng)
                    rows += [row] if row else []
    return rows, []


def run_regions(study, rng, n_batches, n_calm=10, size=2000):
    calm = []
    for _ in range(n_calm):
        batch = study.calm.iloc[rng.choice(len(study.calm), size, replace=False)]
        calm.append({"rows": size, "said": bool(segments_in(study, batch))})
    return planted_regions(study, rng, n_batches, size), calm


def planted_regions(study, rng, n_batches, size, wanted=0.1):
    rows = []
    for _ in range(40 * n_batches):
        row = found_region(study, size, rng, wanted)
        rows += [row] if row else []
        if len(rows) == n_batches:
            break
    return rows


def run_sizes(study, rng, n_batches, sizes=(500, 1000, 2000, 4000), n_calm=40):
    rows, calm = [], []
    for size in sizes:
        for share in (0.05, 0.1, 0.2, 0.4):
            rows += planted_regions(study, rng, n_batches, size, share)
        for _ in range(n_calm):
            batch = study.calm.iloc[rng.choice(len(study.calm), size, replace=False)]
            calm.append({"rows": size, "said": bool(segments_in(study, batch))})
    return rows, calm


def table_of_columns(rows, calm):
    by = rows.groupby(["table", "classifier", "columns at fault"])
    named = by["right"].sum() / by["named"].sum()
    at_fault = by["columns at fault"].sum()
    table = pd.DataFrame(
        {
            "batches": by.size(),
            "first is right": by["first"].mean(),
            "share of named that are right": named,
            "share of those at fault named": by["right"].sum() / at_fault,
        }
    )
    return table.reset_index()


def table_of_regions(rows, calm):
    by = rows.groupby(["table", "classifier"])
    clean = calm.groupby(["table", "classifier"])["said"]
    table = pd.DataFrame(
        {
            "planted": by.size(),
            "found": by["found"].mean(),
            "mean Jaccard": by["jaccard"].mean(),
            "Jaccard of 0.7 or more": by["jaccard"].apply(lambda j: np.mean(j >= 0.7)),
            "clean batches": clean.size(),
            "of these with a region": clean.mean(),
        }
    )
    return table.reset_index()


def table_of_sizes(rows, calm):
    by = rows.groupby(["rows", "share"])
    clean = calm.groupby("rows")["said"]
    table = pd.DataFrame(
        {
            "planted": by.size(),
            "found": by["found"].mean(),
            "mean Jaccard": by["jaccard"].mean(),
            "Jaccard of 0.7 or more": by["jaccard"].apply(lambda j: np.mean(j >= 0.7)),
        }
    ).reset_index()
    table["clean batches"] = table["rows"].map(clean.size())
    table["of these with a region"] = table["rows"].map(clean.mean())
    return table.rename(columns={"share": "share of the region"})


RUNS = {
    "columns": (run_columns, table_of_columns, 1),
    "regions": (run_regions, table_of_regions, 8),
    "sizes": (run_sizes, table_of_sizes, 4),
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--classifiers", nargs="+", default=["boosting", "logistic"])
    parser.add_argument("--only", choices=RUNS, nargs="+", default=list(RUNS))
    parser.add_argument("--batches", type=int, help="of each kind and severity")
    parser.add_argument("--keep", help="folder for the results of every batch")
    arguments = parser.parse_args()
    for what in arguments.only:
        run, tabulate, n_batches = RUNS[what]
        n_batches = arguments.batches or n_batches
        results, calm = [], []
        # Half of a tenth of 150 rows are too few for a region.
        tables = [
            table
            for table in arguments.tables
            if what == "columns" or table != "breast cancer"
        ]
        studies = product(range(arguments.seeds), tables, arguments.classifiers)
        for seed, table, name in studies:
            start = time.perf_counter()
            study = study_of(table, name, arguments.data, seed)
            rng = np.random.default_rng([seed, 1])
            rows, said = run(study, rng, n_batches)
            about = {"table": table, "classifier": name, "seed": seed}
            results += [{**about, **row} for row in rows]
            calm += [{**about, **one} for one in said]
            seconds = time.perf_counter() - start
            print(what, *about.values(), f"{seconds:.0f} s", flush=True)
            if arguments.keep:
                path = os.path.join(arguments.keep, f"blame_{what}_rows.csv")
                pd.DataFrame(results).to_csv(path, index=False)
        results, calm = pd.DataFrame(results), pd.DataFrame(calm)
        table = tabulate(results, calm)
        print(table.round(2).to_string())
        write_table(f"blame_{what}", table, digits=2)
