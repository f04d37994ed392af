import sys
import types

import pytest

from skdrift.sweep._progress import progress_bar


def test_silent_unless_asked(capsys):
    with progress_bar("Work", 3, enabled=False) as advance:
        advance()
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_rich_bar(capsys):
    pytest.importorskip("rich")
    with progress_bar("Work", 3, enabled=True) as advance:
        for _ in range(3):
            advance()
    output = capsys.readouterr().out
    assert "Work" in output
    assert "100%" in output


def test_tqdm_where_rich_is_missing(monkeypatch):
    steps = []

    class Bar:
        def __init__(self, total, desc):
            steps.append((total, desc))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            steps.append("closed")

        def update(self):
            steps.append(1)

    monkeypatch.setitem(sys.modules, "rich.progress", None)
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    with progress_bar("Work", 2, enabled=True) as advance:
        advance()
        advance()
    assert steps == [(2, "Work"), 1, 1, "closed"]


def test_says_so_where_both_are_missing(monkeypatch):
    for name in ("rich.progress", "tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)
    with (
        pytest.warns(UserWarning, match="needs the package rich or tqdm"),
        progress_bar("Work", 2, enabled=True) as advance,
    ):
        advance()


def test_errors_pass_through():
    pytest.importorskip("rich")
    with (
        pytest.raises(ValueError, match="went wrong"),
        progress_bar("Work", 2, enabled=True),
    ):
        raise ValueError("went wrong")
