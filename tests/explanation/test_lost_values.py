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
