"""Damage to photographs that no student has learnt, beside damage that it has.

    python benchmarks/unseen_images.py --data DATA --teacher DATA/resnet32_cifar10.keras

The kinds of damage that ``corrupt_images`` has fall into three groups. For each group
one student learns the kinds of the two others and is measured on those left out, and on
the kinds of another group, which it knows. Four kinds of CIFAR-10-C go with the group
that has their name. The *hardened copy* starts as the classifier itself and goes once
through the images, each intact and damaged in three ways, always with what the
classifier says of the intact one. The *calm student* of ``examples/cifar10c`` learns
from nothing and knows four kinds, shot noise, Gaussian blur, contrast and occlusion; it
is measured as it is.

What networks say is kept in a folder ``--keep``, and used again.
"""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from record import ROOT, write_table
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from skdrift import InstanceScaler, KerasTeacher, KSDriftTest, TailDriftTest, label_harm
from skdrift.datasets import corrupt_images, fetch_cifar10, fetch_cifar10c
from skdrift.scoring._scores import (
    DIVERGENCES,
    combined,
    conformal_p_value_knots,
    log_loss,
    uncertainty,
)

sys.path.insert(0, str(ROOT / "examples" / "cifar10c"))
from benign import slightly_damaged
from copies import damaged, hardened_student
from students import calm_student

# One kind of each family, noise, blur, light and geometry, where it has as many.
GROUPS = {
    "a": ("gaussian_noise", "motion_blur", "brightness", "occlusion"),
    "b": ("shot_noise", "gaussian_blur", "contrast", "rotate"),
    "c": ("impulse_noise", "pixelate", "translate"),
}
# Which group a student that does not know a group is measured on as known.
KNOWN = {"a": "b", "b": "c", "c": "a"}
REAL = ("gaussian_noise", "motion_blur", "brightness", "pixelate")
SETS = ("corrupt_images", "CIFAR-10-C")
SEVERITIES = (1, 3, 5)
N_TRAIN, N_CLEAN, N_REFERENCE = 4000, 1000, 1000
FEWEST = 10  # rows of a kind, below which no figure is taken
N_DIVISIONS, N_BATCHES, BATCH = 3, 100, 100
SCORES = ("kl", "log_loss", "uncertainty", "half and half", "combined")
NETWORKS = ("hardened copy", "calm student")
LEFT_OUT = "left out"


def scale(images):
    return images.astype(np.float32) / 255


class Images:
    """Training images, test images, and blocks of the first ones damaged."""

    def __init__(self, home, n_rows):
        self.home, self.n_rows = home, n_rows
        train = fetch_cifar10(subset="train", data_home=home)
        test = fetch_cifar10(subset="test", data_home=home)
        self.X_train = scale(train.data[:N_TRAIN])
        self.X_test, self.y_test = scale(test.data[:5000]), test.target[:5000]

    def block(self, origin, kind, severity):
        """Return the first images, damaged."""
        if origin == "CIFAR-10-C":
            X, _ = fetch_cifar10c(kind, severity, data_home=self.home, return_X_y=True)
            return scale(X[: self.n_rows])
        return corrupt_images(self.X_test[: self.n_rows], kind, severity, severity)


