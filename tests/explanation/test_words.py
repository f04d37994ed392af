import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from skdrift.explanation._words import find_words


def texts(n, words, weights, rng):
    return [" ".join(rng.choice(words, 8, p=weights)) for _ in range(n)]


WORDS = ["screen", "battery", "movie", "plot", "good", "bad", "price", "box"]


def test_words_that_became_frequent_are_named():
    rng = np.random.default_rng(0)
    even = np.full(8, 1 / 8)
    changed = np.array([1, 1, 6, 6, 1, 1, 1, 1]) / 18
    found = find_words(
        texts(60, WORDS, changed, rng), texts(300, WORDS, even, rng), 0.05
    )
    assert set(found) == {"movie", "plot"}
    assert all("in the reference" in words for words in found.values())


def test_p_values_are_those_of_fishers_test():
    here = ["rare thing"] * 4 + ["other thing"] * 6
    there = ["rare thing"] * 3 + ["other thing"] * 37
    p_value = hypergeom.sf(3, 50, 7, 10)
    # Three words are looked at.
    assert "rare" in find_words(here, there, 3 * p_value * 1.0001)
    assert "rare" not in find_words(here, there, 3 * p_value * 0.9999)


def test_nothing_in_common_names_nothing():
    assert find_words(["a1", "b2"], ["c3", "d4"], 0.05) == {}


@pytest.mark.statistics
def test_family_wise_error():
    n_trials = 300
    even = np.full(8, 1 / 8)
    named = 0
    for seed in range(n_trials):
        rng = np.random.default_rng(seed)
        named += bool(
            find_words(texts(30, WORDS, even, rng), texts(90, WORDS, even, rng), 0.05)
        )
    assert named <= binom.ppf(0.999, n_trials, 0.05)
