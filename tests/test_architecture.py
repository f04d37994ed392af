"""Who may import whom, read from the sources."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "skdrift"
# What each folder may import of the package beside itself. `_sklearn` is the door to
# scikit-learn's private names and stands open to all but the pure folders; `_columns`
# reads the columns of tables, `_group_labels` checks labels of groups and batches.
ARROWS = {
    "datasets": set(),
    "detection": {"_columns", "_group_labels", "_sklearn", "stats"},
    "distributed": {"_sklearn"},
    "explanation": {
        "_columns",
        "_sklearn",
        "detection",
        "report",
        "scoring",
        "stats",
    },
    "models": {"_columns", "_sklearn"},
    "performance": {
        "_columns",
        "_group_labels",
        "_sklearn",
        "datasets",
        "models",
        "scoring",
        "stats",
    },
    "report": set(),
    "scoring": {"_columns", "_group_labels", "_sklearn", "models"},
    "stats": set(),
    "sweep": {"_sklearn", "report"},
}
FILES = sorted(PACKAGE.rglob("*.py"))
DOOR = PACKAGE / "_sklearn.py"
KERAS_RUNTIME = PACKAGE / "models" / "_keras_runtime.py"


def imported(path):
    """Dotted names of all that a file imports, at its top and inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_private(name):
    return any(part.startswith("_") for part in name.split(".")[1:])


def test_every_folder_has_its_arrows():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(ARROWS)


@pytest.mark.parametrize("folder", ARROWS)
def test_folders_import_along_the_arrows_only(folder):
    allowed = {folder, *ARROWS[folder]}
    for path in (PACKAGE / folder).rglob("*.py"):
        own = [name.split(".")[1] for name in imported(path) if name[:8] == "skdrift."]
        assert set(own) <= allowed, path.name


def test_statistics_import_numpy_and_scipy_only():
    known = {"collections", "dataclasses", "functools", "hashlib", "threading"}
    for path in (PACKAGE / "stats").rglob("*.py"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert tops <= {"numpy", "scipy", "skdrift", *known}, path.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_private_names_of_others_come_through_one_door(path):
    foreign = [n for n in imported(path) if n.split(".")[0] != "skdrift"]
    private = {n for n in foreign if is_private(n)}
    of_sklearn = {n for n in private if n.startswith("sklearn")}
    if path != DOOR:
        assert not of_sklearn
    internals = {
        n
        for n in foreign
        if n.startswith(("keras.src", "tensorflow.python", "tensorflow"))
    }
    if path != KERAS_RUNTIME:
        assert not internals
    assert private == of_sklearn


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_heavy_packages_are_imported_inside_functions(path):
    heavy = {"dask", "keras", "matplotlib", "pyspark", "scikeras", "tensorflow"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {node.module.split(".")[0]}
        else:
            continue
        assert not names & heavy


def test_tests_mirror_the_package():
    missing = [
        str(path.relative_to(PACKAGE))
        for path in FILES
        if path.parent != PACKAGE
        and path.name != "__init__.py"
        and not (ROOT / "tests" / path.parent.name / f"test{path.name}").exists()
    ]
    assert missing == ["models/_keras_runtime.py"]
