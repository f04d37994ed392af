"""Which score tells harmful rows from harmless ones? A table for every divergence.

On digits with image corruptions, or on a table of scikit-learn with tabular ones, four
teachers and several students. Two measures: the AUROC of harmful against harmless rows,
averaged over corruptions and severities, and the selectivity of batches of 100, the
share flagged with 20% harmful rows less the share flagged with 90% harmless rows.

Run ``python benchmarks/scores.py --data-set digits --splits 3``.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdrift import (
    DistillationScorer,
    ForestStudent,
    KSDriftTest,
    TailDriftTest,
    label_harm,
)
from skdrift._divergence import DIVERGENCES
from skdrift.datasets import corrupt_images, corrupt_table

SCORES = [*DIVERGENCES, "combined"]
SEVERITIES = (2, 3, 4, 5)
IMAGE_CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "gaussian_blur",
    "motion_blur",
    "pixelate",
    "contrast",
    "brightness",
    "occlusion",
    "rotate",
    "translate",
)
TABLE_CORRUPTIONS = ("missing", "scale", "noise", "swap", "stuck")
FEWEST = 10  # rows of a kind, below which no figure is taken
TESTS = {
    "KS greater": KSDriftTest(alternative="greater"),
    "95% exceedance": TailDriftTest(statistic="exceedance"),
    "Berk-Jones": TailDriftTest(statistic="berk_jones"),
}


def load(name):
    """Return X and y, y in two classes for the regression data set."""
    if name == "digits":
        return load_digits(return_X_y=True)
    if name == "breast_cancer":
        return load_breast_cancer(return_X_y=True)
    X, y = load_diabetes(return_X_y=True)
    return X, (y > np.median(y)).astype(int)


def corrupted(name, X, seed):
    """Yield X under every corruption at every severity."""
    for severity in SEVERITIES:
        if name == "digits":
            for corruption in IMAGE_CORRUPTIONS:
                images = X.reshape(-1, 8, 8) / 16
                shifted = corrupt_images(images, corruption, severity, seed)
                yield corruption, severity, 16 * shifted.reshape(len(X), -1)
        else:
            for kind in TABLE_CORRUPTIONS:
                shifted = corrupt_table(X, kind, severity, seed)
                # none of the teachers but boosting reads missing values
                yield (
                    kind,
                    severity,
                    np.where(np.isnan(shifted), X.mean(axis=0), shifted),
                )


def teachers(seed):
    return {
        "forest": RandomForestClassifier(200, random_state=seed),
        "boosting": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
        "MLP": make_pipeline(
            StandardScaler(), MLPClassifier((64,), max_iter=500, random_state=seed)
        ),
        "SVC": make_pipeline(
            StandardScaler(), SVC(probability=True, random_state=seed)
        ),
    }


def students():
    return {
        "trees": ForestStudent(),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    }


def auroc(scores, harm):
    labels = np.repeat([1, 0], [harm.harmful.sum(), harm.harmless.sum()])
    values = np.concatenate([scores[harm.harmful], scores[harm.harmless]])
    return [roc_auc_score(labels, column) for column in values.T]


def flagged(test, clean, shifted, n_shifted, rng, n_batches=100, batch_size=100):
    """Share of batches flagged by each score, ``n_shifted`` of their rows shifted."""
    rows = [
        np.concatenate(
            [
                shifted[rng.choice(len(shifted), n_shifted)],
                clean[rng.choice(len(clean), batch_size - n_shifted)],
            ]
        )
        for _ in range(n_batches)
    ]
    groups = np.repeat(np.arange(n_batches), batch_size)
    p_values = test.predict(np.concatenate(rows), groups=groups).feature_p_values
    return np.mean(p_values <= 0.05, axis=0)


def study(name, seed):
    """Yield (teacher, student, measure, values of all scores)."""
    X, y = load(name)
    rng = np.random.default_rng(seed)
    train, reference, new = np.array_split(rng.permutation(len(X)), 3)
    blocks = list(corrupted(name, X[new], seed))
    for teacher_name, teacher in teachers(seed).items():
        teacher.fit(X[train], y[train])
        for student_name, student in students().items():
            scorers = [
                DistillationScorer(
                    FrozenEstimator(teacher),
                    student=student,
                    random_state=seed,
                    **options,
                )
                for options in (
                    {"divergence": SCORES},
                    {"divergence": "kl", "temperature": 2.0},
                    {"divergence": "kl", "temperature": 0.5},
                    {"error_model": LogisticRegression(C=0.1, max_iter=2000)},
                )
            ]
            reference_scores = np.hstack(
                [s.fit_transform(X[reference], y[reference]) for s in scorers]
            )
            clean = np.hstack([s.transform(X[new]) for s in scorers])
            y_pred = teacher.predict(X[new])
            harmful, harmless = {}, {}
            for _, severity, shifted in blocks:
                harm = label_harm(y[new], y_pred, teacher.predict(shifted))
                scores = np.hstack([s.transform(shifted) for s in scorers])
                harmful.setdefault(severity, []).append(scores[harm.harmful])
                harmless.setdefault(severity, []).append(scores[harm.harmless])
                if min(harm.harmful.sum(), harm.harmless.sum()) >= FEWEST:
                    yield teacher_name, student_name, "AUROC", auroc(scores, harm)
            for test_name, test in TESTS.items():
                test.fit(reference_scores)
                for severity in SEVERITIES:
                    caught = flagged(
                        test, clean, np.concatenate(harmful[severity]), 20, rng
                    )
                    cried = flagged(
                        test, clean, np.concatenate(harmless[severity]), 90, rng
                    )
                    for measure, values in (
                        ("20% harmful", caught),
                        ("90% harmless", cried),
                        ("selectivity", caught - cried),
                    ):
                        column = f"{test_name}: {measure}"
                        yield teacher_name, student_name, column, values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data-set", choices=["digits", "breast_cancer", "diabetes"], default="digits"
    )
    parser.add_argument("--splits", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    warnings.filterwarnings("ignore", "The `probability`", FutureWarning)

    names = [*SCORES, "kl, T=2", "kl, T=.5", "error model"]
    rows = [
        (teacher, student, measure, score, value)
        for seed in range(options.splits)
        for teacher, student, measure, values in study(options.data_set, seed)
        for score, value in zip(names, values)
    ]
    table = pd.DataFrame(
        rows, columns=["teacher", "student", "measure", "score", "value"]
    )
    print(f"{options.data_set}, {options.splits} splits")
    print("\nAUROC by student and teacher")
    of_rows = table[table.measure == "AUROC"]
    print(
        of_rows.pivot_table(
            index=["student", "score"], columns="teacher", values="value", margins=True
        ).to_string(float_format="{:.3f}".format)
    )
    print("\nBatches of 100 flagged at alpha = .05, mean over teachers and severities")
    print(
        table[table.measure != "AUROC"]
        .pivot_table(index=["student", "score"], columns="measure", values="value")
        .to_string(float_format="{:.2f}".format)
    )


if __name__ == "__main__":
    main()
