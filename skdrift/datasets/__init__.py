"""Data to try a detector on: corruptions of images and tables, CIFAR-10 and -10-C."""

from skdrift.datasets._cifar10 import (
    CIFAR10C_CORRUPTIONS,
    fetch_cifar10,
    fetch_cifar10c,
)
from skdrift.datasets._images import IMAGE_CORRUPTIONS, corrupt_images
from skdrift.datasets._tables import TABLE_CORRUPTIONS, corrupt_table

__all__ = [
    "CIFAR10C_CORRUPTIONS",
    "IMAGE_CORRUPTIONS",
    "TABLE_CORRUPTIONS",
    "corrupt_images",
    "corrupt_table",
    "fetch_cifar10",
    "fetch_cifar10c",
]
