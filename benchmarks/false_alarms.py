"""How often clean batches are flagged: cross-fitted students against naive ones.

For each kind of teacher and student and for many random splits of simulated data, the
rows that train the student also serve as the reference, and fresh clean batches of 100
are tested against them at alpha = 0.05. With cross-fitting about 5% should be flagged.

Run ``python benchmarks/false_alarms.py --splits 20``; ``--teachers forest`` and
``--students default`` choose some.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from record import write_table
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdrift import DistillationScorer, KSDriftTest

TEACHERS = {
    "forest": RandomForestClassifier(50),
    "boosting": HistGradientBoostingClassifier(max_iter=30),
    "MLP": MLPClassifier((32,), max_iter=200),
    "SVC": SVC(probability=True),
}
STUDENTS = {
    "default": None,
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "boosting": HistGradientBoostingClassifier(max_iter=30),
}
DIVERGENCES = ["combined", "log_loss", "kl"]
N_TEACHER, N_REFERENCE, N_BATCHES, BATCH_SIZE = 600, 1000, 100, 100


def flagged(teacher, student, cross_fit, seed):
    """Return the share of clean batches flagged, by alternative and divergence."""
    n_fresh = N_BATCHES * BATCH_SIZE
    X, y = make_classification(
        N_TEACHER + N_REFERENCE + n_fresh,
        12,
        n_informative=6,
        flip_y=0.1,
        random_state=seed,
    )
    teacher = teacher.set_params(random_state=seed).fit(X[:N_TEACHER], y[:N_TEACHER])
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        student=student,
        divergence=DIVERGENCES,
        cross_fit=cross_fit,
        random_state=seed,
    )
    reference = scorer.fit_transform(X[N_TEACHER:-n_fresh])
    fresh = scorer.transform(X[-n_fresh:])
    groups = np.repeat(np.arange(N_BATCHES), BATCH_SIZE)
    for alternative in ("two-sided", "greater"):
        test = KSDriftTest(alternative=alternative).fit(reference)
        p_values = test.predict(fresh, groups=groups).feature_p_values
        for divergence, share in zip(DIVERGENCES, np.mean(p_values <= 0.05, axis=0)):
            yield (alternative, divergence), share


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--naive-splits", type=int, default=3)
    parser.add_argument("--teachers", nargs="+", choices=TEACHERS, default=TEACHERS)
    parser.add_argument("--students", nargs="+", choices=STUDENTS, default=STUDENTS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    warnings.filterwarnings("ignore", "The `probability`", FutureWarning)

    shares = {}
    for cross_fit, n_splits in ((5, options.splits), (None, options.naive_splits)):
        for seed in range(n_splits):
            for teacher_name in options.teachers:
                for student_name in options.students:
                    teacher, student = TEACHERS[teacher_name], STUDENTS[student_name]
                    row = (f"cross_fit={cross_fit}", teacher_name, student_name)
                    for column, share in flagged(teacher, student, cross_fit, seed):
                        shares.setdefault(column, {}).setdefault(row, []).append(share)
    table = pd.DataFrame(
        {
            column: {row: np.mean(v) for row, v in rows.items()}
            for column, rows in shares.items()
        }
    )
    print(
        f"share of {N_BATCHES} clean batches of {BATCH_SIZE} flagged at alpha = 0.05,"
    )
    print(f"reference {N_REFERENCE}, mean over {options.splits} splits")
    print(f"(cross_fit=None: {options.naive_splits})")
    print(table.to_string(float_format="{:.3f}".format))
    write_table("false_alarms", shown(table))


def shown(table):
    """One line for each teacher and student, those without cross-fitting last."""
    fitted, naive = (table.loc[f"cross_fit={folds}"] for folds in (5, None))
    columns = {
        f"{divergence}, {alternative}": fitted[alternative, divergence]
        for alternative in ("two-sided", "greater")
        for divergence in ("combined", "kl")
    } | {
        f"one student: {divergence}, greater": naive["greater", divergence]
        for divergence in ("combined", "kl")
    }
    return pd.DataFrame(columns).rename_axis(["teacher", "student"]).reset_index()


if __name__ == "__main__":
    main()
