"""Corruptions of texts, at five severities."""

import random
import re
import unicodedata

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from skdrift.datasets._images import check_severity

_LETTER_SHARE = (0.01, 0.03, 0.06, 0.12, 0.2)
_CONFUSED_SHARE = (0.05, 0.1, 0.2, 0.4, 0.7)
_WORD_SHARE = (0.1, 0.2, 0.4, 0.7, 1.0)
_DROPPED_SHARE = (0.05, 0.1, 0.2, 0.4, 0.6)
_LOST_SHARE = (0.02, 0.05, 0.1, 0.2, 0.4)
_KEPT_SHARE = (0.8, 0.6, 0.4, 0.2, 0.1)

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    key: row[max(0, j - 1) : j] + row[j + 1 : j + 2]
    for row in _KEYBOARD
    for j, key in enumerate(row)
}
# What a scanner reads in place of what is printed.
_CONFUSIONS = {
    "0": "O",
    "1": "l",
    "5": "S",
    "8": "B",
    "B": "8",
    "D": "O",
    "G": "6",
    "I": "l",
    "O": "0",
    "S": "5",
    "Z": "2",
    "a": "o",
    "c": "e",
    "cl": "d",
    "d": "cl",
    "e": "c",
    "f": "t",
    "g": "q",
    "h": "b",
    "i": "j",
    "l": "1",
    "m": "rn",
    "n": "u",
    "o": "0",
    "rn": "m",
    "s": "5",
    "t": "f",
    "u": "n",
    "v": "y",
    "vv": "w",
    "w": "vv",
}
_CONFUSED = re.compile("|".join(sorted(_CONFUSIONS, key=len, reverse=True)))
_ACCENTS = "\N{COMBINING GRAVE ACCENT}\N{COMBINING ACUTE ACCENT}\N{COMBINING DIAERESIS}"
_MARKUP = ("<br />", "&nbsp;", "&amp;", "&quot;", "</p>", "[...]", "http://")


def corrupt_text(texts, kind, severity, random_state=None):
    """Return corrupted copies of texts.

    Parameters
    ----------
    texts : list, Series or ndarray of str of shape (n_samples,)
        The texts. They are not changed. None and NaN stay as they are.
    kind : str
        One of `TEXT_CORRUPTIONS`, with what severities 1 to 5 stand for:

        - ``"typos"``: of the letters a share of .01, .03, .06, .12, .2 is left out,
          doubled, exchanged with the next one or hit beside the key;
        - ``"ocr"``: of the letters and digits that a scanner confuses with others, such
          as l and 1 or rn and m, a share of .05, .1, .2, .4, .7 is;
        - ``"drop_words"``: a share of .05, .1, .2, .4, .6 of the words is lost;
        - ``"truncate"``: the first .8, .6, .4, .2, .1 of the characters are left;
        - ``"word_order"``: a share of .1, .2, .4, .7, 1 of the words stand in each
          other's place;
        - ``"spaces"``: a share of .05, .1, .2, .4, .7 of the spaces is lost, and half
          as many come up within words;
        - ``"case"``: a share of .1, .2, .4, .7, 1 of the words is in capital letters;
        - ``"diacritics"``: a share of .01, .03, .06, .12, .2 of the letters has an
          accent too many, or lacks the one it has;
        - ``"mojibake"``: what is not ASCII is read in a wrong encoding, and a share of
          .02, .05, .1, .2, .4 of the other letters is lost to the replacement
          character;
        - ``"markup"``: after a share of .02, .05, .1, .2, .4 of the words there are
          remains of HTML.
    severity : int
        From 1 (slight) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed of the places. The corruption of a text does not depend on the texts after
        it.

    Returns
    -------
    list, Series or ndarray of str of shape (n_samples,)
        The corrupted texts, of the type of `texts`.

    Raises
    ------
    ValueError
        If the kind or the severity is unknown, or the texts are none or have more than
        one dimension.
    TypeError
        If `texts` is a single text, or one of them is no text.

    See Also
    --------
    corrupt_table : The same for tables.

    Examples
    --------
    >>> from skdrift.datasets import corrupt_text
    >>> corrupt_text(["A fine book, well printed."], "ocr", 4, random_state=2)
    ['A fiue book, wel1 printccl.']
    """
    if not isinstance(kind, str) or kind not in _CORRUPTIONS:
        raise ValueError(
            f"Unknown kind {kind!r}; expected one of {', '.join(TEXT_CORRUPTIONS)}."
        )
    level = check_severity(severity) - 1
    values = _check_texts(texts)
    corrupt, amounts = _CORRUPTIONS[kind]
    seeds = check_random_state(random_state).randint(2**31, size=len(values))
    result = [
        corrupt(text, amounts[level], random.Random(seed))
        if isinstance(text, str)
        else text
        for text, seed in zip(values, seeds.tolist())
    ]
    return _like(texts, result)


