"""The code of pages that are meant to be typed runs from first block to last."""

import os
import re
import shutil
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


def code_blocks(page):
    """Return the Python blocks of a page as sources, without their indentation."""
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def run(blocks, page, names):
    """Run sources one after the other, and return the names that they leave."""
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names


def test_getting_started_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    *blocks, nightly = code_blocks("getting_started.rst")
    assert len(blocks) == 5
    names = run(blocks, "getting_started.rst", {})
    printed = capsys.readouterr().out
    assert re.search(r"^lost .* points \(.*\): fine$", printed, re.MULTILINE)
    assert printed.count(": about 10 times larger") == 10
    assert re.findall("alarm: (True|False)", printed) == ["False", "True"]
    # The job of a night needs nothing but the files.
    with pytest.raises(SystemExit) as stopped:
        run([nightly], "getting_started.rst", {})
    assert stopped.value.code == 1
    assert capsys.readouterr().out.endswith(": harmful\n")
    assert (tmp_path / "report.html").exists()
    # And it is true.
    decided = names["clf"].predict(names["spoiled"])
    assert np.mean(decided != names["y"][2::3]) > 0.3
    plt.close("all")


def test_recipes_run_as_they_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks("how_to.rst")
    assert len(blocks) == 7
    names = run(blocks, "how_to.rst", {})
    assert names["judge"](names["test"], names["inputs"][names["known"]]) == 0
    assert names["scores"].shape == (89, 1)


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
