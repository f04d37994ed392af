"""
An alarm that holds over time: DriftMonitor
===========================================

Batches arrive for ever. A test at level 0.05 raises a false alarm every twenty batches,
and soon nobody looks any more. Here a classifier is watched through sixty good batches;
then some rows of every batch begin to go wrong.
"""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, DriftMonitor, TailDriftTest, label_harm
from skdrift.datasets import corrupt_table

# %%
# The classifier in use, and the rows to come
# -------------------------------------------
# 1000 rows train the classifier, 1000 more, without labels, become the reference. The
# others arrive in batches of 100.

X, y = make_classification(
    14_000, 12, n_informative=8, n_classes=4, n_clusters_per_class=1, random_state=0
)
teacher = RandomForestClassifier(100, random_state=0).fit(X[:1000], y[:1000])
detector = make_pipeline(
    DistillationScorer(FrozenEstimator(teacher), random_state=0), TailDriftTest()
)
detector.fit(X[1000:2000])

# %%
# What goes wrong
# ---------------
# From batch 61 on, 15 rows of every batch come out noisy, in a way that makes the
# classifier wrong.

stream, classes = X[2000:10_000], y[2000:10_000]
spare, spare_classes = X[10_000:], y[10_000:]
noisy = corrupt_table(spare, "noise", 4, random_state=0)
harm = label_harm(spare_classes, teacher.predict(spare), teacher.predict(noisy))
harmful = noisy[harm.harmful]
print(f"{len(harmful)} of {len(spare)} noisy rows are harmful")

rng = np.random.default_rng(0)
batches = np.array(np.split(stream, 80))
for batch in batches[60:]:
    batch[:15] = harmful[rng.choice(len(harmful), 15, replace=False)]

# %%
# Testing every batch by itself
# -----------------------------
# On average over references up to one good batch in twenty is flagged. How many it is
# for this one is a matter of luck.

flagged = np.array([bool(detector.predict(batch)) for batch in batches])
print(f"batches flagged before the change: {np.flatnonzero(flagged[:60]) + 1}")
print(f"batches flagged after it: {np.flatnonzero(flagged[60:]) + 61}")

# %%
# One alarm
# ---------
# The monitor bets against the test's p-values. Its evidence reaches 1 / alpha = 20 in
# at most 5% of all streams without drift, however long they run.

monitor = DriftMonitor(detector)
for batch in batches:
    if monitor.update(batch):
        break
print(f"alarm at batch {monitor.n_batches_}")
display = monitor.plot()
display.ax_.axvline(60.5, color="grey", linestyle=":", label="harm begins")
display.ax_.legend()

# %%
# The table behind the picture:

monitor.history_.tail()
