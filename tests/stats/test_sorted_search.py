import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skdrift.stats import _sorted_search as _places
from skdrift.stats._sorted_search import Places, count_values, placed_blocks


def searched(reference, values, side="left"):
    return np.stack(
        [
            np.searchsorted(column, asked, side=side)
            for column, asked in zip(reference, values)
        ]
    )


SAMPLES = {
    "continuous": lambda rng, size: rng.normal(size=size),
    "one decimal": lambda rng, size: rng.normal(size=size).round(1),
    "heavy tail": lambda rng, size: np.exp(5 * rng.normal(size=size)),
    "90% zeros": lambda rng, size: np.maximum(rng.normal(size=size) - 1.28, 0),
    "constant": lambda rng, size: np.full(size, 3.0),
    "whole range": lambda rng, size: rng.uniform(-1, 1, size=size) * 1.7e308,
    "smallest numbers": lambda rng, size: rng.integers(-9, 9, size=size) * 5e-324,
    "float32": lambda rng, size: rng.normal(size=size).astype(np.float32),
}


@pytest.mark.parametrize("sample", SAMPLES)
# One value, several columns searched together, and guide tables.
@pytest.mark.parametrize(("n", "m"), [(1, 1), (300, 7), (300, 40_000)])
@pytest.mark.parametrize("n_columns", [1, 3])
def test_places_are_those_of_searchsorted(sample, n, m, n_columns):
    rng = np.random.default_rng(0)
    reference = np.sort(SAMPLES[sample](rng, (n_columns, n)), axis=1)
    values = SAMPLES[sample](rng, (n_columns, 1, m))
    values[..., : m // 3] = rng.choice(reference.ravel(), (n_columns, 1, m // 3))
    values[..., m // 2 : m // 2 + 2] = reference[:, :1, None]
    assert_array_equal(Places(reference, m).below(values), searched(reference, values))


def test_a_table_of_few_cells(monkeypatch):
    monkeypatch.setattr(_places, "_MOST_CELLS", 7)
    rng = np.random.default_rng(0)
    reference, values = np.sort(rng.normal(size=(1, 500))), rng.normal(size=(1, 9000))
    assert_array_equal(
        Places(reference, 9000).below(values), searched(reference, values)
    )


def test_values_of_another_precision_than_the_reference():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1, 20_000))
    single = np.sort(rng.normal(size=(1, 500)).astype(np.float32), axis=1)
    close = np.concatenate(
        [np.nextafter(single.astype(float), side) for side in (-9, 9)]
    )
    values[0, :1000] = close.ravel()
    assert_array_equal(
        Places(single, 20_000).below(values),
        searched(single.astype(float), values),
    )


def test_a_part_of_the_columns():
    rng = np.random.default_rng(0)
    reference = np.sort(rng.normal(size=(5, 50)), axis=1)
    for m in (4, 900, 5000):
        values = rng.normal(size=(2, m))
        expected = searched(reference[1:3], values)
        assert_array_equal(Places(reference, m).below(values, range(1, 3)), expected)


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(finite, min_size=1, max_size=6), st.lists(finite, min_size=1, max_size=9)
)
def test_any_finite_numbers(reference, values):
    reference, values = np.sort([reference]), np.array([values + reference])
    for n_lookups in (1, 10**6):
        places = Places(reference, n_lookups).below(values)
        assert_array_equal(places, searched(reference, values))


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("size", [1, 50_001])
def test_counts_are_those_of_sorted_values(sample, size):
    rng = np.random.default_rng(0)
    distinct = np.unique(SAMPLES[sample](rng, 400))
    values = SAMPLES[sample](rng, size)
    values[: size // 2] = rng.choice(distinct, size // 2)
    below, not_above = count_values(distinct, values)
    ordered = np.sort(values)
    assert_array_equal(below, ordered.searchsorted(distinct))
    assert_array_equal(not_above, ordered.searchsorted(distinct, side="right"))


@pytest.mark.parametrize("sample", ["continuous", "one decimal", "90% zeros"])
@pytest.mark.parametrize("shape", [(1, 3000, 40), (700, 2, 101), (2, 1, 1)])
def test_blocks_hold_sorted_places_and_ties(sample, shape):
    rng = np.random.default_rng(0)
    reference = np.sort(SAMPLES[sample](rng, (shape[0], 60)), axis=1)
    batches = SAMPLES[sample](rng, shape)
    visited = np.zeros(shape[:2], dtype=int)
    for block, below, not_above, tied in placed_blocks(reference, batches):
        visited[block] += 1
        ordered = np.sort(batches[block], axis=-1)
        known = reference[block[0]]
        assert_array_equal(below, searched(known, ordered))
        assert_array_equal(not_above, searched(known, ordered, side="right"))
        pooled = np.concatenate(
            [np.broadcast_to(known[:, None], (*tied.shape, 60)), ordered], axis=2
        )
        pooled.sort(axis=2)
        assert_array_equal(tied, (pooled[..., 1:] == pooled[..., :-1]).any(axis=2))
    assert (visited == 1).all()
