"""Write the tables that the documentation shows.

A table is ``docs/_data/NAME.csv``; ``docs/_data/NAME.txt`` beside it says in one line
which command made it, at which state of the sources. Pages include both.
"""

import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "_data"


def write_table(name, table, digits=3):
    """Write one table of figures and the line that tells where it comes from.

    Parameters
    ----------
    name : str
        Name of the files, without ending.
    table : DataFrame
        Its columns become the header; the index is left out.
    digits : int, default=3
        Digits after the point; those of whole numbers are not shown.
    """
    DATA.mkdir(exist_ok=True)
    table.to_csv(DATA / f"{name}.csv", index=False, float_format=f"%.{digits}f")
    script = Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix()
    command = shlex.join(["python", script, *_arguments()])
    (DATA / f"{name}.txt").write_text(
        f"Made by ``{command}``, sources of {commit_date()}.\n", encoding="utf-8"
    )


def commit_date():
    """Day of the commit that the sources are at."""
    return subprocess.run(
        ["git", "log", "-1", "--format=%cs"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def _arguments():
    """Arguments of the command; folders of data stand for wherever they lie."""
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        path = Path(argument)
        if argument in ("--keep", "--output"):
            # Where results are kept for the next time says nothing about them.
            next(arguments)
        elif path.is_dir():
            yield "DATA"
        else:
            yield f"DATA/{path.name}" if path.is_file() else argument
