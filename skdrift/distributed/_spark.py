"""Counting the partitions of a Spark DataFrame."""

import pickle

import numpy as np

from skdrift.distributed._count import split
from skdrift.distributed._dask import add_all, count_part

# Levels of the tree along which counts are added.
_DEPTH = 3


def count_spark(detector, frame, groups):
    """Count all partitions of a Spark DataFrame and add the counts along a tree.

    Parameters
    ----------
    detector : fitted detector
    frame : pyspark.sql.DataFrame
    groups : str or None
        Name of the column that tells batches apart.

    Returns
    -------
    counts : dict of label to counts
        Empty if there are no rows.
    """
    if groups is not None and not isinstance(groups, str):
        raise TypeError(
            "groups must be the name of a column of the Spark DataFrame; got "
            f"{type(groups).__name__}."
        )
    names = columns_of_detector(detector)
    if names is not None:
        absent = [name for name in names if name not in frame.columns]
        if absent:
            raise ValueError(
                f"The Spark DataFrame lacks columns {absent} that the detector was "
                f"fitted on; it has {frame.columns}."
            )
        frame = frame.select(*names, *([groups] if groups else []))
    shared = frame.sparkSession.sparkContext.broadcast(pickle.dumps(detector))

    def count_batches(batches):
        from pyspark import TaskContext

        own = pickle.loads(shared.value)
        place = TaskContext.get().partitionId()
        parts = [
            count_part(own, batch, None, groups, place)
            for batch in batches
            if len(batch)
        ]
        yield _as_row(add_all(parts))

    counted = frame.mapInPandas(count_batches, schema="counts binary")
    rows = counted.rdd.map(lambda row: pickle.loads(row["counts"]))

    def add(one, other):
        return add_all([one, other])

    return rows.treeAggregate({}, add, add, depth=_DEPTH)


def _as_row(counts):
    import pandas as pd

    return pd.DataFrame({"counts": [pickle.dumps(counts)]})


def columns_of_detector(detector):
    """Names of the columns a detector was fitted on, None if it knows none."""
    before, last = split(detector)
    first = last if before is None else before
    names = getattr(first, "feature_names_in_", None)
    if names is None and before is not None:
        names = _first_names(before)
    return None if names is None else np.asarray(names).tolist()


def _first_names(estimator):
    """Look for names in the parts of a Pipeline or union."""
    for _, part in getattr(estimator, "steps", []) or getattr(
        estimator, "transformer_list", []
    ):
        names = getattr(part, "feature_names_in_", None)
        names = _first_names(part) if names is None else names
        if names is not None:
            return names
        if hasattr(estimator, "steps"):
            return None
    return None
