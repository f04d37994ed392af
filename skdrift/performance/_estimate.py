"""PerformanceEstimate: what an estimator says of one batch, or of several."""

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

VERDICTS = ("fine", "harmful", "cannot tell")


@dataclass(frozen=True, eq=False)
class PerformanceEstimate:
    """An estimate of a classifier's performance on a batch without labels.

    For one batch fields are numbers, strings and a tuple; for B batches they are arrays
    of shape (B,), and `reasons` has a tuple for each.

    Parameters
    ----------
    estimate, low, high : float or ndarray of shape (B,)
        The metric on the batch and its interval.
    reference : float
        The metric on the rows of ``fit``.
    lost : float or ndarray of shape (B,)
        By how much the estimate is worse than the reference.
    p_value : float or ndarray of shape (B,)
        Of the hypothesis that no more than `tolerance` was lost.
    verdict : str or ndarray of str of shape (B,)
        "fine", "harmful" or "cannot tell".
    reasons : tuple of str, or tuple of B such tuples
        What speaks for the verdict, in sentences.
    size : int or ndarray of int of shape (B,)
        Number of rows.
    tolerance, confidence : float
        What may be lost, and how sure the interval is.
    metric : str
        Name of the metric.
    group_labels : ndarray of shape (B,), default=None
        Labels of the batches; None for one.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdrift import PerformanceEstimator
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::3], y[::3])
    >>> estimator = PerformanceEstimator(FrozenEstimator(clf), random_state=0)
    >>> estimate = estimator.fit(X[1::3], y[1::3]).predict(X[2::3])
    >>> estimate.verdict, bool(estimate)
    ('fine', False)
    """

    estimate: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray
    reference: float
    lost: float | np.ndarray
    p_value: float | np.ndarray
    verdict: str | np.ndarray
    reasons: tuple
    size: int | np.ndarray
    tolerance: float = field(default=0.05, kw_only=True)
    confidence: float = field(default=0.9, kw_only=True)
    metric: str = field(default="accuracy", kw_only=True)
    group_labels: np.ndarray | None = field(default=None, kw_only=True, repr=False)

    @property
    def is_drift(self):
        """Whether the verdict is anything but "fine"."""
        if self.group_labels is None:
            return self.verdict != "fine"
        return np.asarray(self.verdict) != "fine"

    def __bool__(self):
        if self.group_labels is None:
            return bool(self.is_drift)
        raise ValueError(
            f"The estimate is of {len(self.group_labels)} batches, so whether it is "
            "drift is ambiguous; use is_drift.any() or is_drift.all()."
        )

    def __eq__(self, other):
        """Whether all fields are equal."""
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, part.name), getattr(other, part.name))
            for part in fields(self)
        )

    __hash__ = None

    def __array__(self, dtype=None, copy=None):
        names = ("is_drift", "estimate", "low", "high", "lost", "p_value")
        columns = [np.asarray(getattr(self, name), dtype=float) for name in names]
        return np.stack(columns, axis=-1).astype(dtype or np.float64)

    def __str__(self):
        if self.group_labels is not None:
            return str(self.to_frame())
        low, high = self._lost_range()
        return (
            f"lost {100 * self.lost:.1f} points ({100 * low:.1f} to {100 * high:.1f}): "
            f"{self.verdict}"
        )

    def _lost_range(self):
        ends = [self.reference - self.low, self.reference - self.high]
        return min(ends), max(ends)

    def to_frame(self):
        """Tidy table with one row for each batch.

        Returns
        -------
        frame : DataFrame
            Columns ``group`` (several batches only), ``size``, ``estimate``, ``low``,
            ``high``, ``reference``, ``lost``, ``p_value``, ``verdict``, ``is_drift``
            and ``reasons``, the sentences of a batch in one.
        """
        several = self.group_labels is not None
        columns = {"group": self.group_labels} if several else {}
        names = ("size", "estimate", "low", "high", "reference", "lost", "p_value")
        for name in (*names, "verdict", "is_drift"):
            columns[name] = getattr(self, name)
        reasons = self.reasons if several else (self.reasons,)
        columns["reasons"] = [" ".join(sentences) for sentences in reasons]
        return pd.DataFrame(columns, index=range(len(reasons)))
