"""The tables of the documentation come from commands that exist, and are shown."""

import importlib.util
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from skdrift import KSDriftTest

ROOT = Path(__file__).resolve().parent.parent
DOCS, BENCHMARKS = ROOT / "docs", ROOT / "benchmarks"
DATA = DOCS / "_data"
TABLES = sorted(DATA.glob("*.csv"))


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


@pytest.mark.parametrize("kind", ["rounded to one decimal", "90% zeros"])
def test_size_of_ks_tests_with_ties_is_what_the_page_shows(kind, monkeypatch):
    shown = pd.read_csv(DATA / "ks_ties.csv", index_col="values").loc[kind]
    n_batches = 400
    measured = load("ks", monkeypatch).ties(kind, n_batches, seed=1)
    for column in ("alpha = 0.05", "0.05, ties ignored"):
        share = shown[column]
        band = 4 * np.sqrt(max(share * (1 - share), 1e-3) / n_batches)
        assert_allclose(measured[column], share, atol=band)


def test_false_discoveries_are_what_the_page_shows(monkeypatch):
    shown = pd.read_csv(DATA / "monitor_discoveries.csv")
    shown = shown[shown["reference"] == "fixed"].set_index("rule")
    monitor = load("monitor", monkeypatch)
    p_values, drifted = monitor.uniform_streams(100, 1000, False, 2, 0.1)
    found = p_values <= 0.05
    false = (found & ~drifted).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    row = shown.loc["every batch at 0.05"]
    assert_allclose(
        np.mean(false), row["false discovery rate"], atol=4 * np.std(false) / 10
    )
    assert_allclose(np.mean(found[drifted]), row["drifted batches found"], atol=0.01)


# Settings, sizes of downloads and the like: what was not measured.
STATED = {
    "autoencoder.rst": {"0.1", "0.2"},
    "datasets.rst": {"0.2", "2.9"},
    "ks.rst": {"0.03"},
    "sweep.rst": {"0.3"},
}
# Their figures follow from tables, by the test below.
COMPUTED = {"distributed.rst": {"3.8", "15.7"}}


def prose(text):
    """Sentences of a page, without code, tables and what directives hold."""
    block = r"^( *)\.\. [\w-]+(?:::|.*::).*\n(?:(?:\1 +.*)?\n)*"
    text = re.sub(r"^( *)\.\. (?:note|warning)::", r"\1", text, flags=re.MULTILINE)
    text = re.sub(block, "", text, flags=re.MULTILINE)
    text = re.sub(r"::\n\n(?:[ \t]+.*\n|\n)+", "\n", text)
    # What the faults of skdrift.datasets do is stated in simple tables.
    text = re.sub(r"^=+  =+\n(?:.+\n)+", "", text, flags=re.MULTILINE)
    return re.sub(r"``.*?``|arXiv:\S+|Python [\d.]+", "", text, flags=re.DOTALL)


def decimals(text):
    return set(re.findall(r"(?<![\w.])\d*\.\d+(?![\w.])", text))


def test_decimals_of_pages_stand_in_their_tables():
    for name, text in pages().items():
        cells = "\n".join(
            (DATA / table).read_text(encoding="utf-8")
            for table in re.findall(r":file: _data/(\S+)", text)
        )
        known = {"0.05"} | decimals(cells)
        known |= STATED.get(name, set()) | COMPUTED.get(name, set())
        assert decimals(prose(text)) <= known, name


def test_decimals_of_examples_are_settings():
    for path in (ROOT / "examples").glob("plot_*.py"):
        _, docstring, code = path.read_text(encoding="utf-8").split('"""', 2)
        comments = re.findall(r"^# .*$", code, flags=re.MULTILINE)
        assert decimals(prose("\n".join([docstring, *comments]))) <= {"0.05"}, path


def test_hours_for_a_billion_rows_follow_from_the_table():
    text = (DOCS / "distributed.rst").read_text(encoding="utf-8")
    table = pd.read_csv(DATA / "scale_score.csv", index_col="what")
    rate = round(table.loc["scored and counted", "rows a second"], -2)
    assert f"{rate:,.0f} rows a\nsecond" in text or f"{rate:,.0f} rows a second" in text
    hours = 1e9 / rate / 3600
    assert f"{hours:.1f} hours" in text
    assert f"{100 * hours:.0f} hours" in text
    assert f"{100 * hours / 24:.1f} cores" in text


def test_time_to_count_a_billion_rows_follows_from_the_table():
    text = (DOCS / "distributed.rst").read_text(encoding="utf-8")
    table = pd.read_csv(DATA / "scale_count.csv", index_col="what")
    rate = table.loc["KSDriftTest, counted", "million rows a second"]
    assert f"{rate:.0f} million a second" in text
    assert f"{1000 / rate:.0f} seconds for a billion" in text
    assert f"{1e5 / rate / 60:.0f}\nminutes for a hundred billion" in text
    counts = KSDriftTest().fit(np.arange(5000.0)[:, None]).count(np.zeros((9, 1)))
    size = len(pickle.dumps(counts))
    assert f"some {size / 1000:.0f} kilobytes" in text
