"""Data to try a detector on: corruptions, CIFAR-10 and CIFAR-10-C, simulated loans.

Images, tables, texts and series are corrupted. Imports nothing of the package.
"""

from skdrift.datasets._cifar10 import (
    CIFAR10C_CORRUPTIONS,
    fetch_cifar10,
    fetch_cifar10c,
)
from skdrift.datasets._images import IMAGE_CORRUPTIONS, corrupt_images
from skdrift.datasets._loans import make_loans
from skdrift.datasets._series import SERIES_CORRUPTIONS, corrupt_series
from skdrift.datasets._tables import TABLE_CORRUPTIONS, corrupt_table
from skdrift.datasets._text import TEXT_CORRUPTIONS, corrupt_text

__all__ = [
    "CIFAR10C_CORRUPTIONS",
    "IMAGE_CORRUPTIONS",
    "SERIES_CORRUPTIONS",
    "TABLE_CORRUPTIONS",
    "TEXT_CORRUPTIONS",
    "corrupt_images",
    "corrupt_series",
    "corrupt_table",
    "corrupt_text",
    "fetch_cifar10",
    "fetch_cifar10c",
    "make_loans",
]
