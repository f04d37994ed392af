import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from scipy.stats import binom

from skdrift import InputDriftTest
from skdrift.datasets import corrupt_table
from tests.round_trips import ROUND_TRIPS


def table(n, seed):
    rng = np.random.default_rng(seed)
    income = rng.lognormal(3, 1, n)
    income[rng.random(n) < 0.08] = np.nan
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": income,
            "height": rng.normal(1.7, 0.1, n),
            "region": rng.choice(["east", "west", "north"], n),
            "plan": pd.Categorical(rng.choice(["a", "b"], n)),
            "member": rng.random(n) < 0.3,
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "empty": None,
            "one": "only",
            "id": rng.choice(10**6, n).astype(str),
        }
    )


@pytest.fixture(scope="module")
def fitted():
    return InputDriftTest(random_state=0).fit(table(1000, 0))


def test_clean_batch(fitted):
    result = fitted.predict(table(200, 1))
    assert not result
    assert result.columns == {}
    assert result.feature_names.tolist() == list(table(1, 0))
    untested = np.isnan(result.feature_p_values)
    assert result.feature_names[untested].tolist() == ["empty", "one"]
    assert set(result.p_value_method) == {"exact", "monte_carlo", "untested"}


def test_constant_columns_are_known(fitted):
    assert fitted.constant_columns_ == ["one"]


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        ("height", lambda x: 100 * x, "about 100 times larger"),
        ("income", lambda x: x.where(np.arange(200) % 3 > 0), "missing, 9% in the ref"),
        ("region", lambda x: x.replace("east", "south"), "new categories in 3"),
        ("plan", lambda x: pd.Series(["a"] * 200), "constant now (a)"),
        (
            "one",
            lambda x: pd.Series(["only", "two"] * 100),
            "constant in the reference",
        ),
        ("member", lambda x: ~x, "of the values are 1, 3"),
        ("empty", lambda x: pd.Series([1.0] * 200), "missing, 100% in the reference"),
        ("since", lambda x: x + pd.Timedelta(900, "D"), "of the values are above"),
    ],
)
def test_changed_column_is_named(fitted, column, change, words):
    batch = table(200, 1)
    batch[column] = np.asarray(change(batch[column]))
    result = fitted.predict(batch)
    assert list(result.columns) == [column]
    assert words in result.columns[column]
    assert bool(result)
    assert result.p_value <= 0.05


def test_columns_that_changed_places(fitted):
    batch = table(200, 1)
    batch["age"], batch["income"] = batch["income"].fillna(20), batch["age"]
    columns = fitted.predict(batch).columns
    assert columns["age"] == "has changed places with income"
    assert columns["income"] == "has changed places with age"


def test_clearest_change_comes_first(fitted):
    batch = table(200, 1)
    batch["age"] += 10
    batch["height"] *= 100
    assert list(fitted.predict(batch).columns) == ["height", "age"]


def test_groups_are_batches(fitted):
    batch = table(400, 1)
    groups = np.repeat(["b", "a"], 200)
    batch.loc[groups == "a", "height"] *= 100
    result = fitted.predict(batch, groups=groups)
    assert result.group_labels.tolist() == ["a", "b"]
    assert result.is_drift.tolist() == [True, False]
    assert result.columns[1] == {}
    for place, label in enumerate(["a", "b"]):
        alone = fitted.predict(batch[groups == label])
        assert alone.columns == result.columns[place]
        assert alone.feature_p_values == pytest.approx(
            result.feature_p_values[place], nan_ok=True
        )


def test_min_effect_holds_back_small_changes():
    reference, batch = table(2000, 0), table(2000, 1)
    batch["age"] += 5
    assert "age" in InputDriftTest().fit(reference).predict(batch).columns
    assert InputDriftTest(min_effect=0.2).fit(reference).predict(batch).columns == {}


def test_arrays_and_polars_read_alike():
    frame = table(300, 0)[["age", "income", "height"]]
    batch = frame.assign(height=frame["height"] * 10)
    expected = InputDriftTest().fit(frame).predict(batch)
    array = InputDriftTest().fit(frame.to_numpy()).predict(batch.to_numpy())
    assert array.columns == {"x2": expected.columns["height"]}
    polars = InputDriftTest().fit(pl.from_pandas(frame)).predict(pl.from_pandas(batch))
    assert polars.columns == expected.columns


def test_same_batch_same_p_values(fitted):
    batch = table(100, 3)
    assert fitted.predict(batch) == fitted.predict(batch)


def test_wrong_input(fitted):
    with pytest.raises(TypeError, match="Sparse data"):
        InputDriftTest().fit(sparse.eye(4))
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        fitted.predict(table(5, 0)[:0])
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(table(5, 0).rename(columns={"age": "years"}))


def test_empty_columns_are_nothing_to_complain_of():
    reference = pd.DataFrame({"a": [np.nan] * 20, "b": np.arange(20.0)})
    assert InputDriftTest().fit(reference).predict(reference).columns == {}


@pytest.mark.statistics
def test_family_wise_size():
    n_trials, alpha = 400, 0.05
    flagged = 0
    for seed in range(n_trials):
        test = InputDriftTest(random_state=seed).fit(table(300, 2 * seed))
        flagged += bool(test.predict(table(100, 2 * seed + 1)))
    low, high = binom.ppf([0.001, 0.999], n_trials, [0.025, alpha])
    assert low <= flagged <= high


@pytest.mark.statistics
@pytest.mark.parametrize(("kind", "severity"), [("scale", 2), ("missing", 3)])
def test_one_broken_column_is_found(fitted, kind, severity):
    names = ["age", "income", "height"]
    for seed in range(30):
        column = names[seed % 3]
        broken = corrupt_table(
            table(200, seed), kind, severity, columns=[column], random_state=seed
        )
        assert next(iter(fitted.predict(broken).columns)) == column


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_stored_and_read_it_says_the_same(fitted, way):
    batch = table(200, 1).assign(one=range(200))
    again = ROUND_TRIPS[way](fitted)
    assert again.predict(batch) == fitted.predict(batch)
    counts = again.count(batch) + fitted.count(batch)
    assert "one" in fitted.predict_counts(counts).columns
