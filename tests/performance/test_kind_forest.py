import numpy as np
import pytest

from skdrift.models._averaged_trees import AveragedTrees
from skdrift.performance._kind_forest import KindForest, lacking_kinds
from skdrift.performance._simulation import NATURAL
from tests.round_trips import ROUND_TRIPS

KIND = np.repeat([NATURAL, "a", "b", "c", "d", "e", "f"], 60)


def learnt(seed=0):
    """Each kind lives in a place of its own and loses an amount of its own."""
    rng = np.random.default_rng(seed)
    place = np.searchsorted(np.unique(KIND), KIND).astype(float)
    X = np.column_stack([place, rng.normal(size=len(KIND))])
    y = np.where(KIND == NATURAL, 0.0, place / 10) + rng.normal(0, 0.01, len(KIND))
    return X, y, np.ones(len(KIND)), KIND


def test_mean_is_that_of_trees_that_met_all_kinds():
    X, y, weight, kind = learnt()
    forest = KindForest.fit(X, y, weight, kind, seed=3)
    whole = AveragedTrees.fit(X, y, weight, n_trees=60, min_samples_leaf=3, seed=3)
    assert (forest.predict(X)[0] == whole.predict(X)[0]).all()


def test_spread_shows_what_single_kinds_are_needed_for():
    X, y, weight, kind = learnt()
    forest = KindForest.fit(X, y, weight, kind, seed=0)
    spread = forest.predict(X)[1]
    plain = forest.whole.predict(X)[1]
    fault = kind != NATURAL
    assert spread[fault].mean() > 5 * plain[fault].mean()
    # Natural batches are met by all trees.
    assert spread[~fault].mean() < 0.3 * spread[fault].mean()


def test_more_batches_of_a_kind_leave_the_spread():
    X, y, weight, kind = learnt()
    once = KindForest.fit(X, y, weight, kind, seed=0).predict(X)[1]
    many = [
        np.concatenate([learnt(seed)[part] for seed in range(6)]) for part in (0, 1)
    ]
    many = KindForest.fit(*many, np.ones(6 * len(KIND)), np.tile(KIND, 6), seed=0)
    fault = kind != NATURAL
    assert many.predict(X)[1][fault].mean() > 0.7 * once[fault].mean()


def test_kinds_are_lacked_equally_often():
    drawn = list(lacking_kinds(KIND, np.random.RandomState(0)))
    assert len(drawn) == 12
    assert all(len(set(one)) == len(one) == 4 for one in drawn)
    names, counts = np.unique(np.concatenate(drawn), return_counts=True)
    assert list(names) == list("abcdef")
    assert (counts == 8).all()


@pytest.mark.parametrize("kinds", [[NATURAL], [NATURAL, "a"]])
def test_the_only_kind_is_met_by_all(kinds):
    drawn = lacking_kinds(np.repeat(kinds, 5), np.random.RandomState(0))
    assert all(len(one) == 0 for one in drawn)


def test_same_seed_whatever_the_jobs():
    X, y, weight, kind = learnt()
    one, other = (
        KindForest.fit(X, y, weight, kind, seed=0, n_jobs=jobs).predict(X)
        for jobs in (1, 2)
    )
    assert (np.array(one) == np.array(other)).all()


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read(way):
    X, y, weight, kind = learnt()
    forest = KindForest.fit(X, y, weight, kind, seed=0)
    again = ROUND_TRIPS[way](forest)
    assert (again.predict(X)[1] == forest.predict(X)[1]).all()
