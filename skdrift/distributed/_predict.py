"""predict: the verdict on rows that lie in many partitions."""

from dataclasses import fields, replace

import numpy as np

from skdrift.distributed._count import split
from skdrift.distributed._dask import count_dask
from skdrift.distributed._spark import count_spark


def predict(detector, collection, groups=None):
    """Give a detector's verdict on a Dask or Spark collection.

    Each partition is scored and counted where it lies; only counts travel, and they add
    up along a tree. The statistic is exactly that of ``detector.predict`` on all rows
    together; how p-values were computed stands in ``p_value_method``.

    Parameters
    ----------
    detector : Pipeline that ends in a drift test, test or estimator
        A fitted one; see :func:`count`.
    collection : Dask DataFrame, Array or Bag, or Spark DataFrame
        The rows. Of an Array the chunks go along the first axis only; a Bag holds rows
        or texts; of a Spark DataFrame the columns that the detector was fitted on are
        taken.
    groups : str or Dask Series or Array, default=None
        Which batch each row belongs to: the name of a column, or for Dask a Series or
        Array with partitions like those of the rows. None: all rows are one batch.

    Returns
    -------
    result : DriftResult or PerformanceEstimate
        With ``groups``, one batch per distinct label, in ascending order.

    Raises
    ------
    RuntimeError
        If a partition cannot be scored; the message names it.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from skdrift import KSDriftTest
    >>> from skdrift.distributed import predict
    >>> rng = np.random.default_rng(0)
    >>> test = KSDriftTest().fit(rng.normal(size=(200, 1)))
    >>> X = rng.normal(size=(1000, 1))
    >>> result = predict(test, da.from_array(X, chunks=(100, 1)))
    >>> bool(result.statistic == test.predict(X).statistic)
    True
    """
    _, last = split(detector)
    module = type(collection).__module__.split(".")[0]
    if module in ("dask", "dask_expr"):
        counts = count_dask(detector, collection, groups)
    elif module == "pyspark":
        counts = count_spark(detector, collection, groups)
    else:
        raise TypeError(
            "collection must be a Dask DataFrame, Array or Bag, or a Spark DataFrame; "
            f"got {type(collection).__module__}.{type(collection).__name__}. For rows "
            "in memory use detector.predict."
        )
    if not counts:
        raise ValueError("The collection holds no rows; there is nothing to test.")
    if groups is None:
        return last.predict_counts(counts[None])
    labels = sorted(counts)
    return stack_results([last.predict_counts(counts[one]) for one in labels], labels)


# Fields of results that are the same for all batches.
_SHARED = {
    "confidence",
    "feature_names",
    "metric",
    "min_effect",
    "reference",
    "tolerance",
}


def stack_results(results, labels):
    """Make one result for several batches out of one for each.

    Parameters
    ----------
    results : list of DriftResult or of PerformanceEstimate
    labels : list

    Returns
    -------
    result : DriftResult or PerformanceEstimate
    """
    values = {}
    for part in fields(results[0]):
        column = [getattr(result, part.name) for result in results]
        if part.name == "group_labels":
            values[part.name] = np.asarray(labels)
        elif part.name in _SHARED or column[0] is None:
            values[part.name] = column[0]
        elif isinstance(column[0], dict | tuple):
            values[part.name] = tuple(column)
        else:
            values[part.name] = np.array(column)
    return replace(results[0], **values)


def sample(collection, n, random_state=None):
    """Draw rows of a collection evenly, to fit a detector on.

    Parameters
    ----------
    collection : Dask DataFrame or Array, or Spark DataFrame
    n : int
        Number of rows, or all there are if they are fewer.
    random_state : int or None, default=None

    Returns
    -------
    rows : DataFrame or ndarray
        In memory, in the order of the collection.
    """
    rng = np.random.default_rng(random_state)
    module = type(collection).__module__.split(".")[0]
    if module == "pyspark":
        total = collection.count()
        share = min(1.0, 1.3 * n / max(total, 1) + 20 / max(total, 1))
        seed = int(rng.integers(2**31))
        rows = collection.sample(fraction=share, seed=seed).toPandas()
    else:
        import dask

        parts = collection.to_delayed()
        parts = parts.ravel().tolist() if hasattr(parts, "ravel") else list(parts)
        sizes = np.array(dask.compute(*[dask.delayed(len)(part) for part in parts]))
        total = int(sizes.sum())
        places = np.sort(rng.choice(total, min(n, total), replace=False))
        starts = np.cumsum(sizes) - sizes
        picked = []
        for part, start, size in zip(parts, starts, sizes):
            own = places[(places >= start) & (places < start + size)] - start
            picked.append(dask.delayed(_take)(part, own))
        return _join([part for part in dask.compute(*picked) if len(part)])
    if len(rows) > n:
        kept = np.sort(rng.choice(len(rows), n, replace=False))
        rows = rows.iloc[kept].reset_index(drop=True)
    return rows


def _take(part, places):
    return part.iloc[places] if hasattr(part, "iloc") else part[places]


def _join(parts):
    if hasattr(parts[0], "iloc"):
        import pandas as pd

        return pd.concat(parts, ignore_index=True)
    return np.concatenate(parts)
