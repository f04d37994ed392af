import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from skdrift.scoring._coherence import Coherence


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
