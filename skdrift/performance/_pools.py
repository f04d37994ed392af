"""Rows with simulated faults, read by what did not meet them."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.frozen import FrozenEstimator

from skdrift._sklearn import num_samples
from skdrift.models import KerasTeacher
from skdrift.models._keras_features import KerasFeatures
from skdrift.performance._faults import apply_fault
from skdrift.performance._reader import Donors, rows_of
from skdrift.performance._simulation import Pool
from skdrift.performance._tilts import draw_ranks
from skdrift.performance._views import (
    SUMS,
    Calibration,
    best_share,
    expected_classes,
    row_sums,
)
from skdrift.scoring import SupportScorer

_MOST_SUPPORT = 2000
_ROWS_OF_A_POOL = 300
_SIZES_OF_A_POOL = 5
_SIZES_OF_A_TILT = 4
_MOST_TILTS = 400


class Support:
    """Support scorers of all rows, and of either half for changed rows of the other."""

    def __init__(self, X, kind, classifier, groups, seed):
        n = num_samples(X)
        random_state = np.random.RandomState(seed)
        self.half = random_state.permutation(n) % 2
        settings = {
            "max_reference": _MOST_SUPPORT,
            "representation": representation_of(classifier, kind),
            # The donors bring their own.
            "coherence": False,
            "random_state": int(seed),
        }
        self.whole = SupportScorer(**settings).fit(X, groups=groups)
        self.donors = Donors(X, self.whole.reference_indices_, kind, int(seed))
        self.halves = []
        for side in range(2):
            rows = np.flatnonzero(self.half != side)
            part = rows_of(X, rows)
            scorer = SupportScorer(**settings).fit(part)
            donors = Donors(part, scorer.reference_indices_, kind, int(seed) + 1)
            self.halves.append((scorer, donors))

    def mixed(self, X, default):
        """Coherence of all rows, by what was learnt on the other half."""
        mixed = default.copy()
        for side, (_, donors) in enumerate(self.halves):
            if donors.coherence is not None:
                rows = np.flatnonzero(self.half == side)
                mixed[rows] = donors.coherence.mixed(rows_of(X, rows))
        return mixed


class Calibrations:
    """Calibrations that did not meet the rows of a fold, for the rows of that fold."""

    def __init__(self, reading, right, fold, n_classes):
        self.n_classes = n_classes
        parts = {
            place: Calibration(reading[fold != place], right[fold != place], n_classes)
            for place in np.unique(fold)
        }
        model, trees = np.empty((2, len(fold)))
        for place, calibration in parts.items():
            rows = np.flatnonzero(fold == place)
            model[rows] = 1 - calibration.wrong(reading[rows])
            trees[rows] = calibration.right_by_trees(reading[rows])
        self.share_of_trees = best_share(model, trees, right)
        self.parts = {
            place: part.weighed(self.share_of_trees) for place, part in parts.items()
        }

    def likely_classes(self, reading, fold):
        """Probability of each class for each row, shape (n_samples, n_classes)."""
        likely = np.empty((len(fold), self.n_classes))
        for place, calibration in self.parts.items():
            rows = np.flatnonzero(fold == place)
            part = reading[rows]
            likely[rows] = expected_classes(part, calibration.right(part))
        return likely

    def pool(self, kind, reading, truth, fold, likely):
        """Make views of labelled rows, by calibrations that did not meet them.

        Parameters
        ----------
        kind : str
        reading : Reading
            Of n rows, after the fault.
        truth, fold : ndarray of int of shape (n,)
        likely : ndarray of shape (n, n_classes)
            `likely_classes` of the rows before the fault.
        """
        n = len(truth)
        sums = np.empty((n, len(SUMS)))
        confusion = np.zeros((n, self.n_classes, self.n_classes))
        for place, calibration in self.parts.items():
            rows = np.flatnonzero(fold == place)
            part = reading[rows]
            sums[rows] = row_sums(part, calibration)
            classes = expected_classes(part, calibration.confidence(part))
            confusion[rows, :, part.decision] = classes
        likely_right = likely[np.arange(n), reading.decision]
        decided = reading.decision, reading.P
        return Pool(kind, sums, confusion, truth, *decided, likely_right)


def make_pools(
    X, truth, fold, likely, faults, reader, support, honest, seed, *, n_jobs, verbose
):
    """Simulate every fault several times, on rows of one half of X at a time."""
    n = num_samples(X)
    n_pools = 4 if n < 200 else min(30, 6 + n // 150)
    seeds = np.random.RandomState(seed).randint(2**31 - 1, size=len(faults))
    made = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(pools_of_kind)(
            fault, n_pools, X, truth, fold, likely, reader, support, honest, int(own)
        )
        for fault, own in zip(faults, seeds)
    )
    return [pool for pools in made for pool in pools]


def draw_batches(maker, pools, X, kind, reading):
    """Draw natural batches, and batches with faults."""
    n_tilts = int(np.clip(3 * len(pools), 40, _MOST_TILTS))
    for _ in range(n_tilts):
        ranks = draw_ranks(X, kind, reading, maker.clean.truth, maker.random_state)
        maker.add_natural(ranks, _SIZES_OF_A_TILT)
    for pool in pools:
        maker.add_pool(pool, _SIZES_OF_A_POOL)


def pools_of_kind(
    fault, n_pools, X, truth, fold, likely, reader, support, honest, seed
):
    """Rows with one kind of fault, several times over."""
    name, change = fault
    random_state = np.random.RandomState(seed)
    pools = []
    for place in range(n_pools):
        side = place % 2
        rows = np.flatnonzero(support.half == side)
        rows = np.sort(random_state.permutation(rows)[:_ROWS_OF_A_POOL])
        changed = apply_fault(name, change, rows_of(X, rows), random_state)
        scorer, donors = support.halves[side]
        reading = reader.read(changed, scorer, donors, fold[rows])
        known = truth[rows], fold[rows], likely[rows]
        pools.append(honest.pool(name, reading, *known))
    return pools


def representation_of(classifier, kind):
    """Find what turns rows into points: for arrays, hidden features of a network."""
    inner = classifier
    while isinstance(inner, FrozenEstimator):
        inner = inner.estimator
    if kind != "array" or not isinstance(inner, KerasTeacher):
        return None
    try:
        return KerasFeatures(inner)
    except TypeError:  # such as a subclassed model: raw values are what is left
        return None
