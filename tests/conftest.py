"""Settings of all tests."""

import importlib.util
import os

# Set before any test imports matplotlib or TensorFlow: no window, no start-up messages.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

HAS_KERAS = all(
    importlib.util.find_spec(name) for name in ("tensorflow", "keras", "scikeras")
)


def pytest_collection_modifyitems(items):
    """Skip the tests marked ``keras`` where TensorFlow or scikeras is missing."""
    if not HAS_KERAS:
        skip = pytest.mark.skip(reason="TensorFlow or scikeras is not installed")
        for item in items:
            if item.get_closest_marker("keras"):
                item.add_marker(skip)
