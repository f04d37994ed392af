"""Print the lowest versions that pyproject.toml admits, as constraints for pip.

With ``--check FOLDER`` it verifies instead that the virtual environment in that folder
has exactly those versions of the core requirements.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
EXTRAS_IN_THE_RUN = ("test", "dask", "datasets", "progress")


def lowest(requirement):
    """Return (name, version) of ``name[extra]>=version``, None for skdrift itself."""
    name, version = re.fullmatch(
        r"([\w.-]+)(?:\[[\w,]+\])?(?:>=([\d.]+))?", requirement
    ).groups()
    if name == "skdrift":
        return None
    if version is None:
        raise SystemExit(f"{requirement!r} in pyproject.toml has no lower bound")
    return name, version


def oldest_versions(with_extras=True):
    """Return {name: lowest version} of the core requirements and the test extras."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    if with_extras:
        for extra in EXTRAS_IN_THE_RUN:
            requirements += project["optional-dependencies"][extra]
    return dict(filter(None, map(lowest, requirements)))


def check(folder):
    """Exit with a message unless the environment has the oldest core versions."""
    code = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
    expected = oldest_versions(with_extras=False)
    output = subprocess.run(
        [f"{folder}/bin/python", "-c", code, *expected],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for (name, version), installed in zip(expected.items(), output.split()):
        # 1.26 admits 1.26.0: the two name the same version.
        if [*map(int, installed.split("."))] != padded(version, installed):
            raise SystemExit(f"{name}: expected {version}, installed {installed}")
        print(f"{name} {installed}")


def padded(version, like):
    """Return the numbers of ``version`` with zeros up to the length of ``like``."""
    numbers = [*map(int, version.split("."))]
    return numbers + [0] * (like.count(".") + 1 - len(numbers))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2])
    else:
        for name, version in oldest_versions().items():
            print(f"{name}=={version}")
