import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.decomposition import PCA

from skdrift._sklearn import num_samples
from skdrift.scoring._representation import (
    ArrayRepresentation,
    CategoryColumn,
    NumberColumn,
    TableRepresentation,
    TextRepresentation,
    as_categories,
    as_numbers,
    check_rows,
    columns_of,
)


def fitted(representation, rows):
    """Fit on rows of which each is its own group."""
    return representation.fit(rows, np.arange(num_samples(rows)))


def fit_numbers(values):
    return NumberColumn.fit(values, np.arange(len(values)))


def squared_distances(representation, X, reference):
    """Squared distances between rows and reference rows, with what is added."""
    points, extra = representation.transform(X)
    known, _ = representation.transform(reference)
    difference = points[:, None].astype(np.float64) - known
    return (difference**2).sum(axis=2) + extra[:, None]


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (np.zeros((2, 3)), "table"),
        ([[1, "a"], [2, "b"]], "table"),
        (pd.DataFrame({"a": [1, 2]}), "table"),
        (["one text", "two"], "text"),
        (pd.Series(["one", None]), "text"),
        (np.zeros((2, 3, 4)), "array"),
        (sparse.csr_matrix(np.eye(2)), "sparse"),
    ],
)
def test_kinds_of_rows(X, kind):
    assert check_rows(X)[1] == kind
    assert check_rows(X, given=True)[1] == "given"


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.arange(3.0), "Expected 2D array"),
        ([], "2D array|0 sample"),
        (pd.DataFrame({"a": []}), "0 sample"),
        (pd.DataFrame(index=range(3)), "0 feature"),
        (np.zeros((2, 2), dtype=complex), "Complex data"),
    ],
)
def test_unreadable_rows_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        check_rows(X)


def test_complex_numbers_in_a_frame_are_refused():
    with pytest.raises(ValueError, match="Complex data"):
        columns_of(pd.DataFrame({"a": [1j, 2.0]}))


def test_numbers_become_ranks():
    column = fit_numbers(np.array([10.0, 20.0, 20.0, 40.0]))
    coordinates, extra = column.transform(np.array([10.0, 15.0, 20.0, 30.0, 40.0]))
    np.testing.assert_allclose(coordinates[:, 0], [0.125, 0.3125, 0.5, 0.6875, 0.875])
    assert not extra.any()


def test_ranks_go_on_beyond_the_range_and_stay_near_it():
    values = np.arange(100.0)
    column = fit_numbers(values)
    std = values.std()
    steps = np.array([0, 0.05, 0.1, 0.3, 1, 5, 50, np.inf])
    up = column.transform(99 + steps * std)[0][:, 0] - 0.995
    down = column.transform(-steps * std)[0][:, 0] - 0.005
    np.testing.assert_allclose(up, -down, atol=1e-12)
    np.testing.assert_allclose(up[1:3], steps[1:3], rtol=5e-3)
    assert (np.diff(up) > 0).all()
    np.testing.assert_allclose(up[-1], 0.5)


def test_missing_numbers_differ_by_a_half_from_all_others():
    values = np.array([0.0, 1.0, 2.0, np.nan])
    for reference in (values, values[:3]):
        representation = fitted(TableRepresentation(), reference[:, None])
        squares = squared_distances(representation, [[np.nan]], reference[:, None])
        np.testing.assert_allclose(squares[0, 1], 0.25)
        if len(reference) == 4:
            assert squares[0, 3] == 0


@pytest.mark.parametrize("constant", [0.0, 0.1, -3.0, 1e30, 1e-30])
def test_another_value_in_a_constant_column_is_unknown(constant):
    reference = np.full((5, 1), constant)
    representation = fitted(TableRepresentation(), reference)
    fresh = np.array([[constant], [np.float32(constant)], [2 * constant + 1], [np.inf]])
    squares = squared_distances(representation, fresh, reference)[:, 0]
    np.testing.assert_allclose(squares, [0, 0, 0.64, 0.64])


