import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from skdrift.sweep._batches import BatchPlan, compose_batches, draw_rows


@given(st.integers(1, 50), st.integers(0, 50), st.integers(1, 5))
def test_rows_repeat_only_when_they_must(n_pool, n_rows, n_batches):
    drawn = draw_rows(n_pool, n_rows, n_batches, np.random.default_rng(0))
    assert drawn.shape == (n_batches, n_rows)
    assert drawn.size == 0 or (drawn.min() >= 0 and drawn.max() < n_pool)
    if n_rows <= n_pool:
        assert all(len(set(batch)) == n_rows for batch in drawn.tolist())


@pytest.mark.statistics
@pytest.mark.parametrize("n_rows", [3, 8, 30])
def test_every_row_is_equally_likely(n_rows):
    drawn = draw_rows(12, n_rows, 4000, np.random.default_rng(1))
    assert chisquare(np.bincount(drawn.ravel(), minlength=12)).pvalue > 1e-3


@given(st.integers(0, 10), st.integers(1, 4))
def test_batches_hold_exactly_so_many_shifted_rows(n_shifted, k):
    clean, shifted = np.zeros((20, k)), np.ones((15, k))
    rng = np.random.default_rng(0)
    scores = compose_batches(clean, shifted, n_shifted, BatchPlan([], 10, 6, ()), rng)
    assert scores.shape == (60, k)
    assert np.array_equal(
        scores.reshape(6, 10, k).sum(axis=1), np.full((6, k), n_shifted)
    )


def test_an_empty_pool_is_no_matter_where_nothing_is_drawn_from_it():
    plan, rng = BatchPlan([], 5, 2, ()), np.random.default_rng(0)
    scores = compose_batches(np.ones((5, 1)), np.empty((0, 1)), 0, plan, rng)
    assert scores.sum() == 10
