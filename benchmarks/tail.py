"""Size, power and speed of the tests of the upper tail, beside Kolmogorov-Smirnov.

Run it with ``python benchmarks/tail.py``. It prints

- size: share of undrifted batches flagged at level 0.05, for continuous, rounded and
  zero-inflated scores, with the binomial band in which a test of that size stays;
- power on handwritten digits with four teachers: share of batches of 100 flagged that
  hold harmful rows, or harmless ones, by the scorer's label-free "combined" score;
- speed: time of the tail tests as a multiple of the Kolmogorov-Smirnov test.

``--proba FILE.npz`` adds the same table for another classifier, from probabilities of
teacher and student that were computed before: ``P`` and ``Q`` (n, n_classes) of clean
rows that neither was trained on, their true classes ``y`` as column numbers, and for
every severity s arrays ``P_s`` and ``Q_s`` (r * n, n_classes), r corruptions of the
same rows in order, such as ``P_3``. ``--only size|power|speed|proba`` runs one part.
"""

import argparse
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from record import write_table
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdrift.datasets import corrupt_images
from skdrift.detection._ks import KSDriftTest
from skdrift.detection._tail import TailDriftTest
from skdrift.scoring._scorer import DistillationScorer
from skdrift.scoring._scores import (
    combined,
    conformal_p_value_knots,
    log_loss,
    uncertainty,
)
from skdrift.sweep._batches import BatchPlan, compose_batches
from skdrift.sweep._harm import label_harm

TESTS = {
    "KS two-sided": KSDriftTest(),
    "KS greater": KSDriftTest(alternative="greater"),
    "exceedance, q=0.9": TailDriftTest(q=0.9),
    "exceedance, q=0.95": TailDriftTest(),
    "exceedance, q=0.98": TailDriftTest(q=0.98),
    "exceedance, q=0.98, min_effect=0.04": TailDriftTest(q=0.98, min_effect=0.04),
    "Berk-Jones": TailDriftTest(statistic="berk_jones"),
    "Berk-Jones, min_effect=0.05": TailDriftTest(
        statistic="berk_jones", min_effect=0.05
    ),
}
CORRUPTIONS = ("gaussian_noise", "gaussian_blur", "occlusion", "contrast")
BATCH = 100


