from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits

from skdrift.datasets import (
    IMAGE_CORRUPTIONS,
    SERIES_CORRUPTIONS,
    TEXT_CORRUPTIONS,
    corrupt_images,
    corrupt_series,
    corrupt_table,
    corrupt_text,
)
from skdrift.datasets._table_faults import FAULTS
from skdrift.sweep._twins import ShiftedTwins, TwinCheck
from tests.datasets.test_tables import make_table

IMAGES = load_digits().images[np.random.default_rng(0).permutation(1797)[:600]]
CANCER = load_breast_cancer(as_frame=True).data
WORDS = [f"{a} {b} {c}" for a in "uvwxyz" for b in "klmnop" for c in "abcdefgh"]


def study_rows(X, twins=(0,)):
    return SimpleNamespace(X=X, twins=np.array(twins))


def is_refused(X, shifted):
    try:
        TwinCheck(X)(shifted, "s", [0])
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("kind", IMAGE_CORRUPTIONS)
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_corrupted_images_are_twins(kind, severity):
    shifted = corrupt_images(IMAGES, kind, severity, 0, value_range=(0, 16))
    assert not is_refused(IMAGES, shifted)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, without in (("numbers", "categories"), ("categories", "numbers"))
        for kind, fault in FAULTS.items()
        if fault.what != without
    ]
    + [("mixed", kind) for kind in FAULTS],
)
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_corrupted_tables_are_twins_unless_nothing_is_left_of_them(
    name, kind, severity
):
    table = make_table().iloc[:500].drop(columns="day")
    categories = ["text", "object", "category", "size", "truth"]
    table = {"numbers": CANCER, "mixed": table, "categories": table[categories]}[name]
    shifted = corrupt_table(table, kind, severity, random_state=0)
    # Values that are shuffled in every column belong to no row any more.
    assert is_refused(table, shifted) == (kind == "shuffle" and severity == 5)


@pytest.mark.parametrize("kind", TEXT_CORRUPTIONS)
@pytest.mark.parametrize("severity", [1, 5])
def test_corrupted_texts_are_twins(kind, severity):
    words = np.array(" ".join(WORDS).split())
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, 30)) for _ in range(300)]
    assert not is_refused(texts, corrupt_text(texts, kind, severity, random_state=0))


@pytest.mark.parametrize("kind", SERIES_CORRUPTIONS)
@pytest.mark.parametrize("severity", [1, 5])
def test_corrupted_series_are_twins(kind, severity):
    X = np.random.default_rng(0).normal(size=(300, 2, 50)).cumsum(axis=2)
    assert not is_refused(X, corrupt_series(X, kind, severity, random_state=0))


def samples(n, rng):
    """Two samples of one population, and rows that only share their order in time."""
    steps = rng.normal(size=(2, n, 3))
    hour = np.arange(n) % 24
    daily = np.cos(2 * np.pi * hour / 24)[:, np.newaxis] + 0.3 * steps
    daily[..., 0] = hour
    yield "normal", rng.normal(size=(2, n, 4))
    yield "images", rng.permutation(load_digits().images)[: 2 * n].reshape(2, n, 8, 8)
    yield "walk", steps.cumsum(axis=1)
    yield "trend", np.linspace(0, 1, n)[:, np.newaxis] + 0.2 * steps
    yield "by class", 3 * np.repeat(np.arange(4), n // 4)[:, np.newaxis] + steps
    yield "daily", daily


@pytest.mark.statistics
def test_rows_of_another_time_are_no_twins():
    rng = np.random.default_rng(0)
    refused = {}
    for _ in range(40):
        for name, (X, shifted) in samples(300, rng):
            refused.setdefault(name, []).append(is_refused(X, shifted))
    # At most one in a hundred of each kind is taken for twins: 3 of 40 are more than
    # this allows in all but .7% of cases.
    assert {name: np.sum(~np.array(told)) for name, told in refused.items()} == {
        name: pytest.approx(0, abs=2) for name in refused
    }


def test_rows_in_the_order_of_time_are_known_by_their_twins():
    for name, (X, _) in samples(300, np.random.default_rng(1)):
        noise = np.random.default_rng(2).normal(size=X.shape)
        scale = 0.2 * X.reshape(len(X), -1).std(axis=0).mean()
        assert not is_refused(X, X + scale * noise), name


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        pd.DataFrame,
        sparse.csr_array,
        np.ndarray.tolist,
        lambda X: X.astype(object),
        lambda X: pd.DataFrame(X).astype("Float64"),
        lambda X: X.reshape(-1, 2, 2),
        lambda X: [{"a": row[0], "b": row[1]} for row in X.round(1).tolist()],
    ],
)
def test_rows_of_any_kind_can_be_compared(convert):
    X = np.random.default_rng(0).normal(size=(300, 4))
    assert not is_refused(convert(X), convert(X + 0.01))
    assert is_refused(convert(X), convert(X[::-1]))


