import numpy as np
import pandas as pd

from skdrift.scoring._table_numbers import TableNumbers

X = pd.DataFrame(
    {
        "income": [1.0, np.nan, 3.0, np.inf, 2.0],
        "region": ["east", "west", "west", None, "west"],
    }
)


def test_numbers_stay_and_missing_ones_are_smallest():
    encoded = TableNumbers(X).encode(X)
    assert encoded[[0, 2, 4], 0].tolist() == [1.0, 3.0, 2.0]
    assert encoded[1, 0] < -1e38
    assert 1e38 < encoded[3, 0] < np.finfo(np.float32).max


def test_categories_are_ranked_by_how_frequent_they_are():
    numbers = TableNumbers(X)
    encoded = numbers.encode(X)
    assert (encoded[[1, 2, 4], 1] == 0).all()
    assert len(np.unique(encoded[[0, 1, 3], 1])) == 3
    new = X.assign(region=["north", "east", "west", None, "south"])
    assert (numbers.encode(new)[[0, 4], 1] > encoded[:, 1].max()).all()


def test_arrays_are_read_as_well():
    rows = np.array([[1, 2], [3, 4]])
    assert (TableNumbers(rows).encode(rows) == rows).all()
