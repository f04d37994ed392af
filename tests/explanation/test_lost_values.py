import numpy as np
import pandas as pd
import pytest

from skdrift.explanation._lost_values import KnownValues

RNG = np.random.default_rng(0)
NUMBERS = pd.Series(RNG.normal(size=500))
CODES = pd.Series(RNG.integers(0, 5, 500))
CATEGORIES = pd.Series(pd.Categorical(RNG.choice(list("abc"), 500)))


@pytest.mark.parametrize("known", [NUMBERS, CODES, CATEGORIES])
def test_known_values_say_what_they_said(known):
    learnt = KnownValues.of(known)
    assert learnt.share_lost(known) == 0
    assert learnt.share_lost(known[:50]) == 0


@pytest.mark.parametrize("known", [NUMBERS, CODES.astype(float), CATEGORIES])
def test_missing_values_beyond_those_of_the_reference(known):
    some = known.mask(np.arange(500) < 50)
    half = known.mask(np.arange(500) < 250)
    assert KnownValues.of(known).share_lost(half) == 0.5
    assert KnownValues.of(some).share_lost(half) == pytest.approx(0.4)
    assert KnownValues.of(half).share_lost(some) == 0


def test_unknown_categories():
    changed = CATEGORIES.astype(object).mask(np.arange(500) < 100, "new")
    assert KnownValues.of(CATEGORIES).share_lost(changed) == pytest.approx(0.2)
    assert KnownValues.of(changed).share_lost(CATEGORIES) == 0


def test_values_that_are_new_in_fresh_rows_too():
    """Such as names of streets: what is unknown says nothing of a fault."""
    draw = np.random.default_rng(1)
    streets = draw.zipf(1.5, size=6000).astype(str)
    learnt = KnownValues.of(pd.Series(streets[:3000]))
    fresh = pd.Series(streets[3000:])
    unknown = (~fresh.isin(streets[:3000])).mean()
    assert unknown > 0.05
    assert learnt.share_lost(fresh) < 0.02
    names = pd.Series([f"row {place}" for place in range(200)])
    assert KnownValues.of(names[:100]).share_lost(names[100:]) == 0


def test_later_dates_are_not_lost():
    days = pd.Series(pd.date_range("2026-01-01", periods=400))
    for known in (days, days - days[0]):
        learnt = KnownValues.of(known[:200])
        assert learnt.share_lost(known[200:]) == 0
        stuck = known[200:].mask(np.arange(200) < 100, known[399])
        assert learnt.share_lost(stuck) == pytest.approx(0.505)


def test_numbers_that_are_stuck():
    learnt = KnownValues.of(NUMBERS)
    stuck = NUMBERS.mask(np.arange(500) < 300, NUMBERS[0])
    assert learnt.share_lost(stuck) == pytest.approx(0.6 - 1 / 500)
    assert learnt.share_lost(stuck.to_numpy()) == pytest.approx(0.6 - 1 / 500)
    # Half of the rows had this value before; now all of them do.
    often = NUMBERS.mask(np.arange(500) < 250, 0.0)
    assert KnownValues.of(often).share_lost(pd.Series(np.zeros(40))) == 0


def test_a_subgroup_with_one_code_lost_nothing():
    learnt = KnownValues.of(CODES)
    assert learnt.share_lost(pd.Series(np.zeros(40))) == 0
    assert KnownValues.of(CATEGORIES).share_lost(CATEGORIES[CATEGORIES == "a"]) == 0


def test_only_missing_values():
    learnt = KnownValues.of(NUMBERS)
    assert learnt.share_lost(pd.Series(np.full(40, np.nan))) == 1