def test_texts_and_times():
    rng = np.random.default_rng(0)
    words = list(rng.permutation(WORDS))
    assert not is_refused(words, [word[2:].upper() for word in words])
    assert is_refused(words, list(rng.permutation(words)))
    hours = rng.permutation(400)
    table = pd.DataFrame({"at": pd.Timestamp("2024") + pd.to_timedelta(hours, "h")})
    table["wait"] = pd.to_timedelta(rng.permutation(hours), "min")
    assert not is_refused(table, table + pd.Timedelta(days=3))
    assert is_refused(table, table.iloc[::-1])


def test_rows_that_are_all_alike_cannot_be_checked():
    X = np.random.default_rng(0).normal(size=(100, 3))
    assert not is_refused(X, np.ones_like(X))
    assert not is_refused(X, np.full_like(X, np.nan))


def test_every_block_is_checked_and_named():
    X = np.random.default_rng(0).normal(size=(200, 3))
    blocks = np.concatenate([X + 1, X[::-1]])
    message = r"X_shifted\[2\] in block 2 have no more .* twins=True.*skdrift.backtest"
    with pytest.raises(ValueError, match=message):
        ShiftedTwins({1: X, 2: blocks}, study_rows(X))
    function = ShiftedTwins({2: lambda: blocks}, study_rows(X))
    with pytest.raises(ValueError, match=message):
        function.load(2)
    trusted = ShiftedTwins({2: blocks}, study_rows(X, [3]), twins=True)
    assert np.array_equal(trusted.load(2), [X[3] + 1, X[-4]])


@pytest.mark.parametrize("twins", [False, 1.5, "yes"])
def test_twins_are_true_or_checked(twins):
    with pytest.raises(ValueError, match=r"twins must be True, .*skdrift.backtest"):
        ShiftedTwins({1: np.ones((5, 1))}, study_rows(np.ones((5, 1))), twins)


@pytest.mark.parametrize("convert", [np.asarray, pd.DataFrame, np.ndarray.tolist])
@pytest.mark.parametrize("is_function", [False, True])
def test_twins_are_taken_out_of_every_block(convert, is_function):
    X = np.arange(5)[:, np.newaxis]
    shifted = convert(np.concatenate([X + 100, X + 200]))
    given = {2: (lambda: shifted) if is_function else shifted}
    taken = ShiftedTwins(given, study_rows(convert(X), [1, 4]), twins=True).load(2)
    assert type(taken) is type(shifted)
    assert np.asarray(taken)[:, 0].tolist() == [101, 104, 201, 204]


@pytest.mark.parametrize("n_shifted", [0, 4, 6])
def test_blocks_must_be_whole(n_shifted):
    rows, given = study_rows(np.ones((5, 1))), {"s": np.ones((n_shifted, 1))}
    message = (
        rf"X_shifted\['s'\] .* whole blocks of 5 .* got {n_shifted} rows.*backtest"
    )
    with pytest.raises(ValueError, match=message):
        ShiftedTwins(given, rows, twins=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["a", "c"], r"missing are \['b'\], not in X are \['c'\]"),
        (["b", "a"], r"the order is \['b', 'a'\] in place of \['a', 'b'\]"),
    ],
)
def test_columns_must_be_those_of_the_rows(columns, message):
    X = pd.DataFrame(np.ones((5, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match=message):
        ShiftedTwins({1: X.set_axis(columns, axis=1)}, study_rows(X), twins=True)
