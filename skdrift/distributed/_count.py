"""count: the additive counts of a part of a batch, by any detector."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def count(detector, part):
    """Count a part of a batch; counts of parts add up.

    Parameters
    ----------
    detector : Pipeline that ends in a drift test, test or estimator
        A fitted one, with ``count`` and ``predict_counts`` in its last step, as
        KSDriftTest, TailDriftTest, InputDriftTest and PerformanceEstimator have them.
        Inside FrozenEstimator too.
    part : DataFrame, ndarray or sequence of rows
        Rows like those the detector was fitted on.

    Returns
    -------
    counts : object
        What the last step's ``count`` returns.

    Examples
    --------
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> from skdrift.distributed import count, predict_counts
    >>> rng = np.random.default_rng(0)
    >>> test = KSDriftTest().fit(rng.normal(size=(200, 1)))
    >>> X = rng.normal(size=(1000, 1))
    >>> counts = count(test, X[:400]) + count(test, X[400:])
    >>> bool(predict_counts(test, counts).statistic == test.predict(X).statistic)
    True
    """
    before, last = split(detector)
    return last.count(part if before is None else before.transform(part))


def predict_counts(detector, counts):
    """Give the verdict on a batch that is known by its counts.

    Parameters
    ----------
    detector : as in `count`
    counts : object
        The sum of the counts of all parts.

    Returns
    -------
    result : DriftResult or PerformanceEstimate
    """
    return split(detector)[1].predict_counts(counts)


def split(detector):
    """Split a detector into what transforms rows and what counts them.

    Returns
    -------
    before : Pipeline or None
    last : estimator

    Raises
    ------
    TypeError
        If the last step cannot count.
    """
    inner = _unwrap(detector)
    before, last = None, inner
    if isinstance(inner, Pipeline):
        last = _unwrap(inner[-1])
        before = inner[:-1] if len(inner) > 1 else None
    missing = [name for name in ("count", "predict_counts") if not hasattr(last, name)]
    if missing:
        raise TypeError(
            "detector must end in a test or estimator with count and predict_counts; "
            f"{type(last).__name__} has no {' and no '.join(missing)}."
        )
    return before, last


def _unwrap(estimator):
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    return estimator


def count_groups(detector, part, groups):
    """Count the rows of each group apart.

    Parameters
    ----------
    detector : as in `count`
    part : rows
    groups : array-like of shape (n_samples,) or None
        None: all rows are one batch, under the key None.

    Returns
    -------
    counts : dict of label to counts
    """
    if groups is None:
        return {None: count(detector, part)}
    before, last = split(detector)
    rows = part if before is None else before.transform(part)
    labels = np.asarray(groups)
    found = {}
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        some = rows.iloc[own] if hasattr(rows, "iloc") else rows[own]
        found[label.item() if hasattr(label, "item") else label] = last.count(some)
    return found


def add_counts(one, other):
    """Add what was counted of two parts, label by label."""
    total = dict(one)
    for label, counts in other.items():
        total[label] = total[label] + counts if label in total else counts
    return total
