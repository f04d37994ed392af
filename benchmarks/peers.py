"""The package beside its peers on the same rows: time, memory and quality.

- tests: 50 batches of 100 scores against 1000, for each of 20 references: clean ones,
  clean ones with ties (nine scores in ten are equal), and with 10 rows of 100 from far
  up. Share flagged at 0.05, time and memory of one call for all 50 batches, or of the
  loop over batches where a tool takes one at a time;
- wide: one batch of 100 rows of 300 columns against 1000 rows;
- accuracy without labels: gradient boosting on ``employment_ma.parquet`` in the folder
  ``--data`` or ``$SKDRIFT_DATA``, 2015 to train on and as reference, 60 batches of 500
  rows of 2016 to 2018, each half of them with numbers scaled twofold; error of the
  estimated accuracy in points.

A peer that is not installed is named and left out. ``peers_distillation.py`` has
alibi-detect's model distillation and adversarial autoencoder.

``make benchmark-peers`` makes an environment for it and runs it.
"""

import argparse
import logging
import os
import tracemalloc
import warnings
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from record import write_table
from scipy.stats import ks_2samp, lognorm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator

from skdrift import KSDriftTest, PerformanceEstimator, TailDriftTest
from skdrift.datasets import corrupt_table

# NannyML reports its use over the network unless told not to.
os.environ.setdefault("NML_DISABLE_USAGE_LOGGING", "1")

ALPHA = 0.05
N_REFERENCES, N_BATCHES, BATCH, REFERENCE = 20, 50, 100, 1000
PARTS = ("tests", "wide", "accuracy")


def installed(name):
    """Import a module, or say that it is missing and return None."""
    try:
        return import_module(name)
    except Exception as error:  # a peer may break in any way on being imported
        print(f"{name} left out: {type(error).__name__}: {error}")
        return None


def timed(work):
    """Return result and seconds."""
    start = perf_counter()
    result = work()
    return result, perf_counter() - start


def peak_memory(work):
    """Return the megabytes that a run needs at its peak. The run takes much longer."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def alibi_p_values(module, reference, batches):
    detector = module.KSDrift(reference, p_val=ALPHA, alternative="greater")
    return [detector.predict(batch)["data"]["p_val"].min() for batch in batches]


def frouros_p_values(module, reference, batches):
    detector = module.KSTest()
    detector.fit(X=reference[:, 0])
    return [
        detector.compare(X=batch[:, 0], alternative="greater")[0].p_value
        for batch in batches
    ]


def torchdrift_p_values(module, reference, batches):
    """Two-sided p-values: torchdrift has no others."""
    import torch

    detector = module.KSDriftDetector()
    detector.fit(torch.from_numpy(reference))
    return [detector.compute_p_value(torch.from_numpy(batch)) for batch in batches]


def scipy_p_values(reference, batches):
    return [
        ks_2samp(reference[:, 0], batch[:, 0], alternative="greater").pvalue
        for batch in batches
    ]


def own_p_values(test, reference, batches):
    groups = np.repeat(np.arange(len(batches)), batches.shape[1])
    return (
        test.fit(reference)
        .predict(batches.reshape(-1, batches.shape[2]), groups=groups)
        .p_value
    )


def tools():
    found = {
        "skdrift KSDriftTest": partial(
            own_p_values, KSDriftTest(alternative="greater")
        ),
        "skdrift TailDriftTest": partial(own_p_values, TailDriftTest()),
        "SciPy ks_2samp, loop": scipy_p_values,
    }
    for name, module, function in (
        ("alibi-detect KSDrift", "alibi_detect.cd", alibi_p_values),
        ("frouros KSTest", "frouros.detectors.data_drift.batch", frouros_p_values),
        ("torchdrift KSDriftDetector", "torchdrift.detectors", torchdrift_p_values),
    ):
        peer = installed(module)
        if peer is not None:
            label = f"{name} {version(name.split()[0])}"
            found[label] = partial(function, peer)
    return found


def scores(seed):
    """Return reference and batches by name, scores like those of a student."""
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.lognormal(size=shape)

    reference = draw(REFERENCE, 1)
    clean = draw(N_BATCHES, BATCH, 1)
    harmful = draw(N_BATCHES, BATCH, 1)
    harmful[:, :10] = lognorm.ppf(0.9, 1) * (1 + draw(N_BATCHES, 10, 1))
    # The quantile of the distribution: one of the reference would favour it.
    cut = lognorm.ppf(0.9, 1)

    def tied(X):
        return np.maximum(X, cut) - cut

    return {
        "clean flagged": (reference, clean),
        "clean with ties flagged": (tied(reference), tied(clean)),
        "10% harmful flagged": (reference, harmful),
    }


def tests(found):
    rows = []
    for name, p_values in found.items():
        row, seconds, flagged = {"tool": name}, [], {}
        for seed in range(N_REFERENCES):
            for kind, (reference, batches) in scores(seed).items():
                p, time = timed(partial(p_values, reference, batches))
                flagged.setdefault(kind, []).append(np.mean(np.asarray(p) <= ALPHA))
                seconds.append(time)
        row.update({kind: f"{np.mean(share):.3f}" for kind, share in flagged.items()})
        row["ms a batch"] = 1e3 * np.median(seconds) / N_BATCHES
        # A loop needs no more for fifty batches than for ten.
        few = batches if "skdrift" in name else batches[:10]
        row["peak MB"] = peak_memory(partial(p_values, reference, few))
        rows.append(row)
    table = pd.DataFrame(rows)
    table["times KSDriftTest"] = table["ms a batch"] / table["ms a batch"][0]
    return table


def wide(found):
    rng = np.random.default_rng(0)
    reference, batch = rng.normal(size=(REFERENCE, 300)), rng.normal(size=(BATCH, 300))
    rows = []
    for name, p_values in found.items():
        if "KSDrift" in name:
            work = partial(p_values, reference, batch[None])
            seconds = [timed(work)[1] for _ in range(3)]
            rows.append((name, 1e3 * np.median(seconds), peak_memory(work)))
    table = pd.DataFrame(rows, columns=["tool", "ms", "peak MB"])
    table["times KSDriftTest"] = table["ms"] / table["ms"][0]
    return table


def cbpe(module, reference, batches):
    """Estimates of NannyML's CBPE, from P, decisions and labels of the reference."""
    estimator = module.CBPE(
        y_pred_proba="P",
        y_pred="decided",
        y_true="y",
        problem_type="classification_binary",
        metrics=["accuracy"],
        chunk_size=len(batches[0]),
    ).fit(reference)
    frame = estimator.estimate(pd.concat(batches, ignore_index=True)).to_df()
    # The chunks of the reference come first.
    frame = frame[frame[("chunk", "period")] == "analysis"]
    return frame[("accuracy", "value")].to_numpy(dtype=float)


