import numpy as np
import pandas as pd

from skdrift.performance._strange import StrangeValues


def table(n=100):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.linspace(0, 10, n),
            "category": rng.choice(["a", "b"], n),
            "constant": 5,
            "one": "x",
            "id": np.arange(n).astype(str),
            "empty": np.nan,
        }
    )


def strange(**values):
    known = StrangeValues(table())
    row = {"number": 3.0, "category": "a", "constant": 5, "one": "x", "id": "1"}
    X = pd.DataFrame([{**row, "empty": np.nan, **values}])
    found = known.strange(X)[0]
    return [name for name, value in zip(known.names, found) if value]


def test_known_values_are_not_strange():
    assert not StrangeValues(table()).strange(table()).any()
    assert strange() == []


def test_what_lies_beyond():
    assert strange(number=10.4) == []  # within a twentieth of the range
    assert strange(number=10.6) == ["number"]
    assert strange(number=-np.inf) == ["number"]
    assert strange(category="c") == ["category"]
    assert strange(constant=6) == ["constant"]
    assert strange(one="y") == ["one"]
    assert strange(empty=1.0) == ["empty"]


def test_new_ids_are_not_strange():
    assert strange(id="new") == []


def test_missing_values_are_counted_apart():
    assert strange(number=np.nan, category=None) == []
    X = table().assign(number=np.nan)
    assert (StrangeValues(table()).missing(X) == 2 / 6).all()


def test_constant_columns_are_known():
    known = StrangeValues(table())
    constant = [n for n, one in zip(known.names, known.columns) if one.constant]
    assert constant == ["constant", "one", "empty"]


def test_arrays_have_names_too():
    assert StrangeValues(np.zeros((5, 2))).names == ["x0", "x1"]