class Answers:
    """What networks say of the images, each asked once."""

    def __init__(self, images, teacher, folder):
        self.images, self.teacher, self.folder = images, teacher, Path(folder)
        self._students = {}

    def of(self, network, *block):
        """Probabilities of a network on the test images or on a damaged block."""
        place = "-".join([*map(str, network), *map(str, block or ["test"])])
        path = self.folder / f"{place}.npy"
        if path.exists():
            return np.load(path)
        X = self.images.block(*block) if block else self.images.X_test
        P = self._predict(network)(X)
        np.save(path, P)
        return P

    def _predict(self, network):
        if network == ("teacher",):
            return self._ask_teacher
        if network not in self._students:
            # One at a time is needed.
            self._students = {network: self._trained(*network)}
        return self._students[network].predict_proba

    def _ask_teacher(self, X):
        import keras

        model = keras.saving.load_model(self.teacher, compile=False)
        return KerasTeacher(model).predict_proba(X)

    def _trained(self, name, group, seed):
        X = self.images.X_train
        path = self.folder / "teacher-train.npy"
        if not path.exists():
            np.save(path, self._ask_teacher(X))
        P = np.load(path)
        random_state = np.random.RandomState(seed)
        if name == "calm student":
            change = slightly_damaged
            network = calm_student(SimpleNamespace(epochs=5, seed=seed))
            student = make_pipeline(InstanceScaler(), network.set_params(verbose=0))
        else:
            kinds = [k for other in GROUPS if other != group for k in GROUPS[other]]
            change = partial(damaged, kinds=kinds)
            student = hardened_student(str(self.teacher), seed)
        rows = [X, *(change(X, random_state) for _ in range(3))]
        student.fit(np.concatenate(rows), np.tile(P, (len(rows), 1)))
        print(f"{name} {group} {seed} trained", flush=True)
        return student


def score(name, P, Q, P_reference, Q_reference):
    """Scores of rows; "combined" ranks them among those of the reference."""
    if name == "half and half":
        rows = np.arange(len(P)), P.argmax(axis=1)
        return -np.log(0.5 * P[rows] + 0.5 * Q[rows])
    if name != "combined":
        return DIVERGENCES[name](P, Q)
    fidelity = np.mean(P_reference.argmax(axis=1) == Q_reference.argmax(axis=1))
    return combined(
        P,
        Q,
        conformal_p_value_knots(log_loss(P_reference, Q_reference)),
        conformal_p_value_knots(uncertainty(P_reference, Q_reference)),
        min(1.0, np.sqrt(2 * (1 - fidelity))),
    )


def flagged(test, clean, shifted, n_shifted, rng):
    """Share of batches flagged, of which so many rows are shifted."""
    rows = np.concatenate(
        [
            np.r_[rng.choice(shifted, n_shifted), rng.choice(clean, BATCH - n_shifted)]
            for _ in range(N_BATCHES)
        ]
    )
    groups = np.repeat(np.arange(N_BATCHES), BATCH)
    return np.mean(test.predict(rows[:, None], groups=groups).p_value <= 0.05)


def members(origin, group):
    """Kinds of a group that a set has."""
    return [k for k in GROUPS[group] if origin == "corrupt_images" or k in REAL]


