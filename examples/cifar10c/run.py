"""The CIFAR-10-C study: which drift detector notices harm, and which cries wolf?

A ResNet-32 meets corrupted images. A small convolutional network learns what it says,
and where the two part ways on a batch, the batch is flagged. See README.md.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from remember import RememberingClassifier
from resnet32 import train_resnet32
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from students import calm_student, load_or_distil, notebook_student
from tables import (
    accuracy_table,
    detector_table,
    false_alarm_table,
    p_value_table,
    score_table,
)

from skdrift import (
    ContaminationDisplay,
    ContaminationSweep,
    DistillationScorer,
    HarmScoreDisplay,
    KerasTeacher,
    KSDriftTest,
    TailDriftTest,
)
from skdrift.datasets import CIFAR10C_CORRUPTIONS, fetch_cifar10, fetch_cifar10c

FRACTIONS = (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
REFERENCE_SIZE = 1000
SCORES = ("kl", "log_loss", "blend", "combined", "uncertainty")


def parse_options(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument(
        "--data",
        help="folder of CIFAR-10 and CIFAR-10-C, or where to download them to (3 GB); "
        "by default scikit-learn's data folder",
    )
    parser.add_argument(
        "--teacher",
        help="trained classifier, a .keras file from images in [0, 1] to probabilities; "
        "trained and stored there if missing; by default in the output folder",
    )
    parser.add_argument("--output", default="cifar10c-results", help="folder to fill")
    parser.add_argument("--epochs", type=int, default=10, help="of the student")
    parser.add_argument("--teacher-epochs", type=int, default=100)
    parser.add_argument(
        "--limit", type=int, help="use only that many images of each kind"
    )
    parser.add_argument(
        "--corruptions",
        nargs="+",
        default=["gaussian_noise", "motion_blur", "brightness", "pixelate"],
        choices=CIFAR10C_CORRUPTIONS,
        metavar="NAME",
        help="names of CIFAR-10-C",
    )
    parser.add_argument(
        "--severities", nargs="+", type=int, default=[1, 2, 3, 4, 5], metavar="1-5"
    )
    parser.add_argument("--batches", type=int, default=100, help="for each setting")
    parser.add_argument(
        "--repeats",
        type=int,
        default=5,
        help="divisions into reference, clean and shifted images to average over",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="a run of seconds to see that everything works: few images, one epoch",
    )
    options = parser.parse_args(arguments)
    if options.smoke:
        options.epochs, options.limit, options.batches = 1, 300, 10
        options.repeats, options.teacher_epochs = 2, 1
        options.corruptions, options.severities = ["pixelate"], [5]
    return options


def scale(images):
    """Bring images from 0..255 to [0, 1], as the teacher takes them."""
    return images.astype(np.float32) / 255


class Images:
    """The images of the study.

    ``X_train``: the student learns from them. ``X``: those of which there are corrupted
    versions. ``X_reference``: further test images, which no network has seen.
    """

    def __init__(self, options):
        self.home = options.data
        train = fetch_cifar10(subset="train", data_home=self.home)
        test = fetch_cifar10(subset="test", data_home=self.home)
        block, labels = fetch_cifar10c(
            options.corruptions[0],
            options.severities[0],
            data_home=self.home,
            return_X_y=True,
        )
        n = options.limit
        n_block = len(block)
        if not np.array_equal(labels, test.target[:n_block]):
            raise ValueError(
                "CIFAR-10-C must hold the first test images in their order; its labels "
                "are others."
            )
        if n_block == len(test.data):
            # Corrupted versions of all test images: the last ones become reference.
            n_block -= max(1000, n_block // 5)
        self.n_rows = n_block if n is None else min(n, n_block)
        self.X_train, self.y_train = scale(train.data[:n]), train.target[:n]
        self.X = scale(test.data[: self.n_rows])
        self.y = test.target[: self.n_rows]
        last = None if n is None else n_block + n
        self.X_reference = scale(test.data[n_block:last])
        self.y_reference = test.target[n_block:last]

    def shifted(self, corruption, severity):
        """Return the corrupted versions of `X`."""
        X, _ = fetch_cifar10c(
            corruption, severity, data_home=self.home, return_X_y=True
        )
        return scale(X[: self.n_rows])

    def shifted_by_severity(self, options):
        """Return for each severity a function that loads all its corruptions."""

        def load(severity):
            return np.concatenate(
                [self.shifted(name, severity) for name in options.corruptions]
            )

        return {severity: partial(load, severity) for severity in options.severities}


def load_or_train_teacher(options, images, output):
    """Return the teacher and a name for it and what it says."""
    import keras

    path = Path(options.teacher or output / "teacher.keras")
    if not path.exists():
        print(f"Training a ResNet-32 for {options.teacher_epochs} epochs ...")
        model = train_resnet32(
            images.X_train, images.y_train, options.teacher_epochs, options.seed
        )
        model.save(path)
    name = f"teacher-{joblib.hash(path.read_bytes())[:8]}"
    teacher = KerasTeacher(keras.saving.load_model(path, compile=False))
    return RememberingClassifier(teacher, output / f"{name}.npz"), name


def make_sweep(detector, options, seed, param_grid=None, reference_size=None):
    """Set up a sweep over a detector."""
    return ContaminationSweep(
        detector,
        param_grid=param_grid,
        fractions=FRACTIONS,
        reference_size=reference_size,
        n_batches=options.batches,
        random_state=seed,
        verbose=1,
    )


def compare_scores(options, images, scorer, calm, seed):
    """Sweep over the scores that need no labels, each with each test."""
    detector = Pipeline([("scorer", scorer), ("test", KSDriftTest())])
    tests = [
        KSDriftTest(alternative="greater"),
        TailDriftTest(statistic="berk_jones"),
        TailDriftTest(q=0.95),
        TailDriftTest(q=0.9),
    ]
    grid = [
        {"scorer__divergence": ["kl"], "test": [KSDriftTest()]},
        {"scorer__divergence": list(SCORES), "test": tests},
        {
            "scorer__student": [FrozenEstimator(calm)],
            "scorer__divergence": ["kl", "combined"],
            "test": tests,
        },
    ]
    size = min(REFERENCE_SIZE, len(images.X_reference))
    sweep = make_sweep(detector, options, seed, grid, size)
    sweep.fit(
        images.X,
        images.y,
        images.shifted_by_severity(options),
        X_reference=images.X_reference,
    )
    names = [
        f"{params['scorer__divergence']}{', calm' * ('scorer__student' in params)}, "
        f"{describe_test(params['test'])}"
        for params in sweep.params_
    ]
    names[0] += " (the notebook's)"
    return sweep, names


def sweep_error_model(options, images, scorer, seed):
    """Sweep with an error model, which learns from the labels of the reference."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    test = TailDriftTest()
    rows = np.random.default_rng(seed).permutation(len(images.X_reference))
    rows = rows[:REFERENCE_SIZE]
    detector = Pipeline(
        [("scorer", clone(scorer).set_params(error_model=model)), ("test", test)]
    ).fit(images.X_reference[rows], images.y_reference[rows])
    sweep = make_sweep(FrozenEstimator(detector), options, seed)
    sweep.fit(images.X, images.y, images.shifted_by_severity(options))
    return sweep, [f"error model, {describe_test(test)}"]


