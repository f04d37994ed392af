import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdrift.sweep._division import GivenRows, divide_rows, split_rows


@given(st.integers(2, 200), st.data())
def test_split_is_a_partition(n_rows, data):
    n_reference = data.draw(st.integers(0, n_rows))
    parts = split_rows(n_rows, n_reference, np.random.default_rng(0))
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n_rows))
    reference, clean, twins = map(len, parts)
    assert reference == n_reference
    assert 0 <= twins - clean <= 1


@given(st.integers(2, 60), st.integers(1, 12), st.data())
def test_no_group_is_divided(n_rows, n_groups, data):
    labels = st.lists(st.integers(0, n_groups), min_size=n_rows, max_size=n_rows)
    groups = np.array(data.draw(labels))
    n_reference = data.draw(st.integers(0, n_rows))
    rng = np.random.default_rng(0)
    parts = split_rows(n_rows, n_reference, rng, groups)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n_rows))
    held = [set(groups[part].tolist()) for part in parts]
    assert sum(map(len, held)) == len(set(groups.tolist()))
    largest = np.unique(groups, return_counts=True)[1].max()
    assert abs(len(parts[0]) - n_reference) <= largest / 2


def test_groups_of_one_row_change_nothing():
    plain = split_rows(50, 20, np.random.default_rng(3))
    grouped = split_rows(50, 20, np.random.default_rng(3), np.arange(50)[::-1])
    assert list(map(len, grouped)) == list(map(len, plain)) == [20, 15, 15]
    again = split_rows(50, 20, np.random.default_rng(3), np.arange(50).astype(str))
    assert all(map(np.array_equal, plain, again))


def rows_of(n_rows, *, reference_size=None, frozen=False, **given):
    X, y = np.arange(n_rows)[:, np.newaxis], np.arange(n_rows) % 3
    rng = np.random.default_rng(0)
    return divide_rows(GivenRows(X, y, **given), reference_size, frozen, rng)


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


def test_groups_of_the_reference_rows_come_along():
    groups = np.repeat(np.arange(30), 3)
    rows = rows_of(90, groups=groups, reference_size=20)
    assert rows.n_reference == 21
    assert np.array_equal(rows.groups_fit, groups[rows.X_fit[:, 0]])
    sides = [rows.groups_fit, groups[rows.clean], groups[rows.twins]]
    assert sum(len(set(side.tolist())) for side in sides) == 30
    rows = rows_of(
        90,
        groups=groups,
        X_reference=-np.arange(1, 41)[:, np.newaxis],
        groups_reference=np.repeat(np.arange(100, 110), 4),
        reference_size=16,
    )
    assert np.array_equal(rows.groups_fit, 100 + (-rows.X_fit[:, 0] - 1) // 4)


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
        (90, {"groups": np.arange(90) // 45}, "90 rows in 2 groups, which leaves 0"),
        (90, {"groups": np.zeros(90)}, "90 rows in 1 groups, .* 0 reference rows"),
        (
            90,
            {"X_reference": np.ones((4, 1)), "groups": np.arange(90)},
            "X_reference needs groups_reference beside groups",
        ),
        (
            90,
            {
                "X_reference": np.ones((4, 1)),
                "groups": np.arange(90),
                "groups_reference": np.array([89, 90, 91, 5]),
            },
            r"2 groups stand in X and in X_reference, such as \[5, 89\]",
        ),
    ],
)
def test_too_few_or_too_many_rows(n_rows, params, message):
    with pytest.raises(ValueError, match=message):
        rows_of(n_rows, **params)
