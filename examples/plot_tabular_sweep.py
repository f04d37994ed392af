"""
Which detector for a table? ContaminationSweep on loan applications
===================================================================

Gradient boosting decides about loan applications: a table of numbers and categories
with gaps in it. Later the table will go wrong in the ways tables do. Fields stay
empty, a form switches from euros to cents, a code table is shifted by one, a sensor or
a script writes the same value again and again. Which of that would a drift detector
notice, which does no harm, and which detector should be deployed?

The table is simulated, so that nothing has to be downloaded. Needs no Keras.
"""

import argparse
from functools import partial
from pathlib import Path
from textwrap import fill

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

from skdrift import (
    ContaminationDisplay,
    ContaminationSweep,
    DistillationScorer,
    HarmScoreDisplay,
    KSDriftTest,
)
from skdrift.datasets import corrupt_table, make_loans

parser = argparse.ArgumentParser(description="Study harmful drift of a table.")
parser.add_argument("--output", type=Path, help="folder for figures and report")
output = parser.parse_args().output

# %%
# Applications
# ------------
# Numbers on very different scales, categories, and income left empty by one in eight,
# more often by the self-employed.

X, y = make_loans(random_state=0)
print(X.head(4).to_string(index=False))

# %%
# The model in use
# ----------------
# Trained on a third of the applications; it takes categories and gaps as they are.

X_train, X, y_train, y = train_test_split(X, y, train_size=4000, random_state=0)
X = X.reset_index(drop=True)
teacher = HistGradientBoostingClassifier(max_iter=150, random_state=0)
teacher.fit(X_train, y_train)
print(f"accuracy on new applications: {teacher.score(X, y):.3f}")

# %%
# What may happen to the table
# ----------------------------
# Seven corruptions, one below the other for each severity. A function instead of a
# table keeps only one severity in memory.

KINDS = [
    "missing",
    "scale",
    "noise",
    "swap",
    "shift_category",
    "unseen_category",
    "stuck",
]


def corrupt(severity):
    """Stack the corrupted tables of one severity."""
    return pd.concat(
        [corrupt_table(X, kind, severity, random_state=0) for kind in KINDS]
    )


X_shifted = {severity: partial(corrupt, severity) for severity in (1, 3, 5)}

# %%
# The detectors
# -------------
# The student is a logistic regression behind preprocessing of its own. Teacher and
# student answer once for each row; three ways to score the answers, each with two
# sizes of the batch, are compared at next to no cost.

student = make_pipeline(
    make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
        remainder=make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True),
            QuantileTransformer(n_quantiles=100, output_distribution="normal"),
        ),
    ),
    LogisticRegression(max_iter=1000),
)
detector = make_pipeline(
    DistillationScorer(FrozenEstimator(teacher), student=student, random_state=0),
    KSDriftTest(alternative="greater"),
)
sweep = ContaminationSweep(
    detector,
    param_grid={
        "distillationscorer__divergence": ["kl", "uncertainty", "combined"],
        "batch_size": [100, 300],
    },
    reference_size=2000,
    random_state=0,
)
sweep.fit(X, y, X_shifted)
print(
    sweep.accuracy_.query("candidate == 0")
    .drop(columns="candidate")
    .to_string(index=False)
)

# %%
# Which one to deploy
# -------------------
# ``area`` is the mean gap between the harmful and the harmless detection curve.

selectivity = (
    sweep.selectivity().groupby("candidate")[["area", "harmful", "harmless"]].mean()
)
comparison = sweep.candidates_.join(selectivity, on="candidate").rename(
    columns={"distillationscorer__divergence": "score"}
)
print(comparison.to_string(index=False, float_format="{:.2f}".format))
print(fill(sweep.verdict(), 72))

# %%
# The most selective candidate in pictures: how often a batch is flagged, and what the
# scores look like.

detection = ContaminationDisplay.from_sweep(sweep, kind="detection")
scores = HarmScoreDisplay.from_sweep(sweep)

if output is not None:
    output.mkdir(parents=True, exist_ok=True)
    detection.figure_.savefig(output / "tabular_detection.png", dpi=150)
    scores.figure_.savefig(output / "tabular_scores.png", dpi=150)
    sweep.report(output / "tabular_report.html")
