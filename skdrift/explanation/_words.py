"""Words whose share has grown among the texts that are to blame."""

import numpy as np
from scipy.stats import hypergeom
from sklearn.feature_extraction.text import CountVectorizer

from skdrift.stats._multiple_testing import adjust_p_values

# A word counts if so many of the texts hold it.
_LEAST_TEXTS = 3
_AT_MOST = 20


def find_words(texts, reference, alpha):
    """Words that stand in more of some texts than of the reference, by exact tests.

    Parameters
    ----------
    texts, reference : sequence of str
    alpha : float
        Any word is named wrongly with at most this probability, by Holm's method.

    Returns
    -------
    words : dict of str to str
        What each word's share is, in words; the clearest one first.
    """
    texts, reference = list(texts), list(reference)
    vectorizer = CountVectorizer(binary=True, min_df=_LEAST_TEXTS)
    try:
        found = vectorizer.fit_transform(texts + reference)
    except ValueError:  # not a single word is in so many texts
        return {}
    n = len(texts)
    here = np.asarray(found[:n].sum(axis=0)).ravel()
    there = np.asarray(found[n:].sum(axis=0)).ravel()
    # Given in how many of all texts a word stands, any of them could hold it.
    p_values = hypergeom.sf(here - 1, n + len(reference), here + there, n)
    p_values = adjust_p_values(p_values, "holm")
    names = vectorizer.get_feature_names_out()
    order = np.lexsort((-here, p_values))[:_AT_MOST]
    return {
        str(names[place]): (
            f"in {here[place] / n:.0%} of the texts, "
            f"{there[place] / len(reference):.0%} in the reference"
        )
        for place in order
        if p_values[place] <= alpha
    }
