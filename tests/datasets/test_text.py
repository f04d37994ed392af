"""Tests of the text corruptions."""

import unicodedata
from difflib import SequenceMatcher

import numpy as np
import pandas as pd
import pytest

from skdrift.datasets import TEXT_CORRUPTIONS, corrupt_text

SENTENCE = (
    "the camera which we bought in march stopped working after three weeks and nobody "
    "at the shop would listen to us although our receipt was dated properly"
)
WORDS = SENTENCE.split()
rng = np.random.default_rng(0)
TEXTS = [" ".join(rng.choice(WORDS, 80)).capitalize() + "." for _ in range(40)]


def likeness(texts, others):
    pairs = zip(texts, others)
    return np.mean([SequenceMatcher(None, a, b, False).ratio() for a, b in pairs])


@pytest.mark.parametrize("kind", TEXT_CORRUPTIONS)
def test_the_stronger_the_less_alike(kind):
    texts = TEXTS[:6]
    before = list(texts)
    alike = [likeness(texts, corrupt_text(texts, kind, s, 0)) for s in (1, 3, 5)]
    assert texts == before
    assert 1 > alike[0] > alike[1] > alike[2] > 0


@pytest.mark.parametrize("kind", TEXT_CORRUPTIONS)
def test_same_seed_same_result_and_later_texts_do_not_matter(kind):
    shifted = corrupt_text(TEXTS, kind, 3, random_state=1)
    assert shifted == corrupt_text(TEXTS, kind, 3, random_state=1)
    assert shifted[:7] == corrupt_text(TEXTS[:7], kind, 3, random_state=1)
    if kind != "truncate":
        assert shifted != corrupt_text(TEXTS, kind, 3, random_state=2)


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "texts": np.array,
    "objects": lambda texts: np.array(texts, dtype=object),
    "series": lambda texts: pd.Series(texts, index=[7, 7], name="review"),
    "strings": lambda texts: pd.Series(texts, dtype="string"),
    "polars": lambda texts: pytest.importorskip("polars").Series("review", texts),
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("kind", TEXT_CORRUPTIONS)
def test_containers_are_kept(name, kind):
    texts = CONTAINERS[name](TEXTS[:2])
    shifted = corrupt_text(texts, kind, 5, random_state=0)
    assert type(shifted) is type(texts)
    assert list(shifted) == corrupt_text(TEXTS[:2], kind, 5, random_state=0)
    if name in ("series", "strings"):
        assert shifted.index.equals(texts.index)
        assert shifted.name == texts.name
    if name in ("series", "strings", "objects", "polars"):
        assert shifted.dtype == texts.dtype


def test_missing_texts_stay():
    texts = ["a word", None, np.nan, pd.NA, ""]
    shifted = corrupt_text(texts, "case", 5)
    assert shifted[0] == "A WORD"
    assert all(a is b for a, b in zip(shifted[1:], texts[1:]))
    series = corrupt_text(pd.Series(["a word", None], dtype="string"), "case", 5)
    assert series.tolist() == ["A WORD", pd.NA]
    category = corrupt_text(pd.Series(["a word", None], dtype="category"), "case", 5)
    assert category[0] == "A WORD"
    assert category.isna().tolist() == [False, True]


@pytest.mark.parametrize("kind", TEXT_CORRUPTIONS)
@pytest.mark.parametrize("text", ["", " ", "\n\n", "x", "İß", "ﬁ 你好 नमस्ते", "a\u0301"])
def test_odd_texts_are_no_matter(kind, text):
    for seed in range(20):
        assert isinstance(corrupt_text([text], kind, 5, seed)[0], str)


LONG = " ".join(WORDS * 60)


def share_changed(kind, severity, text=LONG):
    (shifted,) = corrupt_text([text], kind, severity, random_state=0)
    old, new = text.split(), shifted.split()
    assert len(old) == len(new)
    return np.mean([a != b for a, b in zip(old, new)])


@pytest.mark.parametrize(("severity", "share"), [(1, 0.1), (3, 0.4), (5, 1.0)])
def test_share_of_words_in_capitals(severity, share):
    assert share_changed("case", severity) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.1), (3, 0.4), (5, 1.0)])
def test_words_change_places(severity, share):
    (shifted,) = corrupt_text([LONG], "word_order", severity, random_state=0)
    assert sorted(shifted.split()) == sorted(LONG.split())
    # A word may meet its like, and some stay where they are.
    assert 0.85 * share < share_changed("word_order", severity) < share + 0.05


@pytest.mark.parametrize(("severity", "share"), [(1, 0.05), (3, 0.2), (5, 0.6)])
def test_share_of_words_lost(severity, share):
    (shifted,) = corrupt_text([LONG], "drop_words", severity, random_state=0)
    lost = 1 - len(shifted.split()) / len(LONG.split())
    assert lost == pytest.approx(share, abs=0.05)
    assert "  " not in shifted
    kept = iter(LONG.split())
    assert all(word in kept for word in shifted.split())
    assert corrupt_text(["word"] * 20, "drop_words", 5, 0) == ["word"] * 20


