"""The code of pages that are meant to be typed runs from first block to last."""

import re
from pathlib import Path

import matplotlib.pyplot as plt

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
