"""
Which drift is harmful? A study on handwritten digits
=====================================================

A classifier of handwritten digits is in use, and the images get worse: noisy, blurred,
pale, half hidden. Much of that does no harm. Would a drift detector notice the harm,
and how often would it raise an alarm about nothing?

This is the study of the notebook "Model Distillation drift detector on CIFAR-10" of
alibi-detect in small, with two things added: how often a detector with the default
student raises an alarm, and an estimate of the accuracy beside the truth. It needs Keras.
Run as a script it prints what it finds and saves three figures, ``harm_scores.png``,
``contamination.png`` and ``accuracy.png``, in the folder given by ``--output``.
"""

import argparse
import os
from pathlib import Path
from textwrap import fill

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from skdrift import (
    ContaminationDisplay,
    ContaminationSweep,
    DistillationScorer,
    HarmScoreDisplay,
    KerasStudent,
    KSDriftTest,
    PerformanceDisplay,
    PerformanceEstimator,
    TailDriftTest,
)
from skdrift.datasets import corrupt_images

parser = argparse.ArgumentParser(description="Study harmful drift on digits.")
parser.add_argument(
    "--output", type=Path, default=Path(), help="folder for the three figures"
)
output = parser.parse_args().output
output.mkdir(parents=True, exist_ok=True)

# %%
# The classifier in use
# ---------------------
# It is trained on a quarter of the images. The others are new to it, as data in use are.

X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X, y_train, y = train_test_split(
    X, y, train_size=450, stratify=y, random_state=0
)
teacher = MLPClassifier((64,), max_iter=1000, random_state=0).fit(X_train, y_train)
print(f"accuracy on new images: {teacher.score(X, y):.3f}")

# %%
# What may happen to the images
# -----------------------------
# Eight corruptions, each at five severities. The classifier is right on some of the
# corrupted images and wrong on others, and that is the only difference that matters:
# an image is *harmful* if the classifier was right on it and is wrong on its corrupted
# twin, and *harmless* if it is right on both.

CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "gaussian_blur",
    "motion_blur",
    "pixelate",
    "contrast",
    "occlusion",
)


def corrupted(severity):
    """Return every image once for each corruption, block after block."""
    images = X.reshape(-1, 8, 8)
    blocks = [corrupt_images(images, c, severity, random_state=0) for c in CORRUPTIONS]
    return np.concatenate(blocks).reshape(-1, 64)


X_shifted = {severity: corrupted(severity) for severity in (1, 2, 3, 4, 5)}

# %%
# The detector
# ------------
# A student, here one layer of a Keras network, learns the probabilities that the
# classifier gives. Where the two part ways, images score high. A Kolmogorov-Smirnov
# test compares the scores of a batch with those of clean reference images.


def softmax_layer(input_shape, n_classes):
    """Return the smallest network there is."""
    import keras

    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Dense(n_classes, activation="softmax")]
    )


student = KerasStudent(softmax_layer, epochs=40, learning_rate=0.02, random_state=0)
detector = make_pipeline(
    DistillationScorer(FrozenEstimator(teacher), student=student, random_state=0),
    KSDriftTest(alternative="greater"),
)

# %%
# The study
# ---------
# Batches of 100 images are filled with more and more corrupted ones, once with harmful
# and once with harmless ones, a hundred batches each time.

sweep = ContaminationSweep(
    detector, batch_size=100, n_batches=100, reference_size=350, random_state=0
)
sweep.fit(X, y, X_shifted)

# %%
# Harm scores beside the accuracy
# -------------------------------
# Harmful images score higher than harmless ones at every severity, and the accuracy
# falls as more images are harmful.

scores = sweep.scores_.pivot(index="severity", columns="kind", values=["mean", "std"])
table = scores["mean"].map("{:.2f} ± ".format) + scores["std"].map("{:.2f}".format)
table.insert(0, "accuracy", sweep.accuracy_.set_index("severity")["accuracy"].round(3))
print("Harm score, mean ± standard deviation, beside the accuracy")
print(table.to_string())

display = HarmScoreDisplay.from_sweep(sweep)
display.figure_.savefig(output / "harm_scores.png", dpi=100)

