"""Rows with simulated faults, read by what did not meet them."""

from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from sklearn.frozen import FrozenEstimator

from skdrift._sklearn import num_samples
from skdrift.models import KerasTeacher
from skdrift.models._keras_features import KerasFeatures
from skdrift.performance._faults import apply_fault
from skdrift.performance._reader import Donors, rows_of
from skdrift.performance._simulation import Pool
from skdrift.performance._stacks import in_stacks
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
_SIZES_OF_A_TILT = 4
# Of a wide table fewer pools are drawn, since each takes longer.
_MOST_COLUMNS_DRAWN = 16_000


class Draws(NamedTuple):
    """How much is drawn of labelled rows.

    Parameters
    ----------
    pools : int
        Of each kind of fault.
    rows : int
        In a pool, at most.
    sizes : int
        Batches from each pool.
    tilts : int
        Of clean rows, at most.
    """

    pools: int
    rows: int
    sizes: int
    tilts: int

    @classmethod
    def of(cls, n, kind, n_columns=0):
        """Return what n rows of a kind are worth, n_columns those of a table."""
        # What a fault of a table costs depends on the columns that break. Other rows
        # break as a whole, and networks take long to read them.
        if kind == "table":
            most = np.clip(_MOST_COLUMNS_DRAWN // max(n_columns, 1), 30, 160)
            return cls(int(np.clip(n // 5, 4, most)), 200, 3, 800)
        return cls(4 if n < 200 else min(30, 6 + n // 150), 300, 5, 400)


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
        classes = np.empty((n, self.n_classes))
        for place, calibration in self.parts.items():
            rows = np.flatnonzero(fold == place)
            part = reading[rows]
            sums[rows] = row_sums(part, calibration)
            classes[rows] = expected_classes(part, calibration.confidence(part))
        likely_right = likely[np.arange(n), reading.decision]
        decided = reading.decision, reading.P
        return Pool(kind, sums, classes, truth, *decided, likely_right)


class Labelled(NamedTuple):
    """Labelled rows, and what reads changed copies of them without having met them.

    Parameters
    ----------
    X : n clean rows
    truth, fold : ndarray of int of shape (n,)
    likely : ndarray of shape (n, n_classes)
        Probabilities of the classes before any fault.
    reader : Reader
    support : Support
    honest : Calibrations
    """

    X: object
    truth: np.ndarray
    fold: np.ndarray
    likely: np.ndarray
    reader: object
    support: Support
    honest: Calibrations

    def pool(self, kind, side, rows, changed):
        """Read changed copies of some rows, all of one half.

        Parameters
        ----------
        kind : str
        side : int
            The half.
        rows : ndarray of int
            Places of the rows.
        changed : rows
            With the fault.
        """
        fold = self.fold[rows]
        reading = self.reader.read(changed, *self.support.halves[side], fold)
        return self.honest.pool(
            kind, reading, self.truth[rows], fold, self.likely[rows]
        )


def make_pools(labelled, faults, draws, seed, *, n_jobs, verbose):
    """Simulate every fault several times, on rows of one half at a time."""
    seeds = np.random.RandomState(seed).randint(2**31 - 1, size=len(faults))
    made = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(pools_of_kind)(labelled, fault, draws, int(own))
        for fault, own in zip(faults, seeds)
    )
    return [pool for pools in made for pool in pools]


def draw_batches(maker, draws, pools, X, kind, reading):
    """Draw natural batches, and batches with faults."""
    n_tilts = int(np.clip(3 * len(pools), 40, draws.tilts))
    for _ in range(n_tilts):
        ranks = draw_ranks(X, kind, reading, maker.clean.truth, maker.random_state)
        maker.add_natural(ranks, _SIZES_OF_A_TILT)
    for pool in pools:
        maker.add_pool(pool, draws.sizes)


def pools_of_kind(labelled, fault, draws, seed):
    """Rows with one kind of fault, several times over."""
    name, change = fault
    random_state = np.random.RandomState(seed)
    halves = [np.flatnonzero(labelled.support.half == side) for side in range(2)]

    def drawn():
        for place in range(draws.pools):
            rows = random_state.permutation(halves[place % 2])[: draws.rows]
            rows = np.sort(rows)
            clean = rows_of(labelled.X, rows)
            yield place % 2, rows, apply_fault(name, change, clean, random_state)

    pools = []
    for side, parts, changed in in_stacks(drawn()):
        pool = labelled.pool(name, side, np.concatenate(parts), changed)
        ends = np.cumsum([len(part) for part in parts])
        pools += [pool[end - len(part) : end] for part, end in zip(parts, ends)]
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
