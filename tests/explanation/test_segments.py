import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from skdrift.explanation._segments import (
    Condition,
    Segment,
    candidate_conditions,
    find_segments,
)

NAMES = ["age", "region", "income"]


def table(n, rng):
    income = rng.lognormal(3, 1, n)
    income[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "region": rng.choice(["east", "west", "north"], n, p=[0.2, 0.5, 0.3]),
            "income": income,
        }
    )


def search(tables, harm, seed=0, **options):
    settings = {
        "names": NAMES,
        "alpha": 0.05,
        "max_conditions": 3,
        "min_share": 0.05,
        "seed": seed,
    }
    return find_segments(
        tables, harm, [(harm, "points lost")], **{**settings, **options}
    )


def planted(inside, seed, lost=0.4, n=2000):
    rng = np.random.default_rng(seed)
    batch, reference = table(n, rng), table(n, rng)
    harm = [rng.beta(2, 12, n) for _ in range(2)]
    where = inside(batch).to_numpy()
    harm[0][where] = np.clip(harm[0][where] + lost, 0, 1)
    return (batch, reference), harm, where


REGIONS = {
    "category": lambda X: X["region"] == "east",
    "numbers": lambda X: (X["age"] > 40) & (X["age"] <= 52),
    "missing": lambda X: X["income"].isna(),
    "two columns": lambda X: (X["region"] != "west") & (X["age"] > 70),
}


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("seed", range(3))
def test_planted_region_is_found(name, seed):
    tables, harm, where = planted(REGIONS[name], seed)
    first, *_ = search(tables, harm, seed)
    found = first.contains(tables[0])
    assert (found & where).sum() / (found | where).sum() >= 0.7
    assert first
    assert first.low <= 0.4 <= first.high + 0.05
    assert first.p_value <= 0.05
    assert first.share == pytest.approx(where.mean(), abs=0.03)


def test_rule_reads_as_words():
    tables, harm, _ = planted(REGIONS["two columns"], 0)
    (first,) = search(tables, harm)
    assert "region ≠ west" in str(first)
    assert "age > 7" in str(first)
    assert first.words.startswith(f"{first}: ")
    assert "points lost" in first.words
    assert first.words.endswith("elsewhere none")


def test_two_regions_are_disjoint_and_the_larger_harm_comes_first():
    tables, harm, _ = planted(REGIONS["category"], 1, lost=0.5)
    missing = tables[0]["income"].isna().to_numpy()
    harm[0][missing] = np.clip(harm[0][missing] + 0.3, 0, 1)
    found = search(tables, harm)
    assert len(found) >= 2
    assert str(found[0]) == "region = east"
    growth = [one.share * one.lost for one in found]
    assert growth == sorted(growth, reverse=True)


def test_harm_everywhere_is_no_region():
    rng = np.random.default_rng(0)
    tables = table(1000, rng), table(1000, rng)
    harm = [rng.beta(4, 6, 1000), rng.beta(2, 12, 1000)]
    assert search(tables, harm) == []


def test_hard_region_that_did_not_change_is_none():
    rng = np.random.default_rng(0)
    tables = table(2000, rng), table(2000, rng)
    harm = [rng.beta(2, 12, 2000) + 0.4 * (X["age"] > 60) for X in tables]
    assert search(tables, [part.to_numpy() for part in harm]) == []


@pytest.mark.statistics
def test_clean_data_has_a_region_in_at_most_alpha():
    n_trials, alpha = 200, 0.1
    found = 0
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        tables = table(300, rng), table(300, rng)
        harm = [rng.beta(1, 6, 300) for _ in range(2)]
        found += bool(search(tables, harm, seed, alpha=alpha))
    assert found <= binom.ppf(0.999, n_trials, alpha)


def test_segment_of_nothing():
    none = Segment()
    assert not none
    assert str(none) == none.words == ""
    assert not none.contains(table(5, np.random.default_rng(0))).any()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("age", 0, "above", 30), [False, True, False]),
        (Condition("age", 0, "not above", 30), [True, False, False]),
        (Condition("age", 0, "missing"), [False, False, True]),
        (Condition("age", 0, "known"), [True, True, False]),
        (Condition("region", 1, "is", "a=b"), [True, False, False]),
        (Condition("region", 1, "is not", "a=b"), [False, True, True]),
    ],
)
def test_conditions(condition, expected):
    X = pd.DataFrame({"age": [30.0, 31.0, np.nan], "region": ["a=b", "c", None]})
    assert Segment((condition,)).contains(X).tolist() == expected


def test_candidates_hold_where_their_words_say():
    rng = np.random.default_rng(0)
    tables = table(200, rng), table(300, rng)
    halves = [np.arange(len(X)) % 2 == 0 for X in tables]
    conditions, holds = candidate_conditions(tables, halves, NAMES)
    assert {one.column for one in conditions} == set(NAMES)
    for X, part in zip(tables, holds):
        for condition, expected in zip(conditions, part.T):
            assert (Segment((condition,)).contains(X) == expected).all(), condition


def test_arrays_are_tables_too():
    rng = np.random.default_rng(0)
    X, reference = rng.normal(size=(2, 1000, 3))
    harm = [rng.beta(2, 12, 1000) for _ in range(2)]
    harm[0] += 0.4 * (X[:, 1] > 1)
    (first,) = search((X, reference), harm, names=["x0", "x1", "x2"])
    assert str(first).startswith("x1 > ")
    assert np.mean(first.contains(X) == (X[:, 1] > 1)) > 0.97


def test_same_seed_same_regions():
    tables, harm, _ = planted(REGIONS["numbers"], 0)
    assert search(tables, harm, 3) == search(tables, harm, 3)