# %%
# What the test says as a batch fills up
# --------------------------------------
# Below the dotted line the test raises an alarm. The sooner the mean p-value of the
# harmful batches gets there, and the later that of the harmless ones, the better.

summary = sweep.summary()
for column, title in (("p_mean", "Mean"), ("p_max", "Largest")):
    print(f"\n{title} p-value of 100 batches, by fraction of corrupted images")
    table = summary.pivot(
        index="fraction", columns=["kind", "severity"], values=column
    ).sort_index(axis="columns")
    print(table.to_string(float_format="{:.3f}".format))

display = ContaminationDisplay.from_sweep(sweep)
display.figure_.savefig(output / "contamination.png", dpi=100)

# %%
# What to make of it, and a better detector
# -----------------------------------------

print(f"\nThe detector of the notebook:\n{fill(sweep.verdict(), 72)}")

# %%
# A student of one layer fails on many images that the classifier masters, so that
# harmless images look harmful. The default student follows the classifier more closely,
# and the tail test looks at the highest scores only. Under strong corruption either raises
# an alarm about batches that are mostly harmless: it sees that images have changed.

print("\nThe same with the default student and TailDriftTest ...")
recommended = make_pipeline(
    DistillationScorer(FrozenEstimator(teacher), random_state=0), TailDriftTest()
)
second = ContaminationSweep(
    recommended, batch_size=100, n_batches=100, reference_size=350, random_state=0
)
second.fit(X, y, X_shifted)
print(f"{fill(second.verdict(), 72)}\n")


def share_flagged(sweep, kind, fraction):
    """Share of the batches with an alarm, by severity."""
    rows = sweep.summary().query("kind == @kind and fraction == @fraction")
    return rows.set_index("severity")["detection_rate"]


shares = {
    (name, f"{fraction:.0%} {kind}"): share_flagged(one, kind, fraction)
    for name, one in (("notebook", sweep), ("recommended", second))
    for kind, fraction in (("harmful", 0.2), ("harmless", 0.5), ("harmless", 0.9))
}
print("Share of 100 batches with an alarm")
print(pd.DataFrame(shares).to_string(float_format="{:.2f}".format))

# %%
# How many points are lost?
# -------------------------
# The classifier's owner asks for points, not for p-values. The estimator learns on one
# half of the images, with four kinds of corruption, what harm looks like. It is then
# asked about the other half under the other four kinds, which it has not met.

known, new = np.arange(len(X)) % 2 == 0, np.arange(len(X)) % 2 == 1


def simulated(kind):
    """Return a fault of the estimator: one kind of corruption, of any severity."""

    def change(rows, random_state):
        images = rows.reshape(-1, 8, 8)
        severity = random_state.randint(1, 6)
        images = corrupt_images(images, kind, severity, random_state=random_state)
        return images.reshape(-1, 64)

    return kind, change


print("\nLearning to estimate the accuracy ...")
estimator = PerformanceEstimator(
    FrozenEstimator(teacher),
    faults=[simulated(kind) for kind in CORRUPTIONS[::2]],
    random_state=0,
)
estimator.fit(X[known], y[known])
blocks = {
    severity: rows.reshape(len(CORRUPTIONS), *X.shape)[1::2][:, new]
    for severity, rows in X_shifted.items()
}
batches = {"clean": X[new]}
turn = np.arange(new.sum()) % 4
for severity, of_kinds in blocks.items():
    batches[f"severity {severity}"] = of_kinds[turn, np.arange(new.sum())]

truth = [teacher.score(batch, y[new]) for batch in batches.values()]
for (name, batch), true in zip(batches.items(), truth):
    lost = 100 * (estimator.reference_ - true)
    print(f"{name:12} {estimator.predict(batch)}; {lost:.1f} in truth")

# %%
# Crosses are what labels would have shown. The estimate follows the loss from severity to
# severity; the bars are 90% intervals, made of errors on corruptions that were left out in
# turn, so that one of ten may miss.

display = PerformanceDisplay.from_estimator(
    estimator,
    np.concatenate(list(batches.values())),
    groups=np.repeat(list(batches), new.sum()),
    truth=truth,
)
display.figure_.savefig(output / "accuracy.png", dpi=100)