class Study:
    """One student's part: the group that it does not know, or one that it does."""

    def __init__(self, answers, network, group, n_rows):
        self.answers, self.network, self.group, self.n_rows = (
            answers,
            network,
            group,
            n_rows,
        )
        self.P, self.Q = answers.of(("teacher",)), answers.of(network)
        self.y = answers.images.y_test
        self.wrong = self.P.argmax(axis=1) != self.y

    def blocks(self, origin, severity):
        """Yield kind, what the teacher and what the student says."""
        for kind in members(origin, self.group):
            block = origin, kind, severity
            yield (
                kind,
                self.answers.of(("teacher",), *block),
                self.answers.of(self.network, *block),
            )

    def divided(self, seed):
        """Draw reference rows; the first test images serve as clean ones."""
        rng = np.random.default_rng(seed)
        rows = rng.choice(np.arange(N_CLEAN, 5000), N_REFERENCE, replace=False)
        return rng, rows

    def selected(self, origin, severity):
        """Yield AUROC, and shares of harmful and of harmless batches flagged."""
        blocks = list(self.blocks(origin, severity))
        y, n = self.y[: self.n_rows], self.n_rows
        before = self.P[:n].argmax(axis=1)
        harm = [label_harm(y, before, P.argmax(axis=1)) for _, P, _ in blocks]
        for name in SCORES:
            caught, cried, areas = [], [], []
            for division in range(N_DIVISIONS):
                rng, rows = self.divided(division)
                of = partial(
                    score,
                    name,
                    P_reference=self.P[rows],
                    Q_reference=self.Q[rows],
                )
                test = TailDriftTest().fit(of(self.P[rows], self.Q[rows])[:, None])
                clean = of(self.P[:N_CLEAN], self.Q[:N_CLEAN])
                values = [of(P, Q) for _, P, Q in blocks]
                harmful = [v[h.harmful] for v, h in zip(values, harm)]
                harmless = [v[h.harmless] for v, h in zip(values, harm)]
                caught.append(flagged(test, clean, np.concatenate(harmful), 20, rng))
                cried.append(flagged(test, clean, np.concatenate(harmless), 90, rng))
                areas += [
                    roc_auc_score(
                        np.repeat([1, 0], [len(bad), len(good)]), np.r_[bad, good]
                    )
                    for bad, good in zip(harmful, harmless)
                    if min(len(bad), len(good)) >= FEWEST
                ]
            # A severity at which no kind does harm often enough has no figure.
            area = np.mean(areas) if areas else np.nan
            yield (
                name,
                {
                    "AUROC": (area, len(areas)),
                    "20% harmful": (np.mean(caught), len(blocks)),
                    "90% harmless": (np.mean(cried), len(blocks)),
                },
            )
        accuracy = [np.mean(P.argmax(axis=1) == y) for _, P, _ in blocks]
        yield "accuracy", {"accuracy": (np.mean(accuracy), len(blocks))}

    def natural(self, origin, severity):
        """Yield p-values of batches as they come, and the points that are lost."""
        rng, rows = self.divided(self.network[2])
        y = self.y[: self.n_rows]
        tests = {
            "combined, count above 95%": ("combined", TailDriftTest()),
            "combined, Berk-Jones": (
                "combined",
                TailDriftTest(statistic="berk_jones"),
            ),
            "combined, KS greater": ("combined", KSDriftTest(alternative="greater")),
            "1 - max P, KS greater": (
                "uncertainty",
                KSDriftTest(alternative="greater"),
            ),
        }
        for kind, P, Q in self.blocks(origin, severity):
            lost = 100 * (np.mean(P.argmax(axis=1) == y) - np.mean(~self.wrong))
            drawn = rng.integers(self.n_rows, size=N_BATCHES * BATCH)
            groups = np.repeat(np.arange(N_BATCHES), BATCH)
            for name, (kind_of_score, test) in tests.items():
                of = partial(
                    score,
                    kind_of_score,
                    P_reference=self.P[rows],
                    Q_reference=self.Q[rows],
                )
                test.fit(of(self.P[rows], self.Q[rows])[:, None])
                result = test.predict(of(P, Q)[drawn][:, None], groups=groups)
                yield {
                    "detector": name,
                    "condition": f"{origin} {kind} {severity}",
                    "lost": -lost,
                    "p": result.p_value,
                }


def measured(study, place):
    """Figures of one student on the kinds of one group, and its natural batches."""
    figures, batches = [], []
    for origin in SETS:
        for severity in SEVERITIES if members(origin, study.group) else ():
            where = {**place, "images": origin, "severity": severity}
            for score_name, row in study.selected(origin, severity):
                figures += [
                    {
                        **where,
                        "score": score_name,
                        "measure": measure,
                        "value": value,
                        "weight": weight,
                    }
                    for measure, (value, weight) in row.items()
                ]
            if place["kinds"] != "known":
                batches += [
                    {**place, **each} for each in study.natural(origin, severity)
                ]
    return figures, batches


def run(options, images, folder):
    """All figures of all students, one line each."""
    answers = Answers(images, options.teacher, folder)
    figures, batches = [], []
    for seed in range(options.seeds):
        for group in GROUPS:
            # The calm student knows four kinds, whichever group is asked of.
            for name, asked, kinds in (
                ((NETWORKS[0], group, seed), group, LEFT_OUT),
                ((NETWORKS[0], group, seed), KNOWN[group], "known"),
                ((NETWORKS[1], "all", seed), group, "four known"),
            ):
                place = {"student": name[0], "kinds": kinds, "seed": seed}
                study = Study(answers, name, asked, options.rows)
                more, drawn = measured(study, place)
                figures += more
                batches += drawn
        print(f"seed {seed} done", flush=True)
    return pd.DataFrame(figures), pd.DataFrame(batches)


