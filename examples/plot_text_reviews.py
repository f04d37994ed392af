"""
Texts: which typing errors and cuts hurt a classifier?
======================================================

A classifier reads texts by their words, TF-IDF and logistic regression. What reaches it
gets worse: typing errors, scanned pages, lost words, texts cut short. Some of that costs
it its accuracy and some does not, and no label will say which. The harm score tells,
beside the usual signal, the classifier's own doubt.

With a folder that holds ``reviews.parquet`` (columns ``text``, ``label`` and ``domain``),
given by ``--data`` or the variable ``SKDRIFT_DATA``, the texts are reviews of electronics
and the classifier tells praise from complaint; reviews of films come as one more shift.
Without it they are passages from the documentation of SciPy, and the classifier tells
which part of the library they are about.
"""

import argparse
import importlib
import inspect
import os
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, TailDriftTest
from skdrift.datasets import corrupt_text

parser = argparse.ArgumentParser(description="Study harmful drift of texts.")
parser.add_argument("--data", type=Path, default=os.getenv("SKDRIFT_DATA"))
parser.add_argument("--output", type=Path, help="folder for the figure")
options = parser.parse_args()

# %%
# The texts
# ---------


def passages(modules=("stats", "signal", "optimize", "linalg")):
    """Paragraphs of documentation and the part of SciPy that each belongs to."""
    rows = []
    for name in modules:
        module = importlib.import_module(f"scipy.{name}")
        for public in sorted(module.__all__):
            text = inspect.getdoc(getattr(module, public)) or ""
            for paragraph in re.split(r"\n\s*\n", text):
                # Without prompts, rules and markup, and long enough to mean something.
                words = re.findall(r"[A-Za-z][A-Za-z'-]+", paragraph)
                if ">>>" not in paragraph and len(words) >= 20:
                    rows.append((" ".join(words), name))
    return pd.DataFrame(rows, columns=["text", "label"]).drop_duplicates("text")


reviews = Path(options.data or "") / "reviews.parquet"
if reviews.is_file():
    data = pd.read_parquet(reviews)
    source, other = (data[data["domain"] == name] for name in ("electronics", "dvd"))
else:
    source, other = passages(), None
source = source.sample(frac=1, random_state=0)[:2100]
X, y = source["text"].tolist(), source["label"].to_numpy()
print(f"{len(X)} texts, such as: {X[0][:150]} ...")
print(source["label"].value_counts().to_string())

# %%
# The classifier in use
# ---------------------
# It is trained on a third of the texts. Another third is the reference of the detector,
# without labels, and the last third is what arrives later.

third = len(X) // 3
teacher = make_pipeline(
    TfidfVectorizer(min_df=2, sublinear_tf=True), LogisticRegression(C=10)
)
teacher.fit(X[:third], y[:third])
X_reference, X_new, y_new = X[third : 2 * third], X[2 * third :], y[2 * third :]
accuracy = teacher.score(X_new, y_new)
print(f"accuracy on new texts: {accuracy:.3f}")

# %%
# The detector
# ------------
# The default student for texts reads n-grams of three and four characters: another view
# than the classifier's words, so that the two do not err alike. Three scores are asked for
# at once: the default, ``"combined"``; ``"blend"``, which trusts the classifier's
# probabilities more than the student's; and ``"uncertainty"``, 1 - max P, which asks no
# student.

SCORES = {"combined": "combined", "blend": "blend", "uncertainty": "1 - max P"}
scorer = DistillationScorer(
    FrozenEstimator(teacher), divergence=list(SCORES), random_state=0
)
test = TailDriftTest(statistic="berk_jones").fit(scorer.fit_transform(X_reference))
print(f"the student decides as the classifier on {scorer.fidelity_:.0%} of the texts")

# %%
# What happens to the texts
# -------------------------
# A hundred batches of 100 texts are drawn from each corrupted set. For rows, the AUROC
# tells how well a score separates texts that are harmful, decided rightly when clean and
# wrongly now, from those decided rightly both times.

rng = np.random.default_rng(0)
right = teacher.predict(X_new) == y_new


def study(name, severity, shifted, labels, twins):
    """Points lost, share of batches flagged and AUROC of each score."""
    scores = scorer.transform(shifted)
    right_now = teacher.predict(shifted) == labels
    rows = np.concatenate([rng.permutation(len(shifted))[:100] for _ in range(100)])
    p_values = test.predict(
        scores[rows], groups=np.repeat(np.arange(100), 100)
    ).feature_p_values
    row = {
        "kind": name,
        "severity": severity,
        "lost": 100 * (accuracy - right_now.mean()),
    }
    for j, score in enumerate(SCORES):
        row[f"flagged {score}"] = np.mean(p_values[:, j] <= 0.05)
        if twins and np.sum(right & ~right_now) >= 10:
            row[f"AUROC {score}"] = roc_auc_score(~right_now[right], scores[right, j])
    return row


KINDS = ("typos", "ocr", "drop_words", "truncate", "spaces", "mojibake")
results = [study("clean", 0, X_new, y_new, twins=False)]
for kind in KINDS:
    for severity in (1, 3, 5):
        shifted = corrupt_text(X_new, kind, severity, random_state=0)
        results.append(study(kind, severity, shifted, y_new, twins=True))
if other is not None:
    other = other.sample(third, random_state=0)
    results.append(
        study("films", 0, other["text"].tolist(), other["label"].to_numpy(), False)
    )
results = pd.DataFrame(results)
print(results.to_string(index=False, float_format="{:.2f}".format))

# %%
# Harm and alarms
# ---------------
# Scores of texts move a little everywhere rather than a lot in a few, so that the test is
# the Berk-Jones one: a count above one quantile misses most of this.
#
# Left: points above each other are one corruption at one severity. Alarms should be rare
# where nothing was lost, at the left, and certain at the right. Right: the mean AUROC of
# the rows over severities. Single texts that were spoilt are known best by the
# classifier's own doubt, as long as they look much as before. The student is ahead where
# the words are gone, as with spaces at the highest severity.

figure, (alarms, rows) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
auroc = results.groupby("kind")[[f"AUROC {score}" for score in SCORES]].mean().dropna()
auroc = auroc.sort_values("AUROC combined")
for score, colour, marker in zip(SCORES, ("C0", "C2", "C1"), "os^"):
    alarms.scatter(
        results["lost"],
        results[f"flagged {score}"],
        c=colour,
        marker=marker,
        label=SCORES[score],
    )
    rows.plot(auroc[f"AUROC {score}"], auroc.index, marker, c=colour)
alarms.axhline(0.05, color="0.6", linewidth=1, linestyle=":")
alarms.set(xlabel="Points of accuracy lost", ylabel="Share of batches flagged")
alarms.legend()
rows.hlines(auroc.index, auroc.min(axis=1), auroc.max(axis=1), color="0.8", zorder=0)
rows.axvline(0.5, color="0.6", linewidth=1, linestyle=":")
rows.set(xlabel="AUROC, harmful against harmless texts")
if options.output is not None:
    options.output.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.output / "text_reviews.png", dpi=150)
