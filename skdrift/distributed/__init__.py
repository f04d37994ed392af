"""Batches in many partitions: Dask and Spark.

Counts add up exactly, so that rows stay where they are. Detectors are known by two
methods, ``count`` and ``predict_counts``. Dask and Spark are imported when needed; the
extras ``dask`` and ``spark`` install them.
"""

from skdrift.distributed._count import count, predict_counts
from skdrift.distributed._predict import predict, sample

__all__ = ["count", "predict", "predict_counts", "sample"]
