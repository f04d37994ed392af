from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skdrift.performance._pools import (
    Calibrations,
    Draws,
    Labelled,
    Support,
    make_pools,
    representation_of,
)
from skdrift.performance._simulation import NATURAL
from skdrift.performance._views import SUMS
from tests.performance.test_views import labelled


def test_halves_do_not_know_the_rows_that_they_judge():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": np.arange(300.0), "b": rng.normal(size=300)})
    support = Support(X, "table", LogisticRegression(), None, 0)
    for side, (scorer, donors) in enumerate(support.halves):
        own = set(np.flatnonzero(support.half == side))
        lent = set(donors.rows["a"].astype(int))
        assert lent
        assert not lent & own
        assert scorer.distance(X.iloc[sorted(own)]).shape == (len(own),)
    # Fresh rows of the same kind are as far from the halves as from the whole.
    fresh = pd.DataFrame({"a": np.arange(0.5, 300), "b": rng.normal(size=300)})
    means = [scorer.distance(fresh).mean() for scorer, _ in support.halves]
    assert means == pytest.approx([support.whole.distance(fresh).mean()] * 2, rel=0.3)


def test_coherence_of_known_rows_is_learnt_on_others():
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    X = pd.DataFrame({"a": a, "b": a, "c": rng.normal(size=400)})
    support = Support(X, "table", LogisticRegression(), None, 0)
    mixed = support.mixed(X, np.full(400, np.nan))
    assert np.isfinite(mixed).all()
    torn = X.assign(b=rng.permutation(X["b"]))
    assert support.mixed(torn, np.zeros(400)).mean() > mixed.mean() + 0.2


def test_rows_are_calibrated_on_other_folds():
    one, right = labelled(900)
    fold = np.arange(900) % 3
    # On the rows of fold 0 the classifier is always right; the others do not know it.
    right = right | (fold == 0)
    honest = Calibrations(one, right, fold, 2)
    truth = np.where(right, one.decision, 1 - one.decision)
    likely = honest.likely_classes(one, fold)
    pool = honest.pool(NATURAL, one, truth, fold, likely)
    confidence = pool.sums[:, SUMS.index("confidence")]
    assert confidence[fold == 0].mean() < right[fold == 0].mean() - 0.05
    assert pool.classes.sum(axis=1) == pytest.approx(np.ones(900))
    assert np.trace(pool.true_shares) == pytest.approx(right.mean())
    assert pool.likely_right[fold == 0].mean() < right[fold == 0].mean() - 0.05


def test_decision_that_a_fault_turned_is_as_likely_right_as_it_was_wrong():
    one, right = labelled(900)
    fold = np.arange(900) % 3
    honest = Calibrations(one, right, fold, 2)
    likely = honest.likely_classes(one, fold)
    turned = replace(one, decision=1 - one.decision)
    truth = np.where(right, one.decision, 1 - one.decision)
    before, after = (
        honest.pool("a", rows, truth, fold, likely).likely_right
        for rows in (one, turned)
    )
    assert before + after == pytest.approx(np.ones(900))
    assert before.mean() == pytest.approx(right.mean(), abs=0.02)


def test_trees_count_as_far_as_they_know_more():
    one, right = labelled(3000)
    fold = np.arange(3000) % 3
    assert Calibrations(one, right, fold, 2).share_of_trees < 0.4
    # A subgroup in which the classifier is wrong although it is sure.
    group = np.abs(one.values[:, 0]) > 1
    assert Calibrations(one, right & ~group, fold, 2).share_of_trees > 0.8


def test_only_networks_have_a_representation():
    assert representation_of(LogisticRegression(), "array") is None
    assert representation_of(LogisticRegression(), "table") is None


def test_more_rows_are_worth_more_pools_up_to_a_limit():
    for kind in ("table", "array", "text"):
        pools = [Draws.of(n, kind).pools for n in (10, 300, 1000, 10**4, 10**6)]
        assert pools == sorted(pools)
        assert 0 < pools[0] < pools[-2] == pools[-1]


def test_tables_are_drawn_from_more_often_than_others_if_they_are_not_wide():
    other = Draws.of(5000, "array").pools
    narrow, wide, wider = (
        Draws.of(5000, "table", n_columns).pools for n_columns in (20, 200, 2000)
    )
    assert narrow > wide > wider >= other


class ReadsValues:
    """Takes two columns of numbers for probabilities of the second class."""

    def read(self, X, scorer, donors, fold):
        assert scorer.distance(X).shape == fold.shape
        own = X.to_numpy().mean(axis=1)
        one, _ = labelled(len(own))
        P = np.column_stack([1 - own, own])
        return replace(one, P=P, Q=P, decision=(own > 0.5).astype(int))


def test_pools_hold_rows_of_one_half_each_with_its_own_label():
    one, right = labelled(600)
    fold = np.arange(600) % 3
    truth = np.where(right, one.decision, 1 - one.decision)
    X = pd.DataFrame({"a": one.own, "b": one.own})
    support = Support(X, "table", LogisticRegression(), None, 0)
    honest = Calibrations(one, right, fold, 2)
    likely = np.column_stack([np.arange(600), 600 + np.arange(600)])
    known = Labelled(X, truth, fold, likely, ReadsValues(), support, honest)

    def change(rows, random_state):
        return rows.astype(random_state.choice(["float32", "float64"]))

    draws = Draws(pools=25, rows=40, sizes=1, tilts=1)
    pools = make_pools(known, [("odd", change)], draws, 0, n_jobs=None, verbose=0)
    assert len(pools) == 25
    assert {pool.kind for pool in pools} == {"odd"}
    sides = []
    for pool in pools:
        rows = pool.likely_right.astype(int) % 600
        assert len(set(rows)) == 40
        assert (truth[rows] == pool.truth).all()
        assert pool.P[:, 1] == pytest.approx(one.own[rows], abs=1e-6)
        sides.append(set(support.half[rows]))
    assert all(len(side) == 1 for side in sides)
    assert sum(side == {0} for side in sides) == 13