def describe_test(test):
    """Name a test in the tables."""
    if isinstance(test, KSDriftTest):
        return f"KS {test.alternative}"
    if test.statistic == "berk_jones":
        return "Berk-Jones"
    return f"count above {test.q:.0%}"


def count_false_alarms(options, images, scorer):
    """Rates of false alarms of KL and the default score, by origin of the reference."""
    scorer = clone(scorer).set_params(divergence=list(SCORES))
    scorer.fit(images.X_reference)
    training = scorer.transform(images.X_train[:4000])
    held_out = scorer.transform(np.concatenate([images.X, images.X_reference]))
    columns = {name: SCORES.index(name) for name in ("kl", "combined")}
    scores = {
        name: (training[:, [column]], held_out[:, [column]])
        for name, column in columns.items()
    }
    tests = {
        describe_test(test): test
        for test in (
            KSDriftTest(),
            KSDriftTest(alternative="greater"),
            TailDriftTest(),
        )
    }
    n_references = 5 if options.smoke else 50
    return false_alarm_table(tests, scores, options.seed, n_references)


def seconds_per_batch(scorer, X, n_loops=20):
    """Median time to score and test one batch of 100 images with nothing remembered."""
    teacher, student = (
        FrozenEstimator(each.estimator.estimator)
        for each in (scorer.estimator, scorer.student)
    )
    detector = make_pipeline(
        clone(scorer).set_params(estimator=teacher, student=student), KSDriftTest()
    ).fit(X[:200])
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(n_loops):
        batch = X[rng.integers(len(X), size=100)]
        start = time.perf_counter()
        detector.predict(batch)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def asking_seconds(*classifiers):
    """Sum up the time spent on asking the networks."""
    return sum(classifier.asking_seconds_ for classifier in classifiers)