def flagged(test, reference, scores):
    groups = np.repeat(np.arange(len(scores) // BATCH), BATCH)
    return test.fit(reference).predict(scores, groups=groups).is_drift


KINDS = {
    "continuous": lambda x: x,
    "1 decimal": lambda x: x.round(1),
    "90% zeros": lambda x: np.maximum(x - 1.2816, 0),
}


def undrifted(kind, name, n_references=400, n_batches=25):
    """Share of undrifted batches flagged, for each of many references."""
    make, rng = KINDS[kind], np.random.default_rng(0)
    return [
        flagged(
            TESTS[name],
            make(rng.normal(size=(1000, 1))),
            make(rng.normal(size=(n_batches * BATCH, 1))),
        ).mean()
        for _ in range(n_references)
    ]


def size():
    rows = []
    for kind in KINDS:
        for name in TESTS:
            shares = undrifted(kind, name)
            # Batches that share a reference are not independent.
            error = np.std(shares) / np.sqrt(len(shares))
            rows.append((kind, name, np.mean(shares), 3 * error))
    table = pd.DataFrame(rows, columns=["scores", "test", "size", "3 errors"])
    table = table.pivot(index="test", columns="scores").reindex(TESTS)
    print(table.round(4).to_string())
    shown = table["size"][list(KINDS)]
    shown["3 standard errors, at most"] = table["3 errors"].max(axis=1)
    write_table("tail_size", shown.reset_index())


def shares_flagged(reference, clean, harmful, harmless, seed, n_batches=200):
    """Share of batches flagged for every kind of contamination."""
    rng = np.random.default_rng(seed)
    cases = {("clean", 0): (clean, 0)}
    for percent in (5, 10, 20):
        cases["harmful", percent] = (harmful, percent)
    for percent in (10, 20, 50, 90):
        cases["harmless", percent] = (harmless, percent)
    result = {}
    for case, (pool, n_shifted) in cases.items():
        plan = BatchPlan((), BATCH, n_batches, ())
        scores = compose_batches(clean, pool, n_shifted, plan, rng)
        for name, test in TESTS.items():
            result[name, *case] = flagged(test, reference, scores).mean()
    return pd.Series(result)


def teachers(seed):
    return {
        "forest": RandomForestClassifier(200, random_state=seed),
        "MLP": MLPClassifier((64,), max_iter=1000, random_state=seed),
        "SVC": make_pipeline(
            StandardScaler(), SVC(gamma=0.02, probability=True, random_state=seed)
        ),
        "boosting": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
    }


def digits_scores(seed, teacher):
    """Scores of the reference, of clean rows, and of harmful and harmless rows."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    order = np.random.default_rng(seed).permutation(len(X))
    train, known, clean, twins = np.split(order, [500, 1100, 1450])
    teacher.fit(X[train], y[train])
    scorer = DistillationScorer(
        FrozenEstimator(teacher), divergence="combined", random_state=seed
    )
    reference = scorer.fit(X[known]).transform(X[known])
    images = X[twins].reshape(-1, 8, 8)
    shifted = np.concatenate(
        [
            corrupt_images(images, corruption, severity, seed).reshape(-1, 64)
            for corruption in CORRUPTIONS
            for severity in (2, 3, 4, 5)
        ]
    )
    labels = label_harm(y[twins], teacher.predict(X[twins]), teacher.predict(shifted))
    scores = scorer.transform(shifted)
    return (
        reference,
        scorer.transform(X[clean]),
        scores[labels.harmful],
        scores[labels.harmless],
    )


def power(n_seeds):
    tables = {}
    for seed in range(n_seeds):
        for name, teacher in teachers(seed).items():
            tables[name, seed] = shares_flagged(*digits_scores(seed, teacher), seed)
            print(f"digits, {name}, seed {seed}: done", flush=True)
    table = pd.DataFrame(tables).T.groupby(level=0).mean()
    for name in TESTS:
        print(f"\n{name}")
        part = table[name]
        part.loc["mean"] = part.mean()
        print(part.round(3).to_string())
    mean = table.mean().unstack([1, 2]).reindex(TESTS)
    mean.columns = [
        f"{percent}% {kind}" if percent else kind for kind, percent in mean.columns
    ]
    write_table("tail_power", mean.rename_axis("test").reset_index(), 2)


def proba(path, weight=1.0, seed=0):
    """Power from probabilities computed before, by severity."""
    data = np.load(path)
    y = data["y"]
    rng = np.random.default_rng(seed)
    honest, known, clean, twins = np.array_split(rng.permutation(len(y)), 4)
    known = known[:1000]
    P, Q = data["P"][honest], data["Q"][honest]
    knots = [conformal_p_value_knots(score(P, Q)) for score in (log_loss, uncertainty)]

    def score(P, Q):
        return combined(P, Q, *knots, weight)[:, None]

    right = data["P"].argmax(axis=1)
    severities = sorted(int(name[2:]) for name in data if name.startswith("P_"))
    tables = {}
    for severity in severities:
        P, Q = data[f"P_{severity}"], data[f"Q_{severity}"]
        labels = label_harm(y, right, P.argmax(axis=1))
        twin = np.isin(np.arange(len(P)) % len(y), twins)
        tables[severity] = shares_flagged(
            score(data["P"][known], data["Q"][known]),
            score(data["P"][clean], data["Q"][clean]),
            score(P[labels.harmful & twin], Q[labels.harmful & twin]),
            score(P[labels.harmless & twin], Q[labels.harmless & twin]),
            seed,
        )
    table = pd.DataFrame(tables).T
    for name in TESTS:
        print(f"\n{name}, by severity")
        print(table[name].round(3).to_string())


def speed(repetitions=5):
    rng = np.random.default_rng(0)
    cases = {
        "10,000 batches, n=1000": (1000, 10_000, lambda x: x),
        "one batch, n=1000": (1000, 1, lambda x: x),
        "1000 batches, n=1000, 1 decimal": (1000, 1000, lambda x: x.round(1)),
        "1000 batches, n=1000, 90% zeros": (1000, 1000, lambda x: np.maximum(x, 1.28)),
        "1000 batches, n=10,000": (10_000, 1000, lambda x: x),
    }
    rows = {}
    for case, (n, n_batches, make) in cases.items():
        for name in ("KS greater", "exceedance, q=0.95", "Berk-Jones"):
            times = []
            for _ in range(repetitions):
                # New data each time; p-values that were met before are remembered.
                reference = make(rng.normal(size=(n, 1)))
                scores = make(rng.normal(size=(n_batches * BATCH, 1)))
                test = TESTS[name].fit(reference)
                groups = np.repeat(np.arange(n_batches), BATCH)
                start = perf_counter()
                test.predict(scores, groups=groups)
                times.append(perf_counter() - start)
            rows.setdefault(case, {})[name] = median(times)
    table = pd.DataFrame(rows).T
    print("seconds (median)")
    print(table.to_string(float_format="{:.4f}".format))
    print("multiples of KS greater")
    print(table.div(table["KS greater"], axis=0).round(2).to_string())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=("size", "power", "speed", "proba"))
    parser.add_argument("--proba", metavar="FILE.npz")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    pd.set_option("display.width", 200)
    if options.only in (None, "size"):
        size()
    if options.only in (None, "power"):
        power(options.seeds)
    if options.only in (None, "speed"):
        speed()
    if options.proba and options.only in (None, "proba"):
        proba(options.proba)


if __name__ == "__main__":
    main()
