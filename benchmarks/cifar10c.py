"""The tables and pictures of the CIFAR-10-C page, from a run of the study.

Run ``python benchmarks/cifar10c.py --data DATA --teacher DATA/resnet32_cifar10.keras``
with any further options of ``examples/cifar10c/run.py``, which it hands on. A folder
``--output`` is filled by the study; what lies there from a run with the same settings
is used again.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import matplotlib
import pandas as pd
from record import ROOT, write_table

# What the table of detectors shows; detectors.csv of the study has all.
SEVERITIES = (1, 3, 5)
SCORES = ("kl", "uncertainty", "combined", "combined, calm", "error model")
IMAGES = ROOT / "docs" / "images"


def accuracy(output):
    table = pd.read_csv(output / "accuracy.csv")
    write_table("cifar10c_accuracy", table, 2)


def detectors(output):
    """Write the AUROC of every score, and what every detector catches."""
    found = pd.read_csv(output / "detectors.csv")
    found["score"] = found["detector"].str.rpartition(", ")[0]
    auroc = found.groupby(["score", "severity"], sort=False)["auroc"].first().unstack()
    auroc.columns = [f"severity {severity}" for severity in auroc]
    auroc["mean"] = auroc.mean(axis=1)
    write_table("cifar10c_auroc", auroc.reset_index(), 2)
    shown = found[found["severity"].isin(SEVERITIES) & found["score"].isin(SCORES)]
    columns = ["clean", "caught from", "20% harmful", "50% harmless", "90% harmless"]
    table = shown.set_index(["detector", "severity"])[columns].unstack()
    joined = pd.DataFrame(
        {
            column: [
                " / ".join("-" if pd.isna(x) else f"{x:.2f}" for x in row)
                for row in table[column].to_numpy()
            ]
            for column in columns[1:]
        },
        index=table.index,
    )
    joined.insert(0, "clean", table["clean"].iloc[:, 0])
    joined = joined.reindex(shown["detector"].drop_duplicates())
    write_table("cifar10c_detectors", joined.reset_index(), 2)


def false_alarms(output):
    found = pd.read_csv(output / "false-alarms.csv")
    found["cell"] = [
        f"{rate:.3f} ({low:.3f} to {high:.3f})"
        for rate, low, high in found[["rate", "low", "high"]].to_numpy()
    ]
    table = found.set_index(["score", "test", "reference"])["cell"].unstack()
    write_table("cifar10c_false_alarms", table.reset_index())


def pictures(output):
    for made, shown in (
        ("best-detection", "cifar10c_detection"),
        ("notebook-p-values", "cifar10c_notebook_p_values"),
    ):
        shutil.copyfile(output / f"{made}.png", IMAGES / f"{shown}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path)
    options, others = parser.parse_known_args()
    matplotlib.use("Agg")
    sys.path.insert(0, str(ROOT / "examples" / "cifar10c"))
    import run

    with tempfile.TemporaryDirectory() as folder:
        output = options.output or Path(folder)
        run.main([*others, "--output", str(output)])
        accuracy(output)
        detectors(output)
        false_alarms(output)
        pictures(output)


if __name__ == "__main__":
    main()
