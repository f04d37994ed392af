import numpy as np
import pandas as pd
import pytest

from skdrift.models._table_encoder import TableEncoder
from tests.round_trips import ROUND_TRIPS


def test_rare_categories_share_a_place():
    common = [f"c{place % 40}" for place in range(400)]
    X = pd.DataFrame({"c": common})
    encoded = TableEncoder().fit(X).transform(X)
    assert encoded.shape == (400, 32)
    assert (encoded.sum(axis=1) == 1).all()
    assert encoded[:, 30].sum() == 100


def test_ids_are_left_out():
    X = pd.DataFrame({"id": [f"u{place}" for place in range(50)], "n": range(50)})
    encoder = TableEncoder().fit(X)
    assert encoder.kinds_ == ["left out", "numbers"]
    assert encoder.transform(X).shape == (50, 1)


def test_new_and_missing_values_have_places():
    encoder = TableEncoder().fit(pd.DataFrame({"c": ["a", "b"] * 10}))
    new = pd.DataFrame({"c": ["b", "z", None]})
    assert encoder.transform(new).argmax(axis=1).tolist() == [1, 2, 3]


def test_numbers_stay_and_are_finite_or_missing():
    X = pd.DataFrame({"x": [1.5, np.inf, -np.inf, np.nan], "t": [True, False] * 2})
    encoded = TableEncoder().fit(X).transform(X)
    assert encoded[0].tolist() == [1.5, 1.0]
    assert np.isfinite(encoded[1:3]).all()
    assert np.isnan(encoded[3, 0])


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read(way):
    X = pd.DataFrame({"c": ["a", "b", "b", None] * 5, "x": range(20)})
    encoder = TableEncoder().fit(X)
    again = ROUND_TRIPS[way](encoder)
    assert (again.transform(X) == encoder.transform(X)).all()
