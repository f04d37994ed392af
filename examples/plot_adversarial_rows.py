"""
Rows made to mislead: AutoencoderScorer finds and corrects attacks
==================================================================

An attacker who knows a network can change each image a little in the direction that
raises the network's loss most, the fast gradient sign method. Two scorers look for such
images: :class:`~skdrift.AutoencoderScorer`, which rebuilds each image and compares what
the network says before and after, and :class:`~skdrift.DistillationScorer`. Behind
either, :class:`~skdrift.ScoreThreshold` judges single images, and the rebuilt images
give a corrected decision. Needs Keras.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skdrift import AutoencoderScorer, DistillationScorer, ScoreThreshold

parser = argparse.ArgumentParser(description="Find and correct adversarial rows.")
parser.add_argument("--output", type=Path, help="folder for the figure")
output = parser.parse_args().output

# %%
# The network
# -----------
# It is trained on a third of the digits. Another third, without labels, trains the
# scorers and sets the thresholds; the last third is attacked.

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X, y_train, y = train_test_split(
    X, y, train_size=600, stratify=y, random_state=0
)
X_reference, X_new, _, y_new = train_test_split(X, y, train_size=700, random_state=0)
keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
network.compile("adam", "sparse_categorical_crossentropy")
network.fit(X_train, y_train, epochs=60, batch_size=32, verbose=0)


def accuracy(decided):
    """Share of right decisions."""
    return np.mean(decided == y_new)


def decide(rows):
    """Return the classes that the network decides for."""
    return np.asarray(network(rows)).argmax(axis=1)


print(f"accuracy on new images: {accuracy(decide(X_new)):.3f}")

# %%
# The attack
# ----------
# One step of length epsilon for each pixel, to the worse.


def attack(rows, labels, epsilon):
    """Return images moved by the fast gradient sign method."""
    rows = tf.convert_to_tensor(rows)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        loss = keras.losses.sparse_categorical_crossentropy(labels, network(rows))
    step = tf.sign(tape.gradient(loss, rows))
    return np.clip(rows + epsilon * step, 0, 1).astype(np.float32)


# %%
# The detectors
# -------------
# The thresholds leave out the highest 5% of the scores of the reference. There are two
# autoencoders. The default scales each pixel by its spread on clean images, so that it
# feels any change where clean images are always white. The second takes pixels as they
# are and returns values from 0 to 1; it is harder to disturb, which is what a correction
# needs.


def unscaled(shape):
    """Return an autoencoder with outputs from 0 to 1."""
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


repair = AutoencoderScorer(
    network,
    architecture=unscaled,
    reconstruction_weight=10.0,
    cross_fit=3,
    epochs=50,
    random_state=0,
).fit(X_reference)

detectors = {
    "autoencoder": make_pipeline(
        AutoencoderScorer(network, cross_fit=3, epochs=50, random_state=0),
        ScoreThreshold(0.05),
    ),
    "distillation": make_pipeline(
        DistillationScorer(network, cross_fit=3, random_state=0),
        ScoreThreshold(0.05),
    ),
}
for name, detector in detectors.items():
    detector.fit(X_reference)
    false = np.mean(detector.predict(X_new) == -1)
    print(f"{name}: {false:.3f} of new clean images flagged")

# %%
# What is found, and what is put right
# ------------------------------------
# AUROC of attacked against clean images; share of the images that mislead the network
# which are flagged; and the accuracy with and without the correction, the decision on
# the image as the second autoencoder rebuilds it.

clean_scores = {name: d[:-1].transform(X_new)[:, 0] for name, d in detectors.items()}
rows = []
for epsilon in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
    attacked = attack(X_new, y_new, epsilon)
    decided = decide(attacked)
    misled = (decided != y_new) & (decide(X_new) == y_new)
    row = {"epsilon": epsilon, "network": accuracy(decided)}
    row["corrected"] = accuracy(repair.predict(attacked))
    for name, detector in detectors.items():
        scores = detector[:-1].transform(attacked)[:, 0]
        if epsilon:
            row[f"AUROC {name}"] = roc_auc_score(
                np.repeat([0, 1], len(X_new)), np.r_[clean_scores[name], scores]
            )
            row[f"caught {name}"] = np.mean(detector.predict(attacked)[misled] == -1)
    rows.append(row)
results = pd.DataFrame(rows)
print(results.to_string(index=False, float_format="{:.3f}".format, na_rep=""))

# %%
# Above, one image as it is, attacked and rebuilt; below, all of them.

epsilon = 0.15
attacked = attack(X_new, y_new, epsilon)
rebuilt = repair.rebuild(attacked)
saved = (decide(X_new) == y_new) & (decide(attacked) != y_new)
saved &= repair.predict(attacked) == y_new
shown = np.flatnonzero(saved)[0]
figure = plt.figure(figsize=(9, 5.5), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[2, 3])
for ax, name, images in zip(
    above.subplots(1, 3),
    ("clean", f"attacked, epsilon = {epsilon}", "rebuilt"),
    (X_new, attacked, rebuilt),
):
    image = images[shown]
    ax.imshow(image.reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{name}: decided {decide(image[None])[0]}", fontsize=10)
    ax.set_axis_off()
caught, decisions = below.subplots(1, 2)
for name in detectors:
    caught.plot(results["epsilon"], results[f"caught {name}"], "o-", label=name)
caught.set(
    xlabel="Epsilon of the attack", ylabel="Misleading images flagged", ylim=(0, 1.03)
)
caught.legend()
for name, colour in (("network", "C3"), ("corrected", "C2")):
    decisions.plot(results["epsilon"], results[name], "o-", c=colour, label=name)
decisions.set(xlabel="Epsilon of the attack", ylabel="Accuracy", ylim=(0, 1.03))
decisions.legend()
if output is not None:
    output.mkdir(parents=True, exist_ok=True)
    figure.savefig(output / "adversarial_rows.png", dpi=150)
