"""AutoencoderScorer beside distillation on digits: attacked and damaged images.

A Keras network is trained on a third of scikit-learn's digits, the scorers on a second
third. The last third is attacked by the fast gradient sign method and damaged by seven
corruptions. For each scorer, as mean and range over the seeds:

- AUROC of attacked against clean images, steps of 0.1 and of 0.2;
- share of the attacked images that mislead the network which ScoreThreshold(0.05)
  flags;
- share of clean images that it flags;
- AUROC of harmful against harmless images among the damaged ones;
- accuracy on attacked images after the decision on the rebuilt image;
- seconds to fit.

Run it with ``python benchmarks/autoencoder.py --seeds 3``; needs Keras.
"""

import argparse
import os
from time import perf_counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from record import write_table
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdrift import AutoencoderScorer, DistillationScorer, ScoreThreshold, label_harm
from skdrift.datasets import corrupt_images

STEPS = (0.1, 0.2)
KINDS = (
    "gaussian_noise",
    "impulse_noise",
    "gaussian_blur",
    "motion_blur",
    "pixelate",
    "contrast",
    "occlusion",
)
SEVERITIES = (2, 3, 4, 5)


def unscaled(shape):
    """Pixels as they are, values from 0 to 1 out of the last layer."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Dense(64, activation="relu"),
            layers.Dense(16),
            layers.Dense(64, activation="relu"),
            layers.Dense(shape[0], activation="sigmoid"),
        ]
    )


def scorers(network, seed):
    auto = {"cross_fit": 3, "epochs": 60, "random_state": seed}
    distil = {"cross_fit": 3, "random_state": seed}
    return {
        "autoencoder": AutoencoderScorer(network, **auto),
        "autoencoder, reconstruction": AutoencoderScorer(
            network, reconstruction_weight=1.0, **auto
        ),
        "autoencoder, unscaled": AutoencoderScorer(
            network, architecture=unscaled, reconstruction_weight=10.0, **auto
        ),
        "distillation, combined": DistillationScorer(network, **distil),
        "distillation, kl": DistillationScorer(network, divergence="kl", **distil),
        "1 - max P": DistillationScorer(network, divergence="uncertainty", **distil),
    }


def train(X, y, seed):
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input((64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    network = keras.Sequential(layers)
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(X, y, epochs=60, batch_size=32, verbose=0)
    return network


def attack(network, X, y, step):
    rows = tf.convert_to_tensor(X)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        loss = keras.losses.sparse_categorical_crossentropy(y, network(rows))
    moved = rows + step * tf.sign(tape.gradient(loss, rows))
    return np.clip(moved, 0, 1).astype(np.float32)


def study(seed):
    """Yield a row of figures for each scorer."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    X_train, X, y_train, y = train_test_split(
        X, y, train_size=600, stratify=y, random_state=seed
    )
    X_reference, X_new, _, y_new = train_test_split(
        X, y, train_size=700, random_state=seed
    )
    network = train(X_train, y_train, seed)

    def decide(rows):
        return np.asarray(network(rows)).argmax(axis=1)

    damaged = [
        corrupt_images(X_new.reshape(-1, 8, 8), kind, severity, seed).reshape(-1, 64)
        for kind in KINDS
        for severity in SEVERITIES
    ]
    clean = decide(X_new)
    attacked = {step: attack(network, X_new, y_new, step) for step in STEPS}
    for name, scorer in scorers(network, seed).items():
        start = perf_counter()
        detector = make_pipeline(scorer, ScoreThreshold(0.05)).fit(X_reference)
        row = {"scorer": name, "seconds to fit": perf_counter() - start}
        scores = scorer.transform(X_new)[:, 0]
        row["clean flagged"] = np.mean(detector.predict(X_new) == -1)
        for step, rows in attacked.items():
            both = np.r_[scores, scorer.transform(rows)[:, 0]]
            misled = (decide(rows) != y_new) & (clean == y_new)
            row[f"AUROC {step}"] = roc_auc_score(np.repeat([0, 1], len(X_new)), both)
            row[f"caught {step}"] = np.mean(detector.predict(rows)[misled] == -1)
            row[f"accuracy {step}"] = np.mean(decide(rows) == y_new)
            if hasattr(scorer, "rebuild"):
                row[f"corrected {step}"] = np.mean(scorer.predict(rows) == y_new)
        harm = []
        for rows in damaged:
            kinds = label_harm(y_new, clean, decide(rows))
            if min(kinds.harmful.sum(), kinds.harmless.sum()) >= 10:
                kept = kinds.harmful | kinds.harmless
                damage = scorer.transform(rows)[kept, 0]
                harm.append(roc_auc_score(kinds.harmful[kept], damage))
        row["AUROC damaged"] = np.mean(harm)
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows = pd.DataFrame([row for seed in range(options.seeds) for row in study(seed)])
    columns = [
        "clean flagged",
        *(f"{what} {step}" for what in ("AUROC", "caught") for step in STEPS),
        "AUROC damaged",
        *(f"{what} {step}" for what in ("accuracy", "corrected") for step in STEPS),
        "seconds to fit",
    ]
    groups = rows.groupby("scorer", sort=False)[columns]
    low, mean, high = groups.min(), groups.mean(), groups.max()
    table = pd.DataFrame(
        {
            column: [
                ""
                if np.isnan(m)
                else f"{m:.1f}"
                if column.startswith("seconds")
                else f"{m:.2f} ({a:.2f} to {b:.2f})"
                for a, m, b in zip(low[column], mean[column], high[column])
            ]
            for column in columns
        },
        index=mean.index,
    ).reset_index()
    print(table.T.to_string())
    attacks = ["scorer", *columns[:5], "AUROC damaged", "seconds to fit"]
    write_table("autoencoder", table[attacks])
    rebuilt = table[table["scorer"].str.startswith("autoencoder")]
    write_table("autoencoder_corrected", rebuilt[["scorer", *columns[6:10]]])


if __name__ == "__main__":
    main()
