"""Print one of the two commands that README.md gives: ``main-job`` or ``test``."""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def readme_command(name):
    """Return the shell command in the block that follows ``<!-- name -->``."""
    pattern = rf"<!-- {re.escape(name)} -->\n```sh\n([^`]+)\n```\n"
    blocks = re.findall(pattern, README.read_text(encoding="utf-8"))
    if len(blocks) != 1:
        raise SystemExit(
            f"README.md must hold exactly one sh block after '<!-- {name} -->', "
            f"found {len(blocks)}"
        )
    return blocks[0]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: readme_command.py main-job|test")
    print(readme_command(sys.argv[1]))
