"""What the corruptions of skdrift.datasets do to classifiers.

Writes the accuracies at severities 1, 3 and 5 that the page about data sets shows:

- images: handwritten digits, 900 to train on, 897 to test;
- texts: reviews of electronics, half to train on, half to test, where ``--reviews``
  names a parquet file with the columns ``text``, ``label`` and ``domain``;
- series: Breiman's waveforms, 1000 to train on, 1000 to test.

Run it with ``python benchmarks/corruptions.py``.
"""

import argparse
import os
from functools import partial

import numpy as np
import pandas as pd
from record import write_table
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdrift.datasets import (
    IMAGE_CORRUPTIONS,
    SERIES_CORRUPTIONS,
    TEXT_CORRUPTIONS,
    corrupt_images,
    corrupt_series,
    corrupt_text,
)

SEVERITIES = (1, 3, 5)


def accuracies(models, train, test, kinds, corrupt):
    """One row per corruption: the accuracy of each model at each severity."""
    X, y = test
    fitted = {name: model.fit(*train) for name, model in models.items()}
    rows = [
        {"corruption": "none", **{k: f"{m.score(X, y):.2f}" for k, m in fitted.items()}}
    ]
    for kind in kinds:
        shifted = [
            corrupt(X, kind, severity, random_state=0) for severity in SEVERITIES
        ]
        scores = {
            name: ", ".join(f"{model.score(S, y):.2f}" for S in shifted)
            for name, model in fitted.items()
        }
        rows.append({"corruption": kind, **scores})
    return pd.DataFrame(rows)


def flat(model):
    """Put a step before a classifier that makes one row of every image or series."""
    return make_pipeline(FunctionTransformer(lambda X: X.reshape(len(X), -1)), model)


def numeric_models():
    return {
        "logistic regression": flat(LogisticRegression(max_iter=2000)),
        "support vector machine": flat(SVC()),
        "random forest": flat(RandomForestClassifier(random_state=0)),
    }


def images():
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    X, y = data.images[order], data.target[order]
    corrupt = partial(corrupt_images, value_range=(0, 16))
    train, test = (X[:900], y[:900]), (X[900:], y[900:])
    return accuracies(numeric_models(), train, test, IMAGE_CORRUPTIONS, corrupt)


def texts(path):
    data = pd.read_parquet(path).query("domain == 'electronics'")
    data = data.sample(frac=1, random_state=0)
    X, y = data["text"].tolist(), data["label"].to_numpy()
    half = len(X) // 2
    models = {
        "logistic regression on words": make_pipeline(
            TfidfVectorizer(min_df=2), LogisticRegression(C=10, max_iter=2000)
        ),
        "naive Bayes on words": make_pipeline(
            TfidfVectorizer(min_df=2, binary=True), MultinomialNB()
        ),
        "logistic regression on 3 to 5 letters": make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3),
            LogisticRegression(C=10, max_iter=2000),
        ),
    }
    train, test = (X[:half], y[:half]), (X[half:], y[half:])
    return accuracies(models, train, test, TEXT_CORRUPTIONS, corrupt_text)


def waveforms(n, rng):
    """Random mixtures of two of three triangles, with noise (Breiman et al., 1984)."""
    times = np.arange(1, 22)
    triangles = [np.maximum(6 - np.abs(times - peak), 0) for peak in (7, 15, 11)]
    pairs = ((0, 1), (0, 2), (1, 2))
    y = rng.integers(3, size=n)
    part = rng.random(n)
    X = [
        u * triangles[a] + (1 - u) * triangles[b]
        for u, (a, b) in zip(part, (pairs[label] for label in y))
    ]
    return (np.array(X) + rng.normal(size=(n, 21)))[:, np.newaxis], y


def series():
    rng = np.random.default_rng(0)
    train, test = waveforms(1000, rng), waveforms(1000, rng)
    # None of the three reads missing values.
    kinds = [kind for kind in SERIES_CORRUPTIONS if kind != "missing"]
    return accuracies(numeric_models(), train, test, kinds, corrupt_series)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", default=os.getenv("SKDRIFT_REVIEWS"))
    reviews = parser.parse_args().reviews
    write_table("corruptions_images", images())
    write_table("corruptions_series", series())
    if reviews:
        write_table("corruptions_texts", texts(reviews))