def _check_texts(texts):
    """Return the texts as a list."""
    if isinstance(texts, (str, bytes)):
        raise TypeError(
            f"texts must be a sequence of texts; got a single {type(texts).__name__}. "
            "Put it in a list."
        )
    if getattr(texts, "ndim", 1) != 1:
        raise ValueError(
            f"texts must have one dimension; got {type(texts).__name__} of shape "
            f"{texts.shape}. Take one column."
        )
    values = list(texts)
    if not values:
        raise ValueError("No texts given.")
    for row, text in enumerate(values):
        if not isinstance(text, str) and not (np.ndim(text) == 0 and pd.isna(text)):
            raise TypeError(
                f"texts must hold texts; row {row} holds a {type(text).__name__}: "
                f"{text!r}."
            )
    return values


def _like(texts, values):
    """Return values in the container that the texts came in."""
    if isinstance(texts, pd.Series):
        dtype = texts.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = dtype.categories.dtype
        return pd.Series(values, texts.index, dtype=dtype, name=texts.name)
    if isinstance(texts, np.ndarray):
        # Texts may be longer than before.
        return np.array(values, dtype=object if texts.dtype.kind == "O" else None)
    if type(texts).__module__.split(".")[0] == "polars":
        return type(texts)(texts.name, values)
    return tuple(values) if isinstance(texts, tuple) else values


def _words(text):
    """Words at even places, what separates them at odd ones."""
    return re.split(r"(\s+)", text)


def _typos(text, share, rng):
    letters, result = list(text), []
    skip = False
    for letter, following in zip(letters, [*letters[1:], ""]):
        if skip:
            skip = False
        elif not letter.isalpha() or rng.random() >= share:
            result.append(letter)
        else:
            fault = rng.randrange(4)
            near = _NEIGHBOURS.get(letter.lower(), letter)
            if fault == 0:
                continue
            if fault == 1:
                result.append(2 * letter)
            elif fault == 2 and following.isalpha():
                result.append(following + letter)
                skip = True
            else:
                hit = rng.choice(near)
                result.append(hit.upper() if letter.isupper() else hit)
    return "".join(result)


def _ocr(text, share, rng):
    def read(match):
        return _CONFUSIONS[match[0]] if rng.random() < share else match[0]

    return _CONFUSED.sub(read, text)


def _drop_words(text, share, rng):
    parts = _words(text)
    kept = [j for j in range(0, len(parts), 2) if not parts[j] or rng.random() >= share]
    if not any(parts[j] for j in kept):
        kept = [rng.randrange(0, len(parts), 2)]
    # A word goes with the space before it.
    return "".join("".join(parts[max(j - 1, 0) : j + 1]) for j in kept).lstrip()


def _truncate(text, share, rng):
    return text[: max(1, round(share * len(text)))]


def _word_order(text, share, rng):
    parts = _words(text)
    moved = [j for j in range(0, len(parts), 2) if parts[j] and rng.random() < share]
    order = rng.sample(moved, len(moved))
    words = [parts[j] for j in order]
    for j, word in zip(moved, words):
        parts[j] = word
    return "".join(parts)


def _spaces(text, share, rng):
    result = []
    for letter, following in zip(text, [*text[1:], ""]):
        if letter == " " and rng.random() < share:
            continue
        result.append(letter)
        # A word of five letters has four places for the space that was lost.
        if letter.isalpha() and following.isalpha() and rng.random() < share / 8:
            result.append(" ")
    return "".join(result)


def _case(text, share, rng):
    return "".join(
        part.upper() if part.strip() and rng.random() < share else part
        for part in _words(text)
    )


def _diacritics(text, share, rng):
    def change(letter):
        if not letter.isalpha() or rng.random() >= share:
            return letter
        base, *accents = unicodedata.normalize("NFD", letter)
        if accents:
            return base
        return unicodedata.normalize("NFC", base + rng.choice(_ACCENTS))

    return "".join(map(change, text))


def _mojibake(text, share, rng):
    def damage(letter):
        if not letter.isascii():
            return letter.encode("utf-8", "replace").decode("cp1252", "replace")
        lost = letter.isalpha() and rng.random() < share
        return "\N{REPLACEMENT CHARACTER}" if lost else letter

    return "".join(map(damage, text))


def _markup(text, share, rng):
    return "".join(
        part + rng.choice(_MARKUP) if part.strip() and rng.random() < share else part
        for part in _words(text)
    )


_CORRUPTIONS = {
    "typos": (_typos, _LETTER_SHARE),
    "ocr": (_ocr, _CONFUSED_SHARE),
    "drop_words": (_drop_words, _DROPPED_SHARE),
    "truncate": (_truncate, _KEPT_SHARE),
    "word_order": (_word_order, _WORD_SHARE),
    "spaces": (_spaces, _CONFUSED_SHARE),
    "case": (_case, _WORD_SHARE),
    "diacritics": (_diacritics, _LETTER_SHARE),
    "mojibake": (_mojibake, _LOST_SHARE),
    "markup": (_markup, _LOST_SHARE),
}

#: The names that :func:`corrupt_text` knows.
TEXT_CORRUPTIONS = tuple(_CORRUPTIONS)
