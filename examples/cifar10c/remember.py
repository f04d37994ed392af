"""A classifier that is asked about each row only once in its life."""

import os
import time
from hashlib import blake2b
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class RememberingClassifier(ClassifierMixin, BaseEstimator):
    """Keeps a trained classifier's probabilities of every row in a file.

    An interrupted study goes on where it stopped, and one with other settings only
    computes what is new.

    Parameters
    ----------
    estimator : trained classifier
    path : path-like
        The file, made where it is missing.

    Attributes
    ----------
    asking_seconds_ : float
        Time spent so far on asking the classifier about new rows.
    """

    asking_seconds_ = 0.0

    def __init__(self, estimator, path):
        self.estimator = estimator
        self.path = path

    @property
    def classes_(self):
        """The classifier's classes."""
        return self.estimator.classes_

    def __sklearn_is_fitted__(self):
        return True

    def fit(self, X, y=None):
        """Do nothing: the classifier is trained."""
        return self

    def predict_proba(self, X):
        """Return the probabilities of each row, computed now or long ago."""
        keys = [
            blake2b(np.ascontiguousarray(row), digest_size=16).digest() for row in X
        ]
        known = self._known()
        new = {key: i for i, key in enumerate(keys) if key not in known}
        if new:
            start = time.perf_counter()
            P = self.estimator.predict_proba(np.asarray(X)[list(new.values())])
            self.asking_seconds_ += time.perf_counter() - start
            known.update(zip(new, P))
            self._write(known)
        return np.array([known[key] for key in keys])

    def predict(self, X):
        """Return the most probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _known(self):
        if not hasattr(self, "_memory"):
            self._memory = {}
            if Path(self.path).exists():
                with np.load(self.path) as file:
                    keys, values = file["keys"], file["values"]
                self._memory = {key.tobytes(): P for key, P in zip(keys, values)}
        return self._memory

    def _write(self, known):
        keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, 16)
        part = Path(f"{self.path}.part")
        with open(part, "wb") as file:
            np.savez(file, keys=keys, values=np.array(list(known.values())))
        os.replace(part, self.path)
