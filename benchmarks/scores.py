"""Which score tells harmful rows from harmless ones? A table for every divergence.

On digits with image corruptions, or on a table of scikit-learn with tabular ones, four
teachers and several students. Two measures: the AUROC of harmful against harmless rows,
averaged over corruptions and severities, and the selectivity of batches of 100, the
share flagged with 20% harmful rows less the share flagged with 90% harmless rows.

A third of the rows trains the teacher, a third the student, a third is corrupted. The
tables get two columns of categories, the quarters of a number, and their teachers are
pipelines that impute, scale and encode, which the default student borrows.

Run ``python benchmarks/scores.py --splits 3``; ``--data-set`` and ``--teachers`` choose
some. ``--keras`` adds a Keras student, ``--benign`` (digits) the default one that also
learns slightly rotated and shifted rows; ``--corruptions`` (digits) chooses some of the
eleven.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from record import write_table
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from skdrift import (
    DistillationScorer,
    ForestStudent,
    KerasStudent,
    KSDriftTest,
    TailDriftTest,
    label_harm,
)
from skdrift.datasets import corrupt_images, corrupt_table
from skdrift.scoring._scores import DIVERGENCES

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
TABLE_CORRUPTIONS = (
    "missing",
    "scale",
    "noise",
    "swap",
    "stuck",
    "shift_category",
    "unseen_category",
)
# Numbers that are cut into quarters.
CATEGORIES = {
    "digits": [],
    "breast_cancer": ["worst perimeter", "mean texture"],
    "diabetes": ["bmi", "s5"],
}
CLASSIFIERS = ("forest", "boosting", "MLP", "SVC")
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
    read = load_breast_cancer if name == "breast_cancer" else load_diabetes
    X, y = read(return_X_y=True, as_frame=True)
    for column in CATEGORIES[name]:
        X[column] = pd.qcut(X[column], 4, labels=list("abcd")).astype(str)
    return X, (y > y.median()).astype(int).to_numpy() if name == "diabetes" else (
        y.to_numpy()
    )


def rows_of(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def corrupted(name, X, image_corruptions, seed):
    """Yield X under every corruption at every severity."""
    for severity in SEVERITIES:
        if name == "digits":
            for corruption in image_corruptions:
                images = X.reshape(-1, 8, 8) / 16
                shifted = corrupt_images(images, corruption, severity, seed)
                yield severity, 16 * shifted.reshape(len(X), -1)
        else:
            for kind in TABLE_CORRUPTIONS:
                yield severity, corrupt_table(X, kind, severity, seed)


def preprocessing(name, X):
    if name == "digits":
        return StandardScaler()
    categories = CATEGORIES[name]
    numbers = [column for column in X.columns if column not in categories]
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories),
    )


def teachers(prepare, seed):
    classifiers = {
        "forest": RandomForestClassifier(200, random_state=seed),
        "boosting": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
        "MLP": MLPClassifier((64,), max_iter=500, random_state=seed),
        "SVC": SVC(probability=True, random_state=seed),
    }
    return {
        name: make_pipeline(clone(prepare), classifier)
        for name, classifier in classifiers.items()
    }


def move(X, random_state):
    """Rotate or shift digits a little, as a benign change."""
    images = X.reshape(-1, 8, 8) / 16
    rotated = random_state.rand(len(X)) < 0.5
    moved = np.empty_like(images)
    for rows, kind in ((rotated, "rotate"), (~rotated, "translate")):
        moved[rows] = corrupt_images(images[rows], kind, 2, random_state)
    return 16 * moved.reshape(len(X), -1)


def student_options(prepare, options):
    """Options of the scorer that make the students to compare."""
    linear = make_pipeline(clone(prepare), LogisticRegression(max_iter=500))
    trees = make_pipeline(clone(prepare), ForestStudent())
    students = {
        "default": {},
        "trees": {"student": trees},
        "logistic": {"student": linear},
    }
    if options.benign:
        students["default, benign moves"] = {"benign": [move, move]}
    if options.keras:
        network = make_pipeline(clone(prepare), KerasStudent(epochs=30))
        students["Keras, 64 units"] = {"student": network}
    return students


def score_names(data_set):
    """Name the columns of all scores."""
    names = [*SCORES, "kl, T=2", "kl, T=0.5", "error model"]
    # On breast cancer some teachers make too few errors to learn from.
    return names[:-1] if data_set == "breast_cancer" else names


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


def study(name, seed, options):
    """Yield (teacher, student, measure, values of all scores)."""
    X, y = load(name)
    rng = np.random.default_rng(seed)
    train, reference, new = np.array_split(rng.permutation(len(X)), 3)
    X_train, X_reference, X_new = (rows_of(X, rows) for rows in (train, reference, new))
    blocks = list(corrupted(name, X_new, options.corruptions, seed))
    prepare = preprocessing(name, X)
    more_options = [
        {"divergence": SCORES},
        {"divergence": "kl", "temperature": 2.0},
        {"divergence": "kl", "temperature": 0.5},
    ]
    if "error model" in score_names(name):
        error_model = LogisticRegression(C=0.1, max_iter=2000)
        more_options.append({"error_model": error_model})
    for teacher_name in options.teachers:
        teacher = teachers(prepare, seed)[teacher_name]
        teacher.fit(X_train, y[train])
        for student_name, chosen in student_options(prepare, options).items():
            scorers = [
                DistillationScorer(
                    FrozenEstimator(teacher), random_state=seed, **chosen, **more
                )
                for more in more_options
            ]
            reference_scores = np.hstack(
                [s.fit_transform(X_reference, y[reference]) for s in scorers]
            )
            clean = np.hstack([s.transform(X_new) for s in scorers])
            y_pred = teacher.predict(X_new)
            harmful, harmless = {}, {}
            for severity, shifted in blocks:
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
        "--data-set", nargs="+", choices=list(CATEGORIES), default=list(CATEGORIES)
    )
    parser.add_argument(
        "--teachers", nargs="+", choices=CLASSIFIERS, default=CLASSIFIERS
    )
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--keras", action="store_true")
    parser.add_argument(
        "--corruptions",
        nargs="+",
        choices=IMAGE_CORRUPTIONS,
        default=IMAGE_CORRUPTIONS,
        metavar="NAME",
    )
    parser.add_argument("--benign", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    warnings.filterwarnings("ignore", "The `probability`", FutureWarning)

    table = pd.concat([measured(name, options) for name in options.data_set])
    for data_set, part in table.groupby("data set", sort=False):
        print(f"\n{data_set}, {options.splits} splits")
        print_tables(part)
    write_tables(table)


def measured(data_set, options):
    """All figures of one data set, one line each."""
    names = score_names(data_set)
    # Faults of pictures are the only ones to learn beforehand.
    benign = options.benign and data_set == "digits"
    options = argparse.Namespace(**vars(options) | {"benign": benign})
    rows = [
        (data_set, teacher, student, measure, score, value)
        for seed in range(options.splits)
        for teacher, student, measure, values in study(data_set, seed, options)
        for score, value in zip(names, values)
    ]
    columns = ["data set", "teacher", "student", "measure", "score", "value"]
    return pd.DataFrame(rows, columns=columns)


def print_tables(table):
    print("\nAUROC by student and teacher")
    of_rows = table[table.measure == "AUROC"]
    print(
        of_rows.pivot_table(
            index=["student", "score"], columns="teacher", values="value", margins=True
        ).to_string(float_format="{:.3f}".format)
    )
    print("\nBatches of 100 flagged at alpha = 0.05, mean over teachers and severities")
    print(
        table[table.measure != "AUROC"]
        .pivot_table(index=["student", "score"], columns="measure", values="value")
        .to_string(float_format="{:.2f}".format)
    )


def write_tables(table):
    """Write three tables: by score, by student, and of batches, each by data set."""
    of_rows = table[table.measure == "AUROC"]
    wide = {"columns": "data set", "values": "value", "sort": False}
    default = of_rows[of_rows.student == "default"]
    by_score = default.pivot_table(index="score", **wide)
    by_score = by_score.sort_values(by_score.columns[0], ascending=False)
    shown = by_score.map("{:.2f}".format).replace("nan", "too few errors")
    write_table("scores_divergences", shown.reset_index(), 2)

    few = ["combined", "log_loss", "kl", "uncertainty"]
    of_students = of_rows[of_rows.score.isin(few[:3])]
    by_student = of_students.pivot_table(index=["student", "score"], **wide)
    write_table("scores_students", by_student.reset_index(), 2)

    of_batches = table[(table.student == "default") & table.score.isin(few)]
    of_batches = of_batches[of_batches.measure.str.endswith(("harmful", "harmless"))]
    split = of_batches.measure.str.split(": ", expand=True)
    of_batches = of_batches.assign(test=split[0], batches=split[1])
    by_test = of_batches.pivot_table(index=["test", "score", "batches"], **wide)
    cells = by_test.map("{:.2f}".format).unstack("batches")
    joined = {
        name: cells[name, "20% harmful"] + " / " + cells[name, "90% harmless"]
        for name in by_test.columns
    }
    write_table("scores_batches", pd.DataFrame(joined).reset_index())


if __name__ == "__main__":
    main()
