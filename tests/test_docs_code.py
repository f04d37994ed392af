"""The code of pages that are meant to be typed runs from first block to last."""

import os
import re
import shutil
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


def code_blocks(page):
    """Return the Python blocks of a page as sources, without their indentation."""
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def test_getting_started_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks("getting_started.rst")
    assert len(blocks) == 6
    names = {}
    for block in blocks:
        exec(compile(block, "getting_started.rst", "exec"), names)
    assert "points (" in capsys.readouterr().out
    assert names["said"].is_drift == (tmp_path / "report.html").exists()
    plt.close("all")


def test_recipes_run_as_they_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    blocks = code_blocks("how_to.rst")
    assert len(blocks) == 7
    for block in blocks:
        exec(compile(block, "how_to.rst", "exec"), names)
    assert names["judge"](names["test"], names["inputs"][names["known"]]) == 0
    assert names["scores"].shape == (89, 1)


def run(blocks, page, names):
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names


def test_jobs_on_one_machine_and_dask(tmp_path, monkeypatch):
    pytest.importorskip("dask.dataframe", reason="dask is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks("distributed.rst")
    assert len(blocks) == 5
    names = run(blocks[:4], "distributed.rst", {})
    assert not names["verdict"].is_drift
    assert names["monitor"].n_batches_ == 4
    assert (tmp_path / "monitor.joblib").exists()


@pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")
def test_job_on_spark(tmp_path, monkeypatch):
    pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java for Spark")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYSPARK_PYTHON", sys.executable)
    blocks = code_blocks("distributed.rst")
    names = run([blocks[0]], "distributed.rst", {})
    names = run(["from skdrift.distributed import predict", blocks[4]], "spark", names)
    assert not names["verdict"].is_drift
