"""The reference does not lie: the rows that train the student serve as reference too.

`benchmarks/false_alarms.py` is the longer version of this simulation.
"""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdrift import DistillationScorer, ForestStudent, KSDriftTest

N_SPLITS, N_BATCHES, BATCH_SIZE, N_REFERENCE = 12, 100, 50, 2000
OVERFITTING = ForestStudent(10, min_samples_leaf=1, n_noisy_copies=0)


def share_flagged(teacher, student, divergence, cross_fit, seed):
    """Share of clean batches flagged at alpha = .05, two-sided and greater."""
    n_fresh = N_BATCHES * BATCH_SIZE
    X, y = make_classification(
        400 + N_REFERENCE + n_fresh, 12, n_informative=6, flip_y=0.1, random_state=seed
    )
    teacher.set_params(random_state=seed).fit(X[:400], y[:400])
    scorer = DistillationScorer(
        FrozenEstimator(teacher),
        student=student,
        divergence=divergence,
        cross_fit=cross_fit,
        random_state=seed,
    )
    groups = np.repeat(np.arange(N_BATCHES), BATCH_SIZE)
    shares = []
    for alternative in ("two-sided", "greater"):
        detector = make_pipeline(scorer, KSDriftTest(alternative=alternative))
        detector.fit(X[400:-n_fresh])
        result = detector.predict(X[-n_fresh:], groups=groups)
        shares.append(np.mean(result.is_drift))
    return shares


PAIRS = [
    pytest.param(
        RandomForestClassifier(20), None, "combined", id="forest, default student"
    ),
    pytest.param(
        HistGradientBoostingClassifier(max_iter=20),
        OVERFITTING,
        "log_loss",
        id="boosting, overfitting student",
    ),
]


@pytest.mark.statistics
@pytest.mark.parametrize(("teacher", "student", "divergence"), PAIRS)
def test_false_alarms_are_as_rare_as_alpha_says(teacher, student, divergence):
    shares = [
        share_flagged(teacher, student, divergence, 5, seed) for seed in range(N_SPLITS)
    ]
    # Batches are small beside the reference, so that its luck hardly counts: the share
    # of a split scatters by .025, two standard errors of the mean are .015.
    for share in np.mean(shares, axis=0):
        assert 0.035 < share < 0.065


@pytest.mark.statistics
def test_without_cross_fitting_an_overfitting_student_cries_wolf():
    share = share_flagged(
        HistGradientBoostingClassifier(max_iter=20), OVERFITTING, "kl", None, 0
    )
    assert min(share) > 0.5
