"""
Time series: what do ageing sensors cost a classifier?
======================================================

A classifier of movements is in use, and its sensors grow old. This page damages series
in every way that :func:`~skdrift.datasets.corrupt_series` knows and asks for each: what
does it cost the classifier, and does the detector raise an alarm?

With aeon installed (``pip install "skdrift[examples]"``) the series are the gestures of
its data set BasicMotions, six channels of an accelerometer and a gyroscope, cut into
windows, and the classifier is aeon's MiniRocket. Without it the series are simulated,
and the classifier is a logistic regression on their spectra.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdrift import DistillationScorer, TailDriftTest
from skdrift.datasets import SERIES_CORRUPTIONS, corrupt_series

parser = argparse.ArgumentParser(description="Study harmful drift of time series.")
parser.add_argument("--output", type=Path, help="folder for the figure")
output = parser.parse_args().output

# %%
# The series
# ----------
# X has the shape (series, channels, times), as everywhere in the field. Windows of one
# recording are near-equal rows: ``groups`` keeps them together, here and in the scorer.


def gestures(window=40, step=10):
    """Windows of aeon's recordings, their labels and the recordings."""
    from aeon.datasets import load_basic_motions

    recordings, labels = load_basic_motions()
    starts = range(0, recordings.shape[2] - window + 1, step)
    X = np.stack([recordings[:, :, t : t + window] for t in starts], axis=1)
    groups = np.repeat(np.arange(len(recordings)), len(starts))
    return X.reshape(-1, *X.shape[2:]), np.repeat(labels, len(starts)), groups


def simulated(n=1800, n_times=40):
    """Three channels that swing, each class with rhythms of its own."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=n)
    rhythm = np.array([[2, 4, 3], [3, 4, 2], [2, 5, 4], [3, 5, 3]])[y]
    rhythm = rhythm + rng.normal(scale=0.35, size=rhythm.shape)
    phase = rng.uniform(0, 2 * np.pi, size=rhythm.shape)
    times = np.linspace(0, 2 * np.pi, n_times)
    X = np.sin(rhythm[:, :, None] * times + phase[:, :, None])
    X += rng.normal(scale=0.6, size=X.shape)
    return X, np.array(["rest", "walk", "turn", "climb"])[y], np.arange(n)


def spectra(X):
    """Amplitudes of each channel, side by side."""
    return np.abs(np.fft.rfft(X, axis=2))[:, :, :12].reshape(len(X), -1)


def rhythms(X):
    """How each channel resembles itself some steps later, and its spread."""
    power = np.abs(np.fft.rfft(X, n=2 * X.shape[2], axis=2)) ** 2
    lags = np.fft.irfft(power, axis=2)[:, :, :12]
    spread = np.log(lags[:, :, :1] + 1e-12)
    return np.concatenate([lags / (lags[:, :, :1] + 1e-12), spread], axis=2).reshape(
        len(X), -1
    )


try:
    from aeon.transformations.collection.convolution_based import MiniRocket
except ImportError:
    X, y, groups = simulated()
    first = FunctionTransformer(spectra)
else:
    X, y, groups = gestures()
    first = MiniRocket(n_kernels=500, random_state=0)
print(f"{X.shape[0]} series, {X.shape[1]} channels, {X.shape[2]} times")

# %%
# The classifier in use
# ---------------------
# A third of the recordings trains it, a third is the reference, without labels, and a
# third is what arrives later.

order = np.random.default_rng(1).permutation(np.unique(groups))
train, reference, new = (np.isin(groups, part) for part in np.array_split(order, 3))
teacher = make_pipeline(
    first, StandardScaler(), LogisticRegression(C=0.1, max_iter=500)
)
teacher.fit(X[train], y[train])
X_new, y_new = X[new], y[new]
accuracy = teacher.score(X_new, y_new)
print(f"accuracy on new series: {accuracy:.3f}")

# %%
# The detector
# ------------
# The student looks at the series in another way than the classifier: how each channel
# resembles itself some steps later. ``KerasStudent("conv1d")`` is another choice for longer series.

student = make_pipeline(
    FunctionTransformer(rhythms), StandardScaler(), LogisticRegression(max_iter=500)
)
scorer = DistillationScorer(FrozenEstimator(teacher), student=student, random_state=0)
scores = scorer.fit(X[reference], groups=groups[reference]).transform(X[reference])
test = TailDriftTest().fit(scores)
print(f"the student decides as the classifier on {scorer.fidelity_:.0%} of the series")

# %%
# What ageing costs and what is flagged
# -------------------------------------
# A hundred batches of 50 series from each damaged set. ``"missing"`` is left out: the
# classifier does not read gaps.

rng = np.random.default_rng(0)


def study(kind, severity):
    """Points lost and share of batches flagged under one corruption."""
    shifted = X_new
    if severity:
        shifted = corrupt_series(X_new, kind, severity, random_state=0)
    scores = scorer.transform(shifted)
    rows = np.concatenate([rng.permutation(len(shifted))[:50] for _ in range(100)])
    result = test.predict(scores[rows], groups=np.repeat(np.arange(100), 50))
    lost = 100 * (accuracy - teacher.score(shifted, y_new))
    return kind, severity, lost, result.is_drift.mean()


kinds = [kind for kind in SERIES_CORRUPTIONS if kind != "missing"]
results = pd.DataFrame(
    [study("clean", 0)] + [study(kind, s) for kind in kinds for s in (1, 2, 3, 4, 5)],
    columns=["kind", "severity", "lost", "flagged"],
)
for value in ("lost", "flagged"):
    table = results.pivot(index="kind", columns="severity", values=value)
    print(f"\n{value}\n{table.to_string(float_format='{:.2f}'.format, na_rep='')}")

# %%
# In the picture the loss grows along the x-axis and alarms along the y-axis. A selective
# detector goes up steeply: near the dotted line while nothing is lost, at the top once
# something is.

figure, axes = plt.subplots(2, 5, figsize=(11, 4.6), sharex=True, sharey=True)
clean = results[results["kind"] == "clean"]
for ax, kind in zip(axes.flat, kinds):
    path = pd.concat([clean, results[results["kind"] == kind]])
    ax.plot(path["lost"], path["flagged"], color="0.8", zorder=0)
    dots = ax.scatter(path["lost"], path["flagged"], c=path["severity"], cmap="viridis")
    ax.axhline(0.05, color="0.6", linewidth=1, linestyle=":")
    ax.set_title(kind)
figure.supxlabel("Points of accuracy lost")
figure.supylabel("Share of batches flagged")
figure.set_layout_engine("constrained")
figure.colorbar(dots, ax=axes, label="severity (0: clean)")
if output is not None:
    output.mkdir(parents=True, exist_ok=True)
    figure.savefig(output / "time_series.png", dpi=150)
