import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, kstest
from sklearn.metrics import roc_auc_score

from skdrift.scoring._coherence import Coherence, CrossFittedCoherence


def table(n, seed):
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    return pd.DataFrame(
        {
            "height": size + 0.2 * rng.normal(size=n),
            "weight": size + 0.2 * rng.normal(size=n),
            "kind": np.where(size > 0, "large", "small"),
        }
    )


@pytest.mark.parametrize("name", ["height", "kind"])
def test_values_of_other_rows_are_noticed(name):
    coherence = Coherence(table(1000, 0), 0)
    clean, broken = table(300, 1), table(300, 2)
    broken[name] = broken[name].sample(frac=1, random_state=0).to_numpy()
    scores = np.concatenate([coherence.mixed(clean), coherence.mixed(broken)])
    assert roc_auc_score(np.repeat([0, 1], 300), scores) > 0.65


def test_missing_and_new_values_are_read():
    coherence = Coherence(table(200, 0), 0)
    X = table(5, 1)
    X.loc[0, "height"], X.loc[1, "kind"] = np.nan, "huge"
    X.loc[2, "weight"], X.loc[3, "kind"] = np.inf, None
    mixed = coherence.mixed(X)
    assert ((mixed >= 0) & (mixed <= 1)).all()


def test_same_seed_same_answer():
    X = table(100, 0)
    assert (Coherence(X, 3).mixed(X) == Coherence(X, 3).mixed(X)).all()


def related(n, seed, n_columns=10):
    """Rows whose columns all follow one hidden size."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) + 0.3 * rng.normal(size=(n, n_columns))


def learnt(X, groups=None, seed=0):
    return CrossFittedCoherence.learn(X, groups, np.random.RandomState(seed))


def test_several_strange_values_count_and_one_does_not():
    coherence = learnt(related(1500, 0))
    rng = np.random.default_rng(1)
    clean, one, all_columns = related(1000, 2), related(1000, 3), related(1000, 4)
    one[:500, 0] = rng.permutation(one[:500, 0])
    one[500:750, 1], one[750:, 2] = np.nan, 1e6
    all_columns = rng.permuted(all_columns, axis=0)
    beyond = [
        np.mean(coherence.beyond(X) > margin)
        for X, margin in ((clean, 1.0), (clean, 1.5), (one, 1.5), (all_columns, 1.5))
    ]
    assert beyond[0] < 0.03
    assert beyond[1] < 0.01
    assert beyond[2] < 0.1
    assert beyond[3] > 0.3


@pytest.mark.statistics
def test_known_rows_are_judged_as_fresh_ones():
    # All six parts come from one distribution; trees that met a row would favour it.
    p_values = []
    for seed in range(20):
        X = related(600, 100 + seed)
        coherence = learnt(X[:300], seed=seed)
        p_values.append(ks_2samp(*np.split(coherence.beyond(X), 2)).pvalue)
    assert kstest(p_values, "uniform").pvalue > 0.001


def test_columns_that_are_missing_or_constant_or_infinite():
    X = related(400, 0, n_columns=6)
    X[:, 1], X[:, 2], X[:200, 3], X[::7, 4] = np.nan, 1.0, -np.inf, np.inf
    beyond = learnt(X).beyond(X)
    assert np.isfinite(beyond).all()
    assert np.quantile(beyond, 0.995) == pytest.approx(1)


def test_groups_are_left_out():
    # Rows of a group are nearly the same, and other rows by their content.
    X = np.repeat(related(500, 0), 3, axis=0)
    X += 0.02 * np.random.default_rng(0).normal(size=X.shape)
    fresh = related(1500, 1)

    def share_beyond(coherence):
        return np.mean(coherence.beyond(fresh) > np.median(coherence.beyond(X)))

    assert 0.44 < share_beyond(learnt(X, np.repeat(np.arange(500), 3))) < 0.56
    # Trees that met the other rows of a group find it more in order than fresh rows.
    assert share_beyond(learnt(X)) > 0.58


def test_equal_rows_are_left_out():
    X = np.repeat(related(500, 0), 3, axis=0)
    fresh = related(1500, 1)
    coherence = learnt(X)
    share = np.mean(coherence.beyond(fresh) > np.median(coherence.beyond(X)))
    assert 0.44 < share < 0.56


def test_too_little_to_learn_from():
    assert learnt(related(150, 0)) is None
    assert learnt(related(500, 0, n_columns=2)) is None
    assert learnt(np.ones((500, 4))) is None
    # Columns that know nothing of each other.
    assert learnt(np.random.default_rng(0).normal(size=(1000, 8))) is None
