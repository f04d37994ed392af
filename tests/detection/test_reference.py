import numpy as np
import pytest

from skdrift.detection._reference import add_to_reservoir, append_and_sort, keep_last


def test_columns_stay_sorted_with_nan_last():
    reference = append_and_sort(np.empty((2, 0)), np.array([[3.0, np.nan], [1.0, 5.0]]))
    reference = append_and_sort(reference, np.array([[2.0, 4.0]]))
    np.testing.assert_array_equal(reference, [[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]])


@pytest.mark.parametrize("capacity", [1, 3, 5, 100])
def test_the_last_rows_are_kept(capacity):
    rows = np.arange(22.0).reshape(11, 2)
    kept = rows[:0]
    for chunk in (rows[:4], rows[4:5], rows[5:]):
        kept = keep_last(kept, chunk, capacity)
    np.testing.assert_array_equal(kept, rows[-capacity:])


def test_a_reservoir_fills_up_before_it_replaces():
    rows = np.arange(10.0)[:, None]
    kept = add_to_reservoir(rows[:0], rows[:4], 0, 6, np.random.RandomState(0))
    kept = add_to_reservoir(kept, rows[4:6], 4, 6, np.random.RandomState(0))
    np.testing.assert_array_equal(kept, rows[:6])


@pytest.mark.statistics
@pytest.mark.parametrize("cuts", [[], [3], [10], [5, 6, 25]])
def test_every_row_is_as_likely_to_be_kept(cuts):
    rows = np.arange(30.0)[:, None]
    random_state = np.random.RandomState(0)
    kept_count = np.zeros(30)
    n_runs = 4000
    for _ in range(n_runs):
        kept, seen = rows[:0], 0
        for chunk in np.split(rows, cuts):
            kept = add_to_reservoir(kept, chunk, seen, 10, random_state)
            seen += len(chunk)
        assert len(np.unique(kept)) == 10
        kept_count[kept[:, 0].astype(int)] += 1
    # Each row is kept with probability 1/3; 4.5 standard errors.
    band = 4.5 * np.sqrt(1 / 3 * 2 / 3 / n_runs)
    assert np.abs(kept_count / n_runs - 1 / 3).max() < band
