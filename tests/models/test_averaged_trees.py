import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from skdrift.models._averaged_trees import AveragedTrees
from tests.round_trips import ROUND_TRIPS

SETTINGS = {"n_trees": 20, "min_samples_leaf": 3, "seed": 0}


def data(n=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    return X, X[:, 0] ** 2 + X[:, 1], rng.uniform(size=n)


def test_same_as_the_forest_they_come_from():
    X, y, weight = data()
    forest = ExtraTreesRegressor(20, min_samples_leaf=3, random_state=0)
    forest.fit(X, y, sample_weight=weight)
    mean, std = AveragedTrees.fit(X, y, weight, **SETTINGS).predict(X[:50])
    each = np.array([tree.predict(X[:50]) for tree in forest.estimators_])
    assert mean == pytest.approx(forest.predict(X[:50]))
    assert std == pytest.approx(each.std(axis=0))


def test_one_row_at_a_time_gives_the_same():
    X, y, weight = data()
    trees = AveragedTrees.fit(X, y, weight, **SETTINGS)
    alone = [trees.predict(row[None])[0].item() for row in X[:10]]
    assert alone == trees.predict(X[:10])[0].tolist()


def test_constant_target():
    X, _, _ = data(20)
    mean, std = AveragedTrees.fit(X, np.ones(20), None, **SETTINGS).predict(X)
    assert (mean == 1).all()
    assert (std == 0).all()


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read(way):
    X, y, weight = data()
    trees = AveragedTrees.fit(X, y, weight, **SETTINGS)
    again = ROUND_TRIPS[way](trees)
    assert (again.predict(X)[0] == trees.predict(X)[0]).all()


def test_joined_is_the_average_of_all_trees():
    X, y, weight = data()
    settings = [{**SETTINGS, "seed": 1}, {**SETTINGS, "seed": 2, "n_trees": 5}]
    parts = [AveragedTrees.fit(X, y, weight, **one) for one in settings]
    joined = AveragedTrees.joined(parts)
    means = [part.predict(X)[0] for part in parts]
    assert joined.predict(X)[0] == pytest.approx((20 * means[0] + 5 * means[1]) / 25)
    assert AveragedTrees.joined(parts[:1]).predict(X)[1] == pytest.approx(
        parts[0].predict(X)[1]
    )
