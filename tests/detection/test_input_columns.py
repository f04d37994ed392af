import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, ks_2samp

from skdrift.detection._input_columns import (
    CategoryReference,
    NumberReference,
    learn_column,
)

RNG = np.random.default_rng(0)
NUMBERS = pd.Series(RNG.lognormal(size=400))
CATEGORIES = pd.Series(RNG.choice(["a", "b", "c"], 400, p=[0.5, 0.3, 0.2]))


def say(reference, batch):
    outcome = reference.test(batch, 0)
    assert outcome.p_value < 0.01
    return reference.say(reference.count(batch), outcome.worst)


def test_kinds_of_columns():
    assert isinstance(learn_column(NUMBERS), NumberReference)
    assert isinstance(learn_column(CATEGORIES), CategoryReference)
    assert isinstance(learn_column(pd.Series([True, False])), NumberReference)
    times = pd.Series(pd.date_range("2026-01-01", periods=5))
    assert isinstance(learn_column(times), NumberReference)


def test_numbers_are_compared_by_the_exact_test():
    batch = NUMBERS[:60] * 1.3
    (part,) = NumberReference(NUMBERS).test(batch, 0).parts
    expected = ks_2samp(NUMBERS, batch, method="exact")
    assert part.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert part.effect == pytest.approx(expected.statistic)


def test_missing_values_are_compared_by_their_share():
    batch = NUMBERS[:50].where(np.arange(50) >= 4)
    reference = NumberReference(NUMBERS.where(np.arange(400) >= 6))
    missing, _ = reference.test(batch, 0).parts
    table = [[4, 46], [6, 394]]
    tails = [fisher_exact(table, side).pvalue for side in ("less", "greater")]
    assert missing.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)
    assert missing.effect == pytest.approx(4 / 50 - 6 / 400)


WORDS = {
    "unit": (NUMBERS, NUMBERS[:100] * 100, "about 100 times larger"),
    "smaller unit": (NUMBERS, NUMBERS[:100] / 1000, "about 1,000 times smaller"),
    "missing": (
        NUMBERS,
        NUMBERS[:100].where(np.arange(100) >= 38),
        "38% missing, 0% in the reference",
    ),
    "all missing": (
        NUMBERS,
        pd.Series([np.nan] * 50),
        "100% missing, 0% in the reference",
    ),
    "text": (NUMBERS, pd.Series(["?"] * 50), "100% of the values are no numbers"),
    "was constant": (
        pd.Series([2.0] * 100),
        NUMBERS[:50],
        "constant in the reference, 50 values now",
    ),
    "is constant": (
        NUMBERS,
        pd.Series([2.5] * 50),
        "constant now (2.5), 400 values in the reference",
    ),
    "stuck": (
        pd.Series(np.arange(100.0)),
        pd.Series(np.where(np.arange(100) < 60, 7.0, np.arange(100))),
        "60% of the values are 7, 1% in the reference",
    ),
    "new category": (
        CATEGORIES,
        pd.Series(["z"] * 30 + ["a"] * 30),
        "new categories in 50% of the rows, such as z",
    ),
    "share": (CATEGORIES[:20], pd.Series(["c"] * 90 + ["a"] * 10), "c: 90%, "),
    "category was constant": (
        pd.Series(["a"] * 100),
        pd.Series(["a", "b"] * 20),
        "constant in the reference, 2 categories now",
    ),
    "category is constant": (
        CATEGORIES,
        pd.Series(["c"] * 40),
        "constant now (c), 3 categories in the reference",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name):
    reference, batch, expected = WORDS[name]
    assert say(learn_column(reference), batch).startswith(expected)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (lambda x: x + 0.3, "mean "),
        (lambda x: 5 + (x - 5) * 0.5, "standard deviation "),
    ],
)
def test_words_of_moments(shift, expected):
    numbers = pd.Series(np.random.default_rng(1).normal(5, 1, 2000))
    batch = shift(numbers[:800])
    assert say(NumberReference(numbers), batch).startswith(expected)


@pytest.mark.parametrize("values", [[3.0] * 20, [None] * 20, ["x"] * 20])
def test_what_cannot_differ_is_not_tested(values):
    column = pd.Series(values)
    outcome = learn_column(column).test(column[:5], 0)
    assert outcome.parts == []
    assert np.isnan(outcome.p_value)
