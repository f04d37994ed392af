"""What a drift test needs to know of a batch that is read piece by piece."""

import numpy as np


class DriftCounts:
    """Counts of batch values below each reference value; they add up over pieces.

    Made by the ``count`` method of a drift test and read by its ``predict_counts``.
    Counts of pieces of one batch add up with ``+`` or ``sum``, in any order. Their size
    depends on the reference alone.

    Parameters
    ----------
    below : tuple of ndarray of int
        For each feature, how many batch values are below each distinct reference value.
    not_above : tuple of ndarray of int
        The same for values below or equal.
    n_values : ndarray of int, shape (n_features,)
        How many batch values were counted.
    reference_digest : bytes
        Identifies the reference that was counted against.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> rng = np.random.default_rng(0)
    >>> test = KSDriftTest().fit(rng.normal(size=(200, 1)))
    >>> X = rng.normal(size=(1000, 1))
    >>> counts = sum(test.count(chunk) for chunk in np.array_split(X, 7))
    >>> counts.n_values
    array([1000])
    >>> bool((test.predict_counts(counts).statistic == test.predict(X).statistic).all())
    True
    """

    def __init__(self, below, not_above, n_values, reference_digest):
        self.below = below
        self.not_above = not_above
        self.n_values = n_values
        self.reference_digest = reference_digest

    def __add__(self, other):
        if not isinstance(other, DriftCounts):
            return NotImplemented
        if self.reference_digest != other.reference_digest:
            raise ValueError(
                "These counts belong to different references and cannot be added; "
                "count all pieces of a batch with the same fitted test."
            )
        return DriftCounts(
            tuple(a + b for a, b in zip(self.below, other.below)),
            tuple(a + b for a, b in zip(self.not_above, other.not_above)),
            self.n_values + other.n_values,
            self.reference_digest,
        )

    def __radd__(self, other):
        # sum() starts from 0.
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def __eq__(self, other):
        if not isinstance(other, DriftCounts):
            return NotImplemented
        return (
            self.reference_digest == other.reference_digest
            and np.array_equal(self.n_values, other.n_values)
            and all(map(np.array_equal, self.below, other.below))
            and all(map(np.array_equal, self.not_above, other.not_above))
        )

    __hash__ = None

    def __repr__(self):
        return f"DriftCounts(n_values={self.n_values.tolist()})"
