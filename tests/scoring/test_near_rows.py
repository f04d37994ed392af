import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
)

from skdrift.scoring._near_rows import group_size, warn_of_near_rows


def grouped(n_groups, size, spread, seed=0, n_columns=8):
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.normal(size=(n_groups, n_columns)), size, axis=0)
    return rng.permutation(rows + rng.normal(0, spread, rows.shape))


@pytest.mark.parametrize("size", [2, 3, 5, 10])
@pytest.mark.parametrize("frame", [False, True])
def test_groups_are_noticed(size, frame):
    X = grouped(600 // size, size, 0.05)
    assert group_size(pd.DataFrame(X) if frame else X) == size
    with pytest.warns(UserWarning, match=f"groups of about {size} near-equal ones"):
        warn_of_near_rows(X)


@pytest.mark.parametrize(
    "load", [load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine]
)
def test_ordinary_data_is_no_group(load):
    assert group_size(load().data) == 1


@pytest.mark.parametrize("seed", range(10))
def test_random_data_is_no_group(seed):
    rng = np.random.default_rng(seed)
    for X in (
        rng.normal(size=(500, 2 + seed)),
        make_classification(500, random_state=seed)[0],
        make_moons(500, noise=0.1, random_state=seed)[0],
        rng.integers(0, 5, (500, 6)).astype(float),
        rng.lognormal(size=(500, 3)),
    ):
        assert group_size(X) == 1


@pytest.mark.parametrize(
    "X",
    [["a"] * 200, np.zeros((50, 3)), np.zeros((200, 3, 3)), np.full((200, 2), np.nan)],
)
def test_what_is_not_looked_at(X):
    assert group_size(X) == 1
