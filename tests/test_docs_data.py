"""The tables of the documentation come from commands that exist, and are shown."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

ROOT = Path(__file__).resolve().parent.parent
DOCS, BENCHMARKS = ROOT / "docs", ROOT / "benchmarks"
DATA = DOCS / "_data"
TABLES = sorted(DATA.glob("*.csv"))

pytestmark = pytest.mark.skipif(not TABLES, reason="the documentation is not here")


def pages():
    # A build leaves a page of its own beside them.
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in DOCS.glob("*.rst")
        if path.name != "sg_execution_times.rst"
    }


def script_of(table):
    """Return the script that the line beside a table names."""
    line = table.with_suffix(".txt").read_text(encoding="utf-8")
    found = re.fullmatch(r"Made by ``python (\S+).*``, sources of [\d-]{10}\.\n", line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_tables_are_shown_and_made_by_a_script(table):
    shown = f".. csv-table::\n   :file: _data/{table.name}\n"
    assert any(shown in text for text in pages().values())
    script = script_of(table)
    text = (ROOT / script).read_text(encoding="utf-8")
    # One script puts the last part of the name together.
    assert f'"{table.stem}"' in text or 'write_table(f"' in text
    assert script in (ROOT / "Makefile").read_text(encoding="utf-8")
    # Nor does the line name a place on the machine that it was run on.
    assert " /" not in table.with_suffix(".txt").read_text(encoding="utf-8")


def test_pages_show_tables_that_exist():
    for name, text in pages().items():
        for file in re.findall(r":file: _data/(\S+)|include:: _data/(\S+)", text):
            assert (DATA / "".join(file)).exists(), (name, file)


def test_no_page_has_figures_in_a_table_of_its_own():
    for name, text in pages().items():
        for table in re.findall(r"\.\. list-table::\n((?:[ \t]+.*\n|\n)+)", text):
            cells = re.findall(r"^\s+(?:\* )?- (.*)$", table, flags=re.MULTILINE)
            # Parameters such as ``p_val=0.05`` are no figures.
            figures = [c for c in cells if re.match(r"[-+]?\d*\.\d+", c)]
            assert not figures, (name, figures)


def load(name, monkeypatch):
    """Import a benchmark, which is no package."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    path = BENCHMARKS / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_errors_of_asymptotic_p_values_are_what_the_page_shows(
    alternative, monkeypatch
):
    shown = pd.read_csv(DATA / "ks_error.csv")
    (row,) = shown[
        (shown.n == 1000) & (shown.m == 100) & (shown.alternative == alternative)
    ].to_dict("records")
    measured = load("ks", monkeypatch).error(1000, 100, alternative)
    assert measured.keys() == row.keys()
    figures = [key for key in row if key.startswith("%")]
    assert len(figures) == 3
    # Two digits are shown.
    assert_allclose(
        [row[key] for key in figures], [measured[key] for key in figures], atol=0.0051
    )


@pytest.mark.parametrize("name", ["exceedance, q=0.95", "KS greater"])
def test_size_of_tail_tests_is_what_the_page_shows(name, monkeypatch):
    shown = pd.read_csv(DATA / "tail_size.csv", index_col="test")
    shares = load("tail", monkeypatch).undrifted("continuous", name)
    assert_allclose(shown.loc[name, "continuous"], np.mean(shares), atol=0.00051)
