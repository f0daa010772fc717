"""Writes docs/reference/ from the code it describes: `make docs`. A test holds both equal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def pages() -> dict[str, Callable[[], str]]:
    """File name to the function that gives its text."""
    from caseload import commands_markdown
    from features.catalogue import markdown as features_markdown
    from features.tables.reference import markdown as history_markdown

    return {
        "commands.md": commands_markdown,
        "features.md": features_markdown,
        "history.md": history_markdown,
    }


def main() -> int:
    for name, text in pages().items():
        (ROOT / "docs" / "reference" / name).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
