"""How near estimated accuracy comes to the truth on photographs of kinds never met.

    python benchmarks/performance_images.py DATA

DATA is a folder with cifar10_subset.npz, resnet32_cifar10.keras and the corruptions of
cifar10c. The estimator learns on clean photographs with corruptions of the package, of
which the four kinds that it is asked about are left out, all at once. It judges whole
sets of 1000 photographs, and batches of 100 as they come.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from performance import METHODS, baselines, errors, verdicts
from record import write_table

from skdrift import KerasStudent, KerasTeacher, PerformanceEstimator
from skdrift.datasets import IMAGE_CORRUPTIONS, corrupt_images
from skdrift.performance._faults import RowFault
from skdrift.performance._views import SUMS

ASKED = ("gaussian_noise", "motion_blur", "brightness", "pixelate")
SET, BATCH = 1000, 100
TOLERANCES = (0.03, 0.05)


def photographs(folder):
    """Labelled clean photographs, and sets with their corruption and severity."""
    with np.load(folder / "cifar10_subset.npz") as data:
        X, y = data["x_test"].astype(np.float32) / 255, data["y_test"].ravel()
    labels = np.load(folder / "cifar10c" / "labels.npy").ravel()[:SET]
    sets = [("clean", 0, X[:SET])]
    for kind in ASKED:
        stack = np.load(folder / "cifar10c" / f"{kind}.npy", mmap_mode="r")
        for severity in range(1, 6):
            part = stack[(severity - 1) * SET : severity * SET]
            sets.append((kind, severity, part.astype(np.float32) / 255))
    return X[SET:], y[SET:], sets, labels


def judge_all(folder, seed):
    """One line for each set, and one for each of the batches that it is cut into."""
    import keras

    warnings.simplefilter("ignore")
    X, y, sets, labels = photographs(folder)
    network = keras.models.load_model(folder / "resnet32_cifar10.keras", compile=False)
    estimator = PerformanceEstimator(
        KerasTeacher(network),
        student=KerasStudent("conv", epochs=5, batch_size=64),
        faults=[
            (kind, RowFault(corrupt_images, kind))
            for kind in IMAGE_CORRUPTIONS
            if kind not in ASKED
        ],
        random_state=seed,
    )
    start = time.perf_counter()
    estimator.fit(X, y)
    print(seed, f"fit {time.perf_counter() - start:.0f} s", flush=True)
    counts = estimator.count(X)
    estimator.clean_means = dict(zip(SUMS, counts.sums / counts.size))
    rows = []
    for kind, severity, images in sets:
        parts = [
            estimator.count(images[first : first + BATCH])
            for first in range(0, SET, BATCH)
        ]
        right = estimator.scorer_.estimator_.predict(images) == labels
        whole = sum(parts[1:], start=parts[0])
        about = {"seed": seed, "kind": kind, "severity": severity}
        # A batch is classed by what its whole set has lost.
        about["lost"] = estimator.reference_ - right.mean()
        truths = right.reshape(-1, BATCH).mean(axis=1)
        for what, truth in ((whole, right.mean()), *zip(parts, truths, strict=True)):
            said = {
                tolerance: estimator.set_params(tolerance=tolerance).predict_counts(
                    what
                )
                for tolerance in TOLERANCES
            }
            one = said[TOLERANCES[0]]
            rows.append(
                {
                    **about,
                    "size": what.size,
                    "truth": truth,
                    "skdrift": one.estimate,
                    "low": one.low,
                    "high": one.high,
                    **{f"at {name}": one.verdict for name, one in said.items()},
                    **baselines(estimator, what),
                }
            )
    return rows


def loss_classes(lost):
    edges = [-1, 0.01, 0.02, 0.05, 0.1, 0.2, 1]
    names = ["under 1", "1 to 2", "2 to 5", "5 to 10", "10 to 20", "over 20"]
    return pd.cut(lost, edges, labels=names)


def main(folder, seeds, n_jobs):
    parts = Parallel(n_jobs=n_jobs)(delayed(judge_all)(folder, seed) for seed in seeds)
    rows = pd.DataFrame([row for part in parts for row in part])
    rows["scope"] = np.where(rows["kind"] == "clean", "clean", "corrupted")
    found = errors(rows, ["size", "scope"])
    by = rows.assign(error=100 * (rows["skdrift"] - rows["truth"]).abs())
    by = by.groupby(["size", "scope"], sort=False)["error"]
    found["90% of errors below"] = by.quantile(0.9).to_numpy()
    print(found.round(2).to_string())
    write_table("performance_images_errors", found, digits=2)
    parts = rows[rows["size"] == BATCH].copy()
    parts["what was lost"] = loss_classes(parts["lost"]).astype(str)
    clean = parts["kind"] == "clean"
    parts.loc[clean, "what was lost"] = "clean"
    order = ["clean", *loss_classes(pd.Series([0.0])).cat.categories]
    said = []
    for tolerance in TOLERANCES:
        part = parts.assign(tolerance=tolerance, verdict=parts[f"at {tolerance}"])
        part = verdicts(part, ["tolerance", "what was lost"])
        said.append(part.set_index("what was lost").reindex(order).dropna())
    said = pd.concat(said).reset_index()
    said.insert(0, "tolerance", said.pop("tolerance"))
    said["batches"] = said["batches"].astype(int)
    print(said.round(3).to_string())
    write_table("performance_images_verdicts", said)
    kinds = rows[rows["size"] == SET].groupby(["kind", "severity"], sort=False)
    print((100 * kinds[["truth", *METHODS]].mean()).round(1).to_string())
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", nargs="?", default=os.getenv("SKDRIFT_CIFAR10_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, default=None)
    parser.add_argument("--keep", help="file for all rows, as Parquet")
    arguments = parser.parse_args()
    results = main(Path(arguments.data), range(arguments.seeds), arguments.n_jobs)
    if arguments.keep:
        results.to_parquet(arguments.keep)