def draw(sweep, candidate, prefix, output):
    """Write the two figures of the notebook, and the one to decide from."""
    figures = {
        "scores": HarmScoreDisplay.from_sweep(sweep, candidate=candidate),
        "p-values": ContaminationDisplay.from_sweep(sweep, candidate=candidate),
        "detection": ContaminationDisplay.from_sweep(
            sweep, candidate=candidate, kind="detection"
        ),
    }
    for name, display in figures.items():
        display.figure_.savefig(output / f"{prefix}-{name}.png", dpi=120)


def show(title, table, path, index=True):
    """Print a table and write it to a file."""
    print(f"\n{title}\n")
    print(table.to_string(index=index, float_format="{:.3f}".format, na_rep="-"))
    table.to_csv(path, index=index)


def main(arguments=None):
    """Run the study."""
    options = parse_options(arguments)
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    images = Images(options)
    teacher, teacher_name = load_or_train_teacher(options, images, output)
    table = accuracy_table(
        teacher,
        images.X,
        images.y,
        images.shifted,
        options.corruptions,
        options.severities,
    )
    show("Accuracy of the teacher", table, output / "accuracy.csv")

    student = load_or_distil(
        f"notebook-student-of-{teacher_name}",
        notebook_student(options),
        0,
        options,
        images,
        teacher,
        output,
    )
    calm = load_or_distil(
        f"calm-student-of-{teacher_name}",
        calm_student(options),
        3,
        options,
        images,
        teacher,
        output,
    )
    decisions = teacher.predict(images.X)
    for name, each in (("notebook's student", student), ("calm student", calm)):
        agreement = np.mean(decisions == each.predict(images.X))
        print(f"The {name} agrees with the teacher on {agreement:.1%} of clean images.")
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        student=FrozenEstimator(student),
        random_state=options.seed,
    )
    seeds = range(options.seed, options.seed + options.repeats)
    sweeps, error_sweeps, seconds = [], [], []
    for seed in seeds:
        networks = (teacher, student, calm)
        asked = asking_seconds(*networks)
        start = time.perf_counter()
        sweep, names = compare_scores(options, images, scorer, calm, seed)
        asked = asking_seconds(*networks) - asked
        seconds.append(time.perf_counter() - start - asked)
        sweeps.append(sweep)
        sweep, error_names = sweep_error_model(options, images, scorer, seed)
        error_sweeps.append(sweep)
    sweep_seconds = float(np.median(seconds))
    detectors = pd.concat(
        [detector_table(sweeps, names), detector_table(error_sweeps, error_names)]
    )
    show("Detectors", detectors, output / "detectors.csv", index=False)
    sweep = sweeps[0]
    gap = pd.concat([sweep.selectivity() for sweep in sweeps])
    best = int(gap.groupby("candidate")["gap"].mean().idxmax())
    for candidate, prefix in [(0, "notebook"), (best, "best")]:
        show(
            f"Mean p-values: {names[candidate]}",
            p_value_table(sweep, candidate),
            output / f"{prefix}-p-values.csv",
        )
        show(
            f"Scores: {names[candidate]}",
            score_table(sweep, candidate),
            output / f"{prefix}-scores.csv",
        )
        draw(sweep, candidate, prefix, output)
    false_alarms = count_false_alarms(options, images, scorer)
    show(
        "False alarms on clean batches",
        false_alarms,
        output / "false-alarms.csv",
        index=False,
    )
    sweep.results_.to_csv(output / "results.csv", index=False)
    sweep.report(output / "report.html")
    print(f"\n{names[best]}: {sweep.verdict(best)}")

    per_batch = seconds_per_batch(scorer, images.X)
    n_images = (
        sweep.n_reference_
        + sweep.n_clean_
        + sweep.n_twins_ * (1 + len(options.corruptions) * len(options.severities))
    )
    scoring_seconds = n_images / 100 * per_batch
    n_batches = len(sweep.results_) // len(names)
    loop_seconds = n_batches * per_batch
    print(
        f"\nScoring a batch of 100 images takes {per_batch:.3f} s, each of {n_batches} "
        f"batches in a loop {loop_seconds:.0f} s. Scoring the {n_images} images once "
        f"takes {scoring_seconds:.0f} s and the sweep over {len(names)} detectors "
        f"{sweep_seconds:.1f} s, together "
        f"{loop_seconds / (scoring_seconds + sweep_seconds):.0f} times less. Once the "
        f"images are scored it is {loop_seconds * len(names) / sweep_seconds:.0f} times "
        "less than such a loop for every detector."
    )
    print(f"\nEverything is in {output}; report.html sums it up.")


if __name__ == "__main__":
    import matplotlib

    matplotlib.use("Agg")
    main()