def test_text_in_a_column_of_numbers_is_unknown():
    reference = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    representation = fitted(TableRepresentation(), reference)
    fresh = pd.DataFrame({"a": ["2", "2 kg", None]})
    _, extra = representation.transform(fresh)
    np.testing.assert_allclose(extra, [0, 0.64, 0.25])


@pytest.mark.parametrize("values", [[1e308, -1e308, 0.0], [np.inf, -np.inf, 1.0, 2.0]])
def test_extreme_numbers_leave_finite_points(values):
    column = np.array(values)[:, None]
    representation = fitted(TableRepresentation(), column)
    points, extra = representation.transform(column)
    assert np.isfinite(points).all()
    assert np.isfinite(extra).all()


def test_categories_differ_by_a_half_and_unknown_ones_by_more():
    reference = pd.DataFrame({"c": ["x", "x", "y", "y", None]})
    representation = fitted(TableRepresentation(), reference)
    fresh = pd.DataFrame({"c": ["x", "y", None, "new"]})
    squares = squared_distances(representation, fresh, reference)
    same, other, new = 0.0, 0.25, 0.64
    np.testing.assert_allclose(
        squares,
        [
            [same, same, other, other, other],
            [other, other, same, same, other],
            [other, other, other, other, same],
            [new] * 5,
        ],
        atol=1e-6,
    )


def test_rare_categories_share_a_coordinate():
    names = [f"c{j:02}" for j in range(40) for _ in range(41 - j)]
    column = CategoryColumn.fit(pd.Series(names), np.arange(len(names)))
    coordinates, extra = column.transform(pd.Series(["c00", "c23", "c24", "c39", "?"]))
    assert coordinates.shape == (5, 25)
    assert coordinates.argmax(axis=1).tolist()[:4] == [0, 23, 24, 24]
    assert (extra > 0).tolist() == [False] * 4 + [True]


def test_what_one_group_alone_holds_is_unknown_to_its_rows():
    groups = np.array([0, 0, 1, 1, 2])
    table = pd.DataFrame({"c": list("aabbb"), "x": [0.0, 1.0, 1.0, 2.0, 9.0]})
    representation = TableRepresentation().fit(table, groups)
    points, extra = representation.transform_alone(table, groups, None)
    np.testing.assert_allclose(extra > 0, [True, True, False, False, False])
    last = fit_numbers(table["x"].to_numpy())
    # 9 among 0, 1, 1, 2 alone, in standard deviations of all.
    beyond = (9 - 2) / last.std
    expected = 0.7 + 0.5 / (1 + (0.5 / beyond) ** 3) ** (1 / 3)
    np.testing.assert_allclose(points[-1, -1], expected, rtol=1e-6)
    others, _ = representation.transform(table)
    np.testing.assert_array_equal(points[3, -1], others[3, -1])


def test_a_column_that_others_hold_constant_is_unknown_to_the_rest():
    table = np.array([[1.0], [1.0], [1.0], [4.0]])
    representation = fitted(TableRepresentation(), table)
    _, extra = representation.transform_alone(table, np.arange(4), None)
    np.testing.assert_allclose(extra, [0, 0, 0, 0.64])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, None], [1, 2, np.nan]),
        ([Decimal("1.5"), Decimal(2), None], [1.5, 2, np.nan]),
        ([True, None, False], [1, np.nan, 0]),
        (pd.array([1, None], dtype="Int64"), [1, np.nan]),
        (pd.array([1.5, None], dtype="double[pyarrow]"), [1.5, np.nan]),
        (pd.array([True, None], dtype="boolean"), [1, np.nan]),
        (pd.to_timedelta(["1us", None]), [1, np.nan]),
        (pd.to_datetime(["1970-01-01T00:00:01", None]), [1e6, np.nan]),
        (pd.to_datetime(["1970-01-01T01:00:00+01:00", None]), [0, np.nan]),
        ([datetime.date(1970, 1, 2), None], [86_400e6, np.nan]),
    ],
)
def test_columns_read_as_numbers(values, expected):
    (column,) = columns_of(pd.DataFrame({"a": pd.Series(values)}))
    numbers, missing = as_numbers(column)
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_array_equal(missing, np.isnan(expected))