def accuracy(path):
    data = pd.read_parquet(path)
    nannyml = installed("nannyml")
    rows = []
    for seed in range(3):
        known = data[data["year"] == 2015].sample(15_000, random_state=seed)
        later = data[data["year"] > 2015].sample(30_000, random_state=seed)
        X, y = (
            pd.concat([known, later]).drop(columns=["year", "employed"]),
            pd.concat([known, later])["employed"].to_numpy().astype(int),
        )
        model = HistGradientBoostingClassifier(random_state=seed)
        model.fit(X[:10_000], y[:10_000])
        X_reference, y_reference = X[10_000:15_000], y[10_000:15_000]
        X, y = X[15_000:], y[15_000:]
        batches = [X[i : i + 500] for i in range(0, 30_000, 500)]
        batches = [
            corrupt_table(batch, "scale", 3, seed) if i % 2 else batch
            for i, batch in enumerate(batches)
        ]
        truth = np.array(
            [
                model.score(batch, y[500 * i : 500 * (i + 1)])
                for i, batch in enumerate(batches)
            ]
        )

        def own(seed=seed, model=model, X=X_reference, y=y_reference, new=batches):
            estimator = PerformanceEstimator(
                FrozenEstimator(model), random_state=seed
            ).fit(X, y)
            return np.array([estimator.predict(batch).estimate for batch in new])

        def answers(X, model=model):
            P = model.predict_proba(X)[:, 1]
            return pd.DataFrame({"P": P, "decided": (P > 0.5).astype(int)})

        works = {"skdrift PerformanceEstimator": own}
        if nannyml is not None:
            reference = answers(X_reference).assign(y=y_reference)
            works[f"NannyML CBPE {version('nannyml')}"] = partial(
                cbpe, nannyml, reference, [answers(batch) for batch in batches]
            )
        constant = model.score(X_reference, y_reference)
        works["the reference's accuracy"] = partial(np.full, len(truth), constant)
        for name, work in works.items():
            start = perf_counter()
            error = 100 * np.abs(work() - truth)
            seconds = perf_counter() - start
            rows.append((name, error[::2].mean(), error[1::2].mean(), seconds))
    columns = ["tool", "error, as they are", "error, scaled", "seconds"]
    table = pd.DataFrame(rows, columns=columns)
    return table.groupby("tool", sort=False, as_index=False).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.getenv("SKDRIFT_DATA"))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    found = tools()
    employment = Path(options.data or "") / "employment_ma.parquet"
    for part in options.parts:
        if part != "accuracy":
            table = {"tests": tests, "wide": wide}[part](found)
        elif employment.is_file():
            table = accuracy(employment)
        else:
            print("accuracy left out: employment_ma.parquet is not there")
            continue
        print(f"\n{part}\n{table.to_string(index=False)}", flush=True)
        write_table(f"peers_{part}", table, digits=2)


if __name__ == "__main__":
    main()
