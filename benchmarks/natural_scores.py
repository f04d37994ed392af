"""Scores that join teacher and student, beside the teacher's confidence alone.

    python benchmarks/natural_scores.py DATA

DATA is a folder with employment_ma.parquet, elec2.parquet and reviews.parquet. On these
the AUROC of rows that the classifier gets wrong against rows that it gets right, after
shifts as they came: later years and their subgroups, the later two thirds of a market,
reviews of the other goods. On digits and the two tables of
``benchmarks/scores.py`` the AUROC of harmful against harmless rows, after simulated
faults. The student is the default one everywhere.
"""

import argparse
import os
import warnings

import numpy as np
import pandas as pd
from performance import SUBGROUPS
from record import write_table
from scores import (
    CATEGORIES,
    FEWEST,
    IMAGE_CORRUPTIONS,
    corrupted,
    load,
    preprocessing,
    rows_of,
    teachers,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, label_harm
from skdrift.scoring._scores import combined, conformal_p_value_knots, log_loss

N_TRAIN, N_REFERENCE, N_NEW = 10_000, 5_000, 10_000
NAMES = ("forest", "boosting")


def at_decision(values, decision):
    return values[np.arange(len(values)), decision]


def candidates(scorer, reference, new):
    """Yield name and values of each score of new rows."""
    P, Q, decision = new.teacher, new.student, new.decision
    knots = [
        conformal_p_value_knots(each)
        for each in (
            log_loss(reference.teacher, reference.student, reference.decision),
            1 - reference.teacher.max(axis=1),
        )
    ]
    weight = min(1.0, np.sqrt(2 * (1 - scorer.fidelity_)))
    loss, doubt = log_loss(P, Q, decision), 1 - P.max(axis=1)
    yield "uncertainty", doubt
    yield "log_loss", loss
    yield "combined", combined(P, Q, *knots, weight, decision)
    yield "combined, weight 1", combined(P, Q, *knots, 1.0, decision)
    for share in (0.7, 0.5, 0.3):
        mixed = at_decision(share * P + (1 - share) * Q, decision)
        yield f"{share:.1f} P + {1 - share:.1f} Q", 1 - mixed
    ranks = [np.interp(values, *each) for values, each in zip((loss, doubt), knots)]
    yield "mean of ranks", -np.mean(ranks, axis=0)
    yield "larger rank", -np.min(ranks, axis=0)


def areas(clf, X_reference, seed, pools):
    """Yield the AUROC of every score, for pools of (rows, bad ones, good ones)."""
    scorer = DistillationScorer(FrozenEstimator(clf), random_state=seed)
    reference = scorer.fit(X_reference).teacher_student_proba(X_reference)
    for X, bad, good in pools:
        if min(bad.sum(), good.sum()) < FEWEST:
            continue
        new = scorer.teacher_student_proba(X)
        truth = np.repeat([1, 0], [bad.sum(), good.sum()])
        for name, values in candidates(scorer, reference, new):
            yield name, roc_auc_score(truth, np.r_[values[bad], values[good]])


def simulated(data_set, seed):
    X, y = load(data_set)
    order = np.random.default_rng(seed).permutation(len(X))
    train, clean, new = np.array_split(order, 3)
    X_new = rows_of(X, new)
    blocks = list(corrupted(data_set, X_new, IMAGE_CORRUPTIONS, seed))
    for name in NAMES:
        clf = teachers(preprocessing(data_set, X), seed)[name]
        clf.fit(rows_of(X, train), y[train])
        before = clf.predict(X_new)
        pools = (
            (shifted, *label_harm(y[new], before, clf.predict(shifted)))
            for _, shifted in blocks
        )
        for score, area in areas(clf, rows_of(X, clean), seed, pools):
            yield data_set, name, score, area


def classifier(name, seed):
    if name == "forest":
        return RandomForestClassifier(200, random_state=seed)
    return HistGradientBoostingClassifier(random_state=seed)


def wrong_and_right(clf, pools):
    for X, y in pools:
        wrong = clf.predict(X) != np.asarray(y)
        yield X, wrong, ~wrong


def of_table(title, old, new_pools, target, seed):
    """Yield figures of a table with the classifiers trained on old rows."""
    old = old.sample(N_TRAIN + N_REFERENCE, random_state=seed)
    train, clean = old[:N_TRAIN], old[N_TRAIN:].drop(columns=target)
    for name in NAMES:
        clf = classifier(name, seed)
        clf.fit(train.drop(columns=target), train[target])
        for place, rows in new_pools.items():
            pools = ((part.drop(columns=target), part[target]) for part in rows)
            found = areas(clf, clean, seed, wrong_and_right(clf, pools))
            for score, area in found:
                yield f"{title}{place}", name, score, area


def natural(folder, seed):
    data = pd.read_parquet(os.path.join(folder, "employment_ma.parquet"))
    data = data.astype({n: float for n in data if n not in ("year", "employed")})
    old = data[data["year"] == 2015].drop(columns="year")
    new = data[data["year"] > 2015].drop(columns="year")
    new = new.sample(N_NEW, random_state=seed)
    groups = [new[inside(new)] for inside in SUBGROUPS.values()]
    pools = {", later": [new], ", subgroups": groups}
    yield from of_table("employment", old, pools, "employed", seed)

    data = pd.read_parquet(os.path.join(folder, "elec2.parquet"))
    third = len(data) // 3
    new = data[third:].sample(N_NEW, random_state=seed)
    yield from of_table("elec2", data[:third], {"": [new]}, "class", seed)

    data = pd.read_parquet(os.path.join(folder, "reviews.parquet"))
    data = data.sample(frac=1, random_state=seed)
    for domain, own in data.groupby("domain"):
        clf = make_pipeline(
            TfidfVectorizer(min_df=2, sublinear_tf=True),
            LogisticRegression(C=5, max_iter=1000),
        )
        clf.fit(own["text"][:1000], own["label"][:1000])
        other = data[data["domain"] != domain]
        pools = wrong_and_right(clf, [(other["text"].to_numpy(), other["label"])])
        clean = own["text"][1000:].to_numpy()
        for score, area in areas(clf, clean, seed, pools):
            yield "reviews", "logistic", score, area


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for seed in range(options.seeds):
        for data_set in CATEGORIES:
            rows += simulated(data_set, seed)
        rows += natural(options.data, seed)
        print(f"seed {seed} done", flush=True)
    table = pd.DataFrame(rows, columns=["data", "classifier", "score", "AUROC"])
    wide = table.pivot_table(
        index="score", columns=["data", "classifier"], values="AUROC", sort=False
    )
    print(wide.round(3).to_string())
    # One column for each set; the least gain is over sets and classifiers.
    gain = (wide - wide.loc["uncertainty"]).min(axis=1)
    shown = wide.T.groupby(level="data", sort=False).mean().T
    shown["mean"] = shown.mean(axis=1)
    shown["least gain"] = gain
    write_table("scores_natural", shown.reset_index())


if __name__ == "__main__":
    main()