def test_columns_of_ids_count_for_nothing():
    table = pd.DataFrame({"id": list("abcdefgh"), "x": np.arange(8.0)})
    representation = fitted(TableRepresentation(), table)
    points, extra = representation.transform(table.assign(id="new"))
    np.testing.assert_array_equal(points, representation.transform(table)[0])
    assert not extra.any()
    # What comes in pairs is no id, unless the pairs are of one group.
    twice = pd.concat([table, table])
    assert fitted(TableRepresentation(), twice).transform(twice)[0].shape[1] > 1
    groups = np.tile(np.arange(8), 2)
    assert TableRepresentation().fit(twice, groups).transform(twice)[0].shape[1] == 1


def test_a_table_of_ids_alone_is_warned_of():
    table = pd.DataFrame({"id": list("abcdefgh")})
    with pytest.warns(UserWarning, match="All columns of X are like ids"):
        fitted(TableRepresentation(), table)


def test_whole_numbers_have_one_name():
    names = [
        as_categories(pd.Series(values, dtype=object))[1].tolist()
        for values in ([1, 2], [1.0, 2.0], np.array([1, 2], dtype=np.int8))
    ]
    assert names[0] == names[1] == names[2] == ["=1", "=2"]
    codes, names = as_categories(pd.Series(["a", None, "", "a"]))
    assert names[codes].tolist() == ["=a", "", "=", "=a"]


def test_values_without_a_hash_are_categories():
    codes, _ = as_categories(pd.Series([[1], [2], [1], None]))
    assert codes[0] == codes[2] != codes[1]
    assert codes[3] not in codes[:3]


def test_new_words_point_away_from_all_texts():
    texts = ["red green", "red blue", "green blue"]
    representation = fitted(TextRepresentation(), texts)
    known, _ = representation.transform(texts)
    fresh, _ = representation.transform(["Red, green!", "violet", "", "?!"])
    cosine = (fresh @ known.T).toarray()
    np.testing.assert_allclose(cosine[0, 0], 1, rtol=1e-6)
    assert not cosine[1:].any()
    np.testing.assert_allclose(fresh.multiply(fresh).sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(fresh[2].toarray(), fresh[3].toarray())


def test_sparse_rows_may_hold_nothing_or_nan():
    rows = sparse.csr_matrix([[1.0, 0, 2], [0, 0, 0], [np.nan, np.inf, 0]])
    points, _ = fitted(TextRepresentation(), rows).transform(rows)
    np.testing.assert_allclose(np.linalg.norm(points.toarray(), axis=1), 1, rtol=1e-6)


def test_arrays_are_centred_and_scaled_as_a_whole():
    rows = np.random.default_rng(0).normal(1e6, 3, size=(200, 4, 5))
    points, extra = fitted(ArrayRepresentation(), rows).transform(rows)
    assert points.shape == (200, 20)
    np.testing.assert_allclose((points**2).sum(axis=1).mean(), 1, rtol=1e-4)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)
    assert not extra.any()
    rows[0, 0, 0], rows[1, 0, 0] = np.nan, np.inf
    assert np.isfinite(fitted(ArrayRepresentation(), rows).transform(rows)[0]).all()


def test_a_given_representation_is_asked():
    rows = np.random.default_rng(0).normal(size=(50, 6))
    pca = PCA(2).fit(rows)
    by_object, by_function = (
        fitted(ArrayRepresentation(given), rows).transform(rows)[0]
        for given in (pca, pca.transform)
    )
    np.testing.assert_array_equal(by_object, by_function)
    as_sparse = fitted(
        ArrayRepresentation(lambda X: sparse.csr_matrix(np.abs(X))), rows
    )
    assert as_sparse.is_cosine
    assert as_sparse.transform(rows)[0].shape == (50, 7)
