"""The code of the getting-started page runs from its first block to its last."""

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
