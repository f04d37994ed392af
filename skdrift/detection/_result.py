"""The outcome of a drift test, and counts that it can be had from."""

from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class DriftResult:
    """What a drift test says about one batch, or about several.

    It unpacks and indexes like the tuple of its first five fields. For one batch of k
    features the shapes are those given first; for B batches those given second.

    Parameters
    ----------
    is_drift : bool or ndarray of bool of shape (B,)
        Whether any feature drifted.
    p_value : float or ndarray of shape (B,)
        The smallest p-value of the batch's features after correction for their number.
    statistic : ndarray of shape (k,) or (B, k)
        The test statistic of each feature.
    feature_p_values : ndarray of shape (k,) or (B, k)
        The p-value of each feature, not corrected. NaN where there was nothing to test.
    feature_is_drift : ndarray of bool of shape (k,) or (B, k)
        Whether each feature drifted, after correction.
    group_labels : ndarray of shape (B,), default=None
        The label of each batch, in the order of the rows above; None for one batch.
    feature_names : ndarray of shape (k,), default=None
        The names of the features.
    p_value_method : ndarray of str of shape (k,) or (B, k), default=None
        How each p-value was computed: ``"exact"`` given the ties, ``"upper_bound"``
        (exact if no two batch values between two neighbouring reference values were
        equal, and too large otherwise; counts cannot tell), ``"ties_broken"`` (as if
        such values differed, which is valid but no bound), ``"asymptotic"``,
        ``"monte_carlo"`` by sampled permutations,
        ``"conformal"`` by the rank among chunks of a reference with groups,
        ``"t_bound"`` by how those scatter where they are few,
        ``"given_reference"`` where the test has a ``confidence``,
        ``"missing"`` where a batch has no value of a feature and the number of missing
        ones was tested in their place, and ``"untested"`` where that could not be
        tested either.
    n_tested, n_omitted : ndarray of int of shape (k,) or (B, k), default=None
        How many values of each feature were tested, and left out as missing.
    min_effect : float, default=0.0
        What the statistic of a feature that drifted exceeds.
    columns : dict of str to str, or tuple of B such dicts, default=None
        Of an :class:`InputDriftTest`: names of the columns that changed, the clearest
        one first, and how, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> rng = np.random.default_rng(0)
    >>> test = KSDriftTest().fit(rng.normal(size=(200, 1)))
    >>> result = test.predict(rng.normal(2.0, size=(50, 1)))
    >>> bool(result)
    True
    >>> is_drift, p_value, statistic, *_ = result
    >>> result.p_value_method.tolist()
    ['exact']
    """

    is_drift: bool | np.ndarray
    p_value: float | np.ndarray
    statistic: np.ndarray
    feature_p_values: np.ndarray
    feature_is_drift: np.ndarray
    group_labels: np.ndarray | None = field(default=None, kw_only=True, repr=False)
    feature_names: np.ndarray | None = field(default=None, kw_only=True, repr=False)
    p_value_method: np.ndarray | None = field(default=None, kw_only=True, repr=False)
    n_tested: np.ndarray | None = field(default=None, kw_only=True, repr=False)
    n_omitted: np.ndarray | None = field(default=None, kw_only=True, repr=False)
    min_effect: float = field(default=0.0, kw_only=True, repr=False)
    columns: dict | tuple | None = field(default=None, kw_only=True, repr=False)

    def __bool__(self):
        if np.ndim(self.is_drift) == 0:
            return bool(self.is_drift)
        raise ValueError(
            f"The result holds {len(self.is_drift)} batches, so whether it is drift is "
            "ambiguous; use result.is_drift.any() or result.is_drift.all()."
        )

    def _first_five(self):
        return (
            self.is_drift,
            self.p_value,
            self.statistic,
            self.feature_p_values,
            self.feature_is_drift,
        )

    def __iter__(self):
        return iter(self._first_five())

    def __len__(self):
        return 5

    def __getitem__(self, item):
        return self._first_five()[item]

    def __eq__(self, other):
        """Whether all fields are equal, arrays value by value and NaN to NaN."""
        if type(other) is not type(self):
            return NotImplemented
        return all(
            _equal(getattr(self, part.name), getattr(other, part.name))
            for part in fields(self)
        )

    __hash__ = None

    def _replace(self, **changes):
        """Copy with some fields changed and all others kept, as a named tuple does."""
        return replace(self, **changes)

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
            ``batch_p_value`` and ``batch_is_drift``; then, where they are known,
            ``p_value_method``, ``n_tested``, ``n_omitted``, and ``min_effect``, which
            the statistic has to exceed.
        """
        several = np.ndim(self.is_drift) > 0
        n_features = self.statistic.shape[-1]
        n_batches = len(self.is_drift) if several else 1
        names = self.feature_names
        if names is None:
            names = [f"x{j}" for j in range(n_features)]
        columns = {}
        if several:
            labels = self.group_labels
            if labels is None:
                labels = np.arange(n_batches)
            columns["group"] = np.repeat(labels, n_features)
        columns["feature"] = list(names) * n_batches
        columns["statistic"] = np.ravel(self.statistic)
        columns["p_value"] = np.ravel(self.feature_p_values)
        columns["is_drift"] = np.ravel(self.feature_is_drift)
        columns["batch_p_value"] = np.repeat(self.p_value, n_features)
        columns["batch_is_drift"] = np.repeat(self.is_drift, n_features)
        for name in ("p_value_method", "n_tested", "n_omitted"):
            if getattr(self, name) is not None:
                columns[name] = np.ravel(getattr(self, name))
        columns["min_effect"] = self.min_effect
        return pd.DataFrame(columns)


def only_batch(result):
    """Make a result for one batch of that for a single one among several.

    Parameters
    ----------
    result : DriftResult
        With arrays of one row.

    Returns
    -------
    result : DriftResult
    """
    (is_drift,), (p_value,) = result.is_drift.tolist(), result.p_value.tolist()
    rows = {
        part.name: getattr(result, part.name)[0]
        for part in fields(result)
        if np.ndim(getattr(result, part.name)) == 2
    }
    if result.columns is not None:
        rows["columns"] = result.columns[0]
    return replace(
        result, is_drift=is_drift, p_value=p_value, group_labels=None, **rows
    )


def _equal(one, other):
    if one is None or other is None:
        return one is other
    if isinstance(one, dict | tuple):
        return one == other
    one, other = np.asarray(one), np.asarray(other)
    return np.array_equal(
        one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f"
    )


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
    n_values : ndarray of int of shape (n_features,)
        How many batch values were counted.
    reference_digest : bytes
        Identifies the reference that was counted against.
    n_omitted : ndarray of int of shape (n_features,)
        How many batch values were missing.
    precision : ndarray of int of shape (n_features,)
        Bytes of the floating point type in which values were compared.

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

    def __init__(
        self, below, not_above, n_values, reference_digest, *, n_omitted, precision
    ):
        self.below = below
        self.not_above = not_above
        self.n_values = n_values
        self.reference_digest = reference_digest
        self.n_omitted = n_omitted
        self.precision = precision

    def __add__(self, other):
        if not isinstance(other, DriftCounts):
            return NotImplemented
        if self.reference_digest != other.reference_digest:
            raise ValueError(
                "These counts belong to different references and cannot be added; "
                "count all pieces of a batch with the same fitted test."
            )
        if not np.array_equal(self.precision, other.precision):
            raise ValueError(
                "These counts are of values of different floating point types, of "
                f"{self.precision.tolist()} and {other.precision.tolist()} bytes, and "
                "cannot be added; count all pieces of a batch in one type."
            )
        return DriftCounts(
            tuple(a + b for a, b in zip(self.below, other.below)),
            tuple(a + b for a, b in zip(self.not_above, other.not_above)),
            self.n_values + other.n_values,
            self.reference_digest,
            n_omitted=self.n_omitted + other.n_omitted,
            precision=self.precision,
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
            and np.array_equal(self.n_omitted, other.n_omitted)
            and np.array_equal(self.precision, other.precision)
            and all(map(np.array_equal, self.below, other.below))
            and all(map(np.array_equal, self.not_above, other.not_above))
        )

    __hash__ = None

    def __repr__(self):
        return f"DriftCounts(n_values={self.n_values.tolist()})"
