"""Import an installed skdrift, away from its sources, and touch every public name."""

import importlib.util
from pathlib import Path

import skdrift
import skdrift.datasets

sources = Path(__file__).resolve().parent.parent / "skdrift"
if Path(skdrift.__file__).is_relative_to(sources):
    raise SystemExit(f"imported the sources, not the wheel: {skdrift.__file__}")
for module in (skdrift, skdrift.datasets):
    for name in module.__all__:
        getattr(module, name)
if importlib.util.find_spec("tensorflow") is not None:
    raise SystemExit("TensorFlow is installed: the wheel was to be tried without it")
print(f"skdrift {skdrift.__version__} imported from {skdrift.__file__}")
