"""Counting the partitions of a Dask collection."""

from skdrift._sklearn import num_samples
from skdrift.distributed._count import add_counts, count_groups

# Counts of so many partitions are added at a time.
_BRANCHES = 8


def count_dask(detector, collection, groups):
    """Count all partitions of a Dask collection and add the counts along a tree.

    Parameters
    ----------
    detector : fitted detector
    collection : Dask DataFrame, Array or Bag
    groups : str, Dask Series or Array, or None

    Returns
    -------
    counts : dict of label to counts
        Empty if there are no rows.
    """
    import dask

    parts = _partitions(collection)
    labels = [None] * len(parts)
    column = None
    if isinstance(groups, str):
        column = groups
    elif groups is not None:
        labels = _partitions(groups)
        if len(labels) != len(parts):
            raise ValueError(
                "groups must have partitions like those of the collection, "
                f"{len(parts)}; got {len(labels)}."
            )
    # The detector is handed to the workers once, not with every task.
    shared = dask.delayed(detector)
    level = [
        dask.delayed(count_part)(shared, part, label, column, place, pure=False)
        for place, (part, label) in enumerate(zip(parts, labels))
    ]
    while len(level) > 1:
        level = [
            dask.delayed(add_all)(level[start : start + _BRANCHES])
            for start in range(0, len(level), _BRANCHES)
        ]
    return level[0].compute() if level else {}


def _partitions(collection):
    """Partitions of a collection, as delayed objects in their order."""
    parts = collection.to_delayed()
    if not hasattr(parts, "ravel"):
        return list(parts)
    if any(size > 1 for size in parts.shape[1:]):
        raise ValueError(
            "A Dask Array must be chunked along its first axis only, so that a chunk "
            f"holds whole rows; it has {parts.shape} chunks. Use "
            "X.rechunk({1: -1})."
        )
    return parts.ravel().tolist()


def count_part(detector, part, groups, column, place):
    """Count one partition, in its own name.

    Raises
    ------
    RuntimeError
        If that fails; the message names the partition.
    """
    if num_samples(part) == 0:
        return {}
    try:
        if column is not None:
            groups, part = part[column].to_numpy(), part.drop(columns=column)
        return count_groups(detector, part, groups)
    except Exception as error:
        raise RuntimeError(
            f"Partition {place} could not be counted: {type(error).__name__}: {error}"
        ) from error


def add_all(parts):
    """Add the counts of several partitions."""
    total = {}
    for part in parts:
        total = add_counts(total, part)
    return total
