"""DistillationScorer beside alibi-detect's distillation and adversarial autoencoder.

    TF_USE_LEGACY_KERAS=1 python benchmarks/peers_distillation.py

The notebook's loop in small, on the digits of scikit-learn: a dense network is the
classifier, and a student of 32 units or an autoencoder learns from a third of the rows,
which no classifier has seen. alibi-detect needs half of that third for the reference of
its Kolmogorov-Smirnov test, which takes one batch at a time; the scorer of skdrift is
cross-fitted and uses the third for both. Batches of 100 rows: clean ones, ones with 20
rows that a corruption of severity 3 makes the classifier get wrong, ones with 90 rows
that it still gets right. Means over three divisions.

alibi-detect 0.13 asks for TensorFlow 2.18 and tf_keras: ``make benchmark-peers`` makes
the environment.
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import logging
from importlib.metadata import version
from time import perf_counter

import numpy as np
import pandas as pd
import tf_keras
from alibi_detect.ad import AdversarialAE, ModelDistillation
from alibi_detect.cd import KSDrift
from record import write_table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score

from skdrift import DistillationScorer, KSDriftTest, TailDriftTest, label_harm
from skdrift.datasets import IMAGE_CORRUPTIONS, corrupt_images

SEEDS, SEVERITY, N_BATCHES, BATCH, EPOCHS = 3, 3, 40, 100, 30
KINDS = ("clean", "20% harmful", "90% harmless")
ALIBI = f"alibi-detect {version('alibi-detect')}"


def dense(*sizes, last="softmax"):
    hidden = [tf_keras.layers.Dense(size, activation="relu") for size in sizes[1:-1]]
    return tf_keras.Sequential(
        [
            tf_keras.Input((sizes[0],)),
            *hidden,
            tf_keras.layers.Dense(sizes[-1], activation=last),
        ]
    )


class Classifier(ClassifierMixin, BaseEstimator):
    """The trained network as scikit-learn takes it."""

    def __init__(self, network):
        self.network = network
        self.classes_ = np.arange(10)

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, X):
        """Ask the network."""
        return np.asarray(self.network(np.asarray(X, dtype=np.float32)))

    def predict(self, X):
        """Return the most probable class."""
        return self.predict_proba(X).argmax(axis=1)


def batches(clean, harmful, harmless, rng):
    """Return batches of each kind, of shape (batches, rows, features)."""

    def draw(pool, n):
        shifted = pool[rng.integers(len(pool), size=(N_BATCHES, n))]
        rest = clean[rng.integers(len(clean), size=(N_BATCHES, BATCH - n))]
        return np.concatenate([shifted, rest], axis=1)

    return dict(zip(KINDS, (draw(clean, 0), draw(harmful, 20), draw(harmless, 90))))


def alibi(detector, X):
    """Score and test as the notebook does, each batch for itself."""
    half = len(X) // 2
    detector.fit(X[:half], epochs=EPOCHS, verbose=False)
    test = KSDrift(detector.score(X[half:])[:, None], p_val=0.05)

    def score(rows):
        return detector.score(rows)

    def flags(found):
        return [
            bool(test.predict(detector.score(batch)[:, None])["data"]["is_drift"])
            for batch in found
        ]

    return score, flags


def own(classifier, test, X, seed):
    scorer = DistillationScorer(FrozenEstimator(classifier), random_state=seed)
    test.fit(scorer.fit_transform(X))

    def score(rows):
        return scorer.transform(rows)[:, 0]

    def flags(found):
        groups = np.repeat(np.arange(N_BATCHES), BATCH)
        scores = scorer.transform(found.reshape(-1, found.shape[2]))
        return test.predict(scores, groups=groups).is_drift

    return score, flags


def study(seed):
    """Yield a line for each tool."""
    images, y = load_digits(return_X_y=True)
    X = (images / 16).astype(np.float32)
    tf_keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    train, reference, new = np.array_split(rng.permutation(len(X)), 3)
    network = dense(64, 64, 10)
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(X[train], y[train], epochs=2 * EPOCHS, verbose=0)
    classifier = Classifier(network)
    shifted = np.concatenate(
        [
            corrupt_images(X[new].reshape(-1, 8, 8), kind, SEVERITY, seed)
            for kind in IMAGE_CORRUPTIONS
        ]
    ).reshape(-1, 64)
    harm = label_harm(y[new], classifier.predict(X[new]), classifier.predict(shifted))
    harmful, harmless = shifted[harm.harmful], shifted[harm.harmless]
    found = batches(X[new], harmful, harmless, rng)
    truth = np.repeat([1, 0], [len(harmful), len(harmless)])
    student = ModelDistillation(
        distilled_model=dense(64, 32, 10), model=network, loss_type="kld"
    )
    autoencoder = AdversarialAE(
        encoder_net=dense(64, 64, 20, last="relu"),
        decoder_net=dense(20, 64, 64, last="sigmoid"),
        model=network,
    )
    works = {
        f"{ALIBI} ModelDistillation, KSDrift": lambda: alibi(student, X[reference]),
        f"{ALIBI} AdversarialAE, KSDrift": lambda: alibi(autoencoder, X[reference]),
        "skdrift DistillationScorer, KSDriftTest greater": lambda: own(
            classifier, KSDriftTest(alternative="greater"), X[reference], seed
        ),
        "skdrift DistillationScorer, TailDriftTest": lambda: own(
            classifier, TailDriftTest(), X[reference], seed
        ),
    }
    for name, work in works.items():
        start = perf_counter()
        score, flags = work()
        fitted = perf_counter() - start
        area = roc_auc_score(truth, score(np.concatenate([harmful, harmless])))
        start = perf_counter()
        shares = {f"{kind} flagged": np.mean(flags(found[kind])) for kind in KINDS}
        seconds = (perf_counter() - start) / (len(KINDS) * N_BATCHES)
        yield {
            "tool": name,
            "AUROC": area,
            **shares,
            "seconds to fit": fitted,
            "ms a batch": 1e3 * seconds,
        }


def main():
    logging.disable(logging.WARNING)
    rows = [row for seed in range(SEEDS) for row in study(seed)]
    table = pd.DataFrame(rows).groupby("tool", sort=False, as_index=False).mean()
    print(table.round(3).to_string(index=False))
    write_table("peers_distillation", table, digits=2)


if __name__ == "__main__":
    main()
