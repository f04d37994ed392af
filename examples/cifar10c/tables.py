"""The tables of the study, beside the figures of the notebook."""

import numpy as np
import pandas as pd
from sklearn.base import clone

# Accuracy of the notebook's own ResNet-32 on all 10,000 test images, severity 5.
NOTEBOOK_ACCURACY = {
    "clean": 0.9278,
    "gaussian_noise": 0.2208,
    "motion_blur": 0.6339,
    "brightness": 0.8913,
    "pixelate": 0.3666,
}


def accuracy_table(teacher, X, y, shifted, corruptions, severities):
    """Measure the accuracy by corruption and severity.

    Parameters
    ----------
    teacher : classifier
    X, y : clean images and labels
    shifted : callable ``(corruption, severity) -> images``
    corruptions, severities : lists

    Returns
    -------
    DataFrame
        One row per corruption, one column per severity, and the notebook's figure.
    """
    rows = {"clean": [np.mean(teacher.predict(X) == y)] * len(severities)}
    for corruption in corruptions:
        rows[corruption] = [
            np.mean(teacher.predict(shifted(corruption, severity)) == y)
            for severity in severities
        ]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=severities)
    table.columns = [f"severity {severity}" for severity in severities]
    table["notebook, severity 5"] = pd.Series(NOTEBOOK_ACCURACY)
    return table.rename_axis("corruption")


def detector_table(sweeps, names):
    """Tell what each detector catches and where it cries wolf.

    Parameters
    ----------
    sweeps : list of fitted ContaminationSweep
        Of the same candidates, with other divisions of the rows. Figures are means.
    names : list of str
        What to call the candidates.

    Returns
    -------
    DataFrame
        One row per detector and severity: AUROC of harmful against harmless rows, the
        smallest harmful fraction caught with 80% power, the share of batches flagged
        that are 20% harmful, 50% harmless and 90% harmless, and that of clean ones.
    """
    keys = ["candidate", "severity"]
    auroc = pd.concat([sweep.auroc_ for sweep in sweeps])
    table = auroc[auroc["feature"] == 0].groupby(keys)[["auroc"]].mean()
    rate = (
        pd.concat([sweep.summary() for sweep in sweeps])
        .groupby([*keys, "kind", "fraction"])["detection_rate"]
        .mean()
    )
    harmful = rate.xs("harmful", level="kind").unstack("fraction")
    harmless = rate.xs("harmless", level="kind").unstack("fraction")
    table["caught from"] = harmful.apply(_detection_limit, axis=1)
    for kind, curve in [
        ("harmful", harmful[[0.2]]),
        ("harmless", harmless[[0.5, 0.9]]),
    ]:
        for fraction in curve:
            table[f"{fraction:.0%} {kind}"] = curve[fraction]
    # Clean batches know no severity: the same figure for all.
    clean = (harmful[0] + harmless[0]).div(2).groupby("candidate").mean()
    table["clean"] = table.index.get_level_values("candidate").map(clean)
    table = table.reset_index()
    table.insert(0, "detector", [names[number] for number in table["candidate"]])
    return table.drop(columns="candidate")


def _detection_limit(curve, power=0.8):
    """Smallest fraction from which on the detection rate stays at the power."""
    below = curve.index[~(curve >= power)]
    caught = curve.index[curve.index > below.max()] if len(below) else curve.index
    return caught.min() if len(caught) else np.nan


def p_value_table(sweep, candidate):
    """Average the p-values of one detector by fraction, severity and kind."""
    summary = sweep.summary()
    summary = summary[summary["candidate"] == candidate]
    table = summary.pivot_table(
        index="fraction", columns=["kind", "severity"], values="p_mean"
    )
    return table.reindex(columns=["harmful", "harmless"], level="kind")


def score_table(sweep, candidate):
    """Give mean and standard deviation of one detector's scores by severity and kind."""
    scores = sweep.scores_
    scores = scores[(scores["candidate"] == candidate) & (scores["feature"] == 0)]
    return scores.pivot(index="severity", columns="kind", values=["mean", "std"])


def false_alarm_table(tests, scores, random_state, n_references=50, n_batches=200):
    """Count flagged batches of 100 clean images, by where the reference comes from.

    Parameters
    ----------
    tests : dict of str to test
    scores : dict of str to (training scores, held-out scores)
        For each score its values, of shape (n, 1), for images that the student was
        trained on and for images that neither teacher nor student has seen.
    random_state : int

    Returns
    -------
    DataFrame
        One row per score, test and origin: the mean rate over the references, and the
        5% and 95% quantiles over them.
    """
    rows = []
    for score_name, (training, held_out) in scores.items():
        for test_name, test in tests.items():
            # Every line of the table meets the same references and batches.
            rng = np.random.default_rng(random_state)
            rates = {}
            for _ in range(n_references):
                for origin, reference, batches in _origins(
                    training, held_out, n_batches, rng
                ):
                    fitted = clone(test).fit(reference)
                    groups = np.repeat(np.arange(n_batches), 100)
                    flagged = fitted.predict(batches, groups=groups).is_drift
                    rates.setdefault(origin, []).append(np.mean(flagged))
            for origin, values in rates.items():
                low, high = np.quantile(values, [0.05, 0.95])
                rows.append((score_name, test_name, origin, np.mean(values), low, high))
    columns = ["score", "test", "reference", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _origins(training, held_out, n_batches, rng):
    """Yield where a reference of up to 1000 comes from, it, and clean batches of 100."""
    size = min(1000, len(held_out) // 2, len(training))
    order = rng.permutation(len(held_out))
    reference, others = held_out[order[:size]], held_out[order[size:]]
    rows = rng.random((n_batches, len(others))).argpartition(100, axis=1)[:, :100]
    batches = others[rows.ravel()]
    trained_on = training[rng.permutation(len(training))[:size]]
    yield "held-out images", reference, batches
    yield "the student's training images", trained_on, batches
    # Reference and batches drawn from the same images, all with replacement.
    anyhow = held_out[rng.integers(len(held_out), size=size)]
    batches = held_out[rng.integers(len(held_out), size=100 * n_batches)]
    yield "as in the notebook", anyhow, batches
