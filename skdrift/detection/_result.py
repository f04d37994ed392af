"""The outcome of a drift test."""

from typing import NamedTuple

import numpy as np
import pandas as pd


class _Fields(NamedTuple):
    is_drift: bool
    p_value: float
    statistic: np.ndarray
    feature_p_values: np.ndarray
    feature_is_drift: np.ndarray


class DriftResult(_Fields):
    """What a drift test says about one batch, or about several.

    A named tuple of five fields. For one batch of k features the shapes are those given
    first; for B batches those given second.

    Parameters
    ----------
    is_drift : bool or ndarray of bool, shape (B,)
        Whether any feature drifted.
    p_value : float or ndarray, shape (B,)
        The smallest p-value of the batch's features after correction for their number.
    statistic : ndarray, shape (k,) or (B, k)
        The test statistic of each feature.
    feature_p_values : ndarray, shape (k,) or (B, k)
        The p-value of each feature, not corrected.
    feature_is_drift : ndarray of bool, shape (k,) or (B, k)
        Whether each feature drifted, after correction.

    Attributes
    ----------
    group_labels : ndarray of shape (B,) or None
        The label of each batch, in the order of the rows above; None for one batch.
    feature_names : ndarray of str, shape (k,) or None
        The names of the features.
    p_value_method : ndarray of str, shape (k,) or (B, k), or None
        How each p-value was computed: ``"exact"`` given the ties, ``"upper_bound"``
        (exact if no two batch values between two neighbouring reference values were
        equal, and too large otherwise; counts cannot tell), ``"ties_broken"`` (as if
        such values differed, which is valid but no bound), or ``"asymptotic"``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> rng = np.random.default_rng(0)
    >>> test = KSDriftTest().fit(rng.normal(size=(200, 1)))
    >>> result = test.predict(rng.normal(2.0, size=(50, 1)))
    >>> bool(result)
    True
    >>> result.p_value_method
    array(['exact'], dtype='<U11')
    """

    group_labels = None
    feature_names = None
    p_value_method = None

    def __bool__(self):
        if np.ndim(self.is_drift) == 0:
            return bool(self.is_drift)
        raise ValueError(
            f"The result holds {len(self.is_drift)} batches, so whether it is drift is "
            "ambiguous; use result.is_drift.any() or result.is_drift.all()."
        )

    def __array__(self, dtype=None, copy=None):
        # The fields differ in length, so that numpy cannot stack them by itself: all
        # numbers of one batch in one row, in the order of the fields.
        rows = [
            np.asarray(self.is_drift)[..., None],
            np.asarray(self.p_value)[..., None],
        ]
        rows += [self.statistic, self.feature_p_values, self.feature_is_drift]
        return np.concatenate(rows, axis=-1, dtype=dtype or np.float64)

    def to_frame(self):
        """Tidy table with one row for each feature of each batch.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``group`` (several batches only), ``feature``, ``statistic``,
            ``p_value``, ``is_drift``, and, repeated for all features of a batch,
            ``batch_p_value`` and ``batch_is_drift``.
        """
        several = np.ndim(self.is_drift) > 0
        n_features = self.statistic.shape[-1]
        n_batches = len(self.is_drift) if several else 1
        names = self.feature_names
        if names is None:
            names = np.array([f"x{j}" for j in range(n_features)])
        columns = {}
        if several:
            labels = self.group_labels
            if labels is None:
                labels = np.arange(n_batches)
            columns["group"] = np.repeat(labels, n_features)
        columns["feature"] = np.tile(np.asarray(names).astype(str), n_batches)
        columns["statistic"] = np.ravel(self.statistic)
        columns["p_value"] = np.ravel(self.feature_p_values)
        columns["is_drift"] = np.ravel(self.feature_is_drift)
        columns["batch_p_value"] = np.repeat(self.p_value, n_features)
        columns["batch_is_drift"] = np.repeat(self.is_drift, n_features)
        return pd.DataFrame(columns)


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
