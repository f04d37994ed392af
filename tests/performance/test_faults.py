import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from skdrift.datasets import (
    IMAGE_CORRUPTIONS,
    SERIES_CORRUPTIONS,
    TABLE_CORRUPTIONS,
    TEXT_CORRUPTIONS,
)
from skdrift.performance._faults import (
    TableFault,
    apply_fault,
    check_faults,
    default_faults,
)

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "a": RNG.normal(size=60),
        "b": RNG.integers(0, 9, 60),
        "c": RNG.choice(["x", "y"], 60),
        "d": RNG.choice(["u", "v", "w"], 60),
    }
)


def names(faults):
    return [name for name, _ in faults]


def proba(X):
    return np.ones((len(X), 2))


def test_defaults_suit_the_rows():
    images = load_digits().images
    assert names(default_faults(FRAME, "table")) == list(TABLE_CORRUPTIONS)
    assert names(default_faults(["a b"], "text")) == list(TEXT_CORRUPTIONS)
    assert names(default_faults(images, "array")) == list(IMAGE_CORRUPTIONS)
    series = np.zeros((3, 2, 50))
    assert names(default_faults(series, "array")) == list(SERIES_CORRUPTIONS)
    assert default_faults(np.zeros((2, 2)), "sparse") == []


@pytest.mark.parametrize("kind", TABLE_CORRUPTIONS)
def test_faults_of_tables_change_a_few_columns_or_all(kind):
    counts = set()
    for seed in range(40):
        changed = TableFault(kind)(FRAME, np.random.RandomState(seed))
        assert changed.shape == FRAME.shape
        counts.add(sum(not changed[name].equals(FRAME[name]) for name in FRAME))
    assert len(counts) > 1


def test_same_seed_same_fault():
    one, other = (TableFault("noise")(FRAME, np.random.RandomState(3)) for _ in "ab")
    assert one.equals(other)


def test_faults_that_the_classifier_cannot_read_are_left_out():
    def no_missing(X):
        if X.isna().to_numpy().any():
            raise ValueError("NaN")
        return proba(X)

    found = names(check_faults("auto", FRAME, "table", no_missing))
    assert "missing" not in found
    assert "scale" in found


def test_own_faults_have_names():
    def dark(X, random_state):
        return X

    found = check_faults([dark, ("twice", lambda X, _: 2 * X)], FRAME, "table", proba)
    assert names(found) == ["dark", "twice"]


@pytest.mark.parametrize(
    ("faults", "error", "message"),
    [
        ("all", ValueError, "faults must be 'auto' or a list"),
        ([3], TypeError, "at position 0"),
        ([("a", proba), ("a", proba)], ValueError, "names of their own"),
    ],
)
def test_wrong_faults(faults, error, message):
    with pytest.raises(error, match=message):
        check_faults(faults, FRAME, "table", proba)


def test_rows_must_not_get_lost():
    with pytest.raises(ValueError, match="'half' must return as many rows"):
        apply_fault("half", lambda X, _: X[:30], FRAME, np.random.RandomState(0))
