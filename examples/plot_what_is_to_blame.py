"""
What is to blame? HarmExplainer and batch_report on one fault
=============================================================

A classifier decides about loan applications. One day the branches in the east send
income and amount in each other's place. Nobody says so, and no labels arrive.
:class:`~skdrift.HarmExplainer` names the columns and the region, and
:func:`~skdrift.batch_report` writes the page that a colleague reads.

The table is simulated, so that nothing has to be downloaded, and the fault is one that is
found well; :doc:`/explanation` tells how often that is so. Needs no Keras.
"""

import argparse
from pathlib import Path
from tempfile import mkdtemp

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union

from skdrift import (
    DistillationScorer,
    HarmExplainer,
    HarmExplanationDisplay,
    SupportScorer,
    TailDriftTest,
    batch_report,
)
from skdrift.datasets import make_loans

parser = argparse.ArgumentParser(description="Find out what is to blame.")
parser.add_argument("--output", type=Path, help="folder for the picture and the page")
output = parser.parse_known_args()[0].output or Path(mkdtemp())
output.mkdir(parents=True, exist_ok=True)

# %%
# The fault, and what it is blamed on
# -----------------------------------
# The first rows train the classifier, the next ones are the clean reference. In the batch
# the two columns have changed places in the east.

X, y = make_loans(12_000, random_state=0)
clf = HistGradientBoostingClassifier(max_iter=100, random_state=0)
clf.fit(X[:6000], y[:6000])
clean = X[6000:10_000]

batch, truth = X[10_000:].copy(), y[10_000:]
east = batch["region"] == "east"
batch.loc[east, ["income", "amount"]] = batch.loc[east, ["amount", "income"]].to_numpy()

scores = make_union(
    DistillationScorer(FrozenEstimator(clf), random_state=0),
    SupportScorer(random_state=0),
)
detector = make_pipeline(scores, TailDriftTest()).fit(clean)
explainer = HarmExplainer(detector, random_state=0).fit(clean)
display = HarmExplanationDisplay.from_estimator(explainer, batch)

# %%
# The longer the bar, the more the classifier would say something else if the column held
# what it holds in like rows. Above the bars stands the region in which the harm is, a
# part of the east. The same in words:

explanation = explainer.explain(batch)
for name, evidence in explanation.columns.items():
    print(f"{name}: {evidence}")
print(explanation.segment.words)

# %%
# Is it true? With the labels, which nobody has at that time:

inside = explanation.segment.contains(batch)
right = clf.predict(batch) == truth
before = clf.predict(X[10_000:]) == truth
for name, rows in (("region found", inside), ("elsewhere", ~inside)):
    print(
        f"{name}: accuracy {right[rows].mean():.2f}, {before[rows].mean():.2f} before"
    )

# %%
# A page for a colleague
# ----------------------
# One file, without any rows of the table in it.

page = batch_report(explainer, batch, output / "what_is_to_blame.html")
print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB")
display.figure_.savefig(output / "what_is_to_blame.png", dpi=110)