@pytest.mark.parametrize(("severity", "share"), [(1, 0.8), (3, 0.4), (5, 0.1)])
def test_truncated_at_a_share_of_the_length(severity, share):
    (shifted,) = corrupt_text([LONG], "truncate", severity)
    assert LONG.startswith(shifted)
    assert len(shifted) == round(share * len(LONG))
    assert corrupt_text(["word"], "truncate", 5) == ["w"]


@pytest.mark.parametrize(("severity", "share"), [(1, 0.01), (3, 0.06), (5, 0.2)])
def test_typos_hit_a_share_of_the_letters(severity, share):
    shifted = corrupt_text(["world, 42"] * 4000, "typos", severity, random_state=0)
    changed = np.mean([text != "world, 42" for text in shifted])
    assert changed == pytest.approx(1 - (1 - share) ** 5, abs=0.03)
    assert all(text.endswith(", 42") for text in shifted)
    assert set("".join(shifted)) == set("world, 42" + "qeipetkfs")


@pytest.mark.parametrize(("severity", "share"), [(1, 0.05), (3, 0.2), (5, 0.7)])
def test_a_scanner_confuses_a_share_of_what_looks_alike(severity, share):
    (shifted,) = corrupt_text(["kl" * 2000], "ocr", severity, random_state=0)
    assert set(shifted) == set("kl1")
    assert shifted.count("1") / 2000 == pytest.approx(share, abs=0.04)
    pairs = corrupt_text(["rn", "m"] * 200, "ocr", 5, random_state=0)
    assert set(pairs[::2]) == set(pairs[1::2]) == {"rn", "m"}


def test_spaces_are_lost_and_come_up_within_words():
    (shifted,) = corrupt_text([LONG], "spaces", 5, random_state=0)
    assert shifted.replace(" ", "") == LONG.replace(" ", "")
    n_spaces = LONG.count(" ")
    n_letters = len(LONG) - n_spaces - len(WORDS) * 60
    expected = 0.3 * n_spaces + 0.7 / 8 * n_letters
    assert shifted.count(" ") == pytest.approx(expected, rel=0.1)


def test_accents_come_and_go():
    (shifted,) = corrupt_text(["a" * 2000], "diacritics", 5, random_state=0)
    assert set(shifted) == set("aàáä")
    assert shifted.count("a") / 2000 == pytest.approx(0.8, abs=0.04)
    (shifted,) = corrupt_text(["é" * 2000], "diacritics", 5, random_state=0)
    assert set(shifted) == set("eé")
    (plain,) = corrupt_text([LONG], "diacritics", 5, random_state=0)
    decomposed = unicodedata.normalize("NFD", plain)
    assert "".join(c for c in decomposed if not unicodedata.combining(c)) == LONG


def test_wrong_encodings():
    assert corrupt_text(["é – ü"], "mojibake", 1) == ["Ã© â€“ Ã¼"]
    (shifted,) = corrupt_text(["a1" * 2000], "mojibake", 5, random_state=0)
    assert set(shifted) == {"a", "1", "\ufffd"}
    assert shifted.count("\ufffd") / 2000 == pytest.approx(0.4, abs=0.04)


def test_remains_of_markup():
    (shifted,) = corrupt_text([LONG], "markup", 5, random_state=0)
    marked = [
        a != b for a, b in zip(LONG.split(), shifted.replace("br /", "br/").split())
    ]
    assert np.mean(marked) == pytest.approx(0.4, abs=0.04)
    assert "&nbsp;" in shifted


@pytest.mark.parametrize("kind", ["fog", None, 3])
def test_unknown_kind_names_the_known_ones(kind):
    with pytest.raises(ValueError, match="expected one of typos, ocr, drop_words"):
        corrupt_text(["a"], kind, 1)


@pytest.mark.parametrize("severity", [0, 6, 1.0, True])
def test_unknown_severity(severity):
    with pytest.raises(ValueError, match="severity must be one of 1, 2, 3, 4, 5"):
        corrupt_text(["a"], "typos", severity)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("a text", TypeError, "got a single str. Put it in a list"),
        (b"a text", TypeError, "got a single bytes"),
        ([], ValueError, "No texts given"),
        (["a", 3], TypeError, "row 1 holds a int: 3"),
        ([["a", "b"]], TypeError, "row 0 holds a list"),
        (np.array([["a"], ["b"]]), ValueError, r"one dimension; got ndarray of shape"),
        (pd.DataFrame({"a": ["b"]}), ValueError, "one dimension; got DataFrame"),
    ],
)
def test_bad_texts(texts, error, message):
    with pytest.raises(error, match=message):
        corrupt_text(texts, "typos", 1)
