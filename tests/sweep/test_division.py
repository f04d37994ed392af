import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdrift.sweep._division import divide_rows, split_rows


@given(st.integers(2, 200), st.data())
def test_split_is_a_partition(n_rows, data):
    n_reference = data.draw(st.integers(0, n_rows))
    parts = split_rows(n_rows, n_reference, np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n_rows))
    reference, clean, twins = map(len, parts)
    assert reference == n_reference
    assert 0 <= twins - clean <= 1


def rows_of(n_rows, **params):
    defaults = {"X_reference": None, "reference_size": None, "frozen": False}
    X, y = np.arange(n_rows)[:, np.newaxis], np.arange(n_rows) % 3
    rng = np.random.default_rng(0)
    return divide_rows(X, y, **{**defaults, **params}, rng=rng)


def test_reference_rows_come_with_their_labels():
    rows = rows_of(90, reference_size=20)
    assert rows.n_reference == len(rows.X_fit) == 20
    assert np.array_equal(rows.y_fit, rows.X_fit[:, 0] % 3)
    parts = np.concatenate([rows.X_fit[:, 0], rows.clean, rows.twins])
    assert np.array_equal(np.sort(parts), np.arange(90))


def test_a_third_is_reference_unless_told():
    assert rows_of(90).n_reference == 30


def test_a_frozen_detector_takes_no_reference():
    rows = rows_of(90, frozen=True)
    assert (rows.X_fit, rows.y_fit, rows.n_reference) == (None, None, 0)
    assert len(rows.clean) + len(rows.twins) == 90


def test_a_separate_reference_leaves_all_rows_to_the_batches():
    rows = rows_of(90, X_reference=-np.arange(1, 41)[:, np.newaxis], reference_size=15)
    assert rows.n_reference == len(rows.X_fit) == 15
    assert (rows.X_fit < 0).all()
    assert rows.y_fit is None
    assert len(rows.clean) + len(rows.twins) == 90


@pytest.mark.parametrize(
    ("n_rows", "params", "message"),
    [
        (12, {}, "12 rows, which leaves 4 clean rows .* 4 twin rows beside 4 ref"),
        (90, {"reference_size": 80}, "5 clean rows .* 5 twin rows beside 80 ref"),
        (
            90,
            {"X_reference": np.ones((4, 1)), "reference_size": 5},
            "reference_size=5 is more than the 4 rows of X_reference",
        ),
        (
            90,
            {"X_reference": np.ones((4, 1)), "frozen": True},
            "detector is frozen and brings its own reference",
        ),
    ],
)
def test_too_few_or_too_many_rows(n_rows, params, message):
    with pytest.raises(ValueError, match=message):
        rows_of(n_rows, **params)