def over_students(figures):
    """Mean over kinds for each seed, then mean, lowest and highest over the seeds."""
    found = figures[figures["weight"] > 0]
    found = found.assign(total=found["value"] * found["weight"])
    keys = ["images", "student", "kinds", "score", "measure", "severity"]
    sums = found.groupby([*keys, "seed"], sort=False)[["total", "weight"]].sum()
    of_seed = sums["total"] / sums["weight"]
    return of_seed.groupby(keys, sort=False).agg(["mean", "min", "max"])


def cells(found):
    return [f"{m:.2f} ({a:.2f}-{b:.2f})" for m, a, b in found.to_numpy()]


def write_scores(figures):
    """Write what each score tells, and what is flagged by it, by set and student."""
    found = over_students(figures)
    found["cell"] = cells(found)
    table = found["cell"].unstack("severity")
    table.columns = [f"severity {severity}" for severity in table]
    severities = list(table.columns)
    table = table.reset_index()
    # What needs no student has one row, whatever the student is.
    alone = table["score"].isin(["uncertainty", "accuracy"])
    table = table[~alone | table["kinds"].eq(LEFT_OUT)].copy()
    table.loc[alone, ["student", "kinds"]] = "none"
    table["score"] = table["score"].replace("accuracy", "accuracy of the classifier")
    first = ["images", "student", "kinds"]
    areas = table[table["measure"].isin(["AUROC", "accuracy"])]
    write_table("unseen_images_auroc", areas[[*first, "score", *severities]])
    rates = table[~table.index.isin(areas.index)]
    rates = rates[rates["score"].isin(["combined", "uncertainty"])]
    rates = rates.rename(columns={"measure": "batches"})
    columns = [*first, "score", "batches", *severities]
    write_table("unseen_images_batches", rates[columns])
    print(areas[[*first, "score", *severities]].to_string())
    print(rates[columns].to_string())


def write_natural(batches):
    """Write the share of natural batches flagged, by the points that are lost."""
    edges, names = [-100, 2, 5, 20, 100], ["under 2", "2 to 5", "5 to 20", "over 20"]
    alone = batches["detector"].str.startswith("1 - max P")
    batches = batches[~alone | batches["student"].eq(NETWORKS[0])].copy()
    batches.loc[alone, "student"] = "none"
    rows = []
    for (student, detector, _), part in batches.groupby(
        ["student", "detector", "seed"], sort=False
    ):
        lost = pd.cut(part["lost"], edges, labels=names)
        quiet = np.quantile(np.concatenate(part["p"][part["lost"] < 5].tolist()), 0.05)
        for title, limit in (("at alpha = 0.05", 0.05), ("equally quiet", quiet)):
            share = part["p"].map(lambda p, limit=limit: np.mean(p <= limit))
            rows.append(
                {
                    "student": student,
                    "detector": detector,
                    "flagged": title,
                    **share.groupby(lost, observed=False).mean(),
                }
            )
    found = pd.DataFrame(rows).groupby(["flagged", "student", "detector"], sort=False)
    found = (
        found[names]
        .agg(["mean", "min", "max"])
        .sort_index(level=0, sort_remaining=False)
    )
    table = pd.DataFrame({name: cells(found[name]) for name in names}, found.index)
    counts = batches.drop_duplicates("condition")["lost"]
    counts = pd.cut(counts, edges, labels=names).value_counts()[names]
    table.columns = [f"{name} ({counts[name]} conditions)" for name in names]
    print(table.to_string())
    write_table("unseen_images_natural", table.reset_index())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--rows", type=int, default=500, help="images of a block")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures, batches = run(options, Images(options.data, options.rows), folder)
    write_scores(figures)
    write_natural(batches)


if __name__ == "__main__":
    main()
