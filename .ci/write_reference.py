"""Writes docs/reference/ and the tables of the synthetic population from the code they describe.

Run by `make docs`; tests hold pages and code equal.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def pages() -> dict[str, Callable[[], str]]:
    """File name to the function that gives its text."""
    from caseload import commands_markdown
    from features.catalogue import markdown as features_markdown
    from features.codes.page import markdown as codes_markdown
    from features.quality.reference import markdown as findings_markdown
    from features.readers.table.page import markdown as mapping_markdown
    from features.tables.reference import markdown as history_markdown
    from models.points.page import markdown as scores_markdown

    return {
        "codes.md": codes_markdown,
        "commands.md": commands_markdown,
        "features.md": features_markdown,
        "findings.md": findings_markdown,
        "history.md": history_markdown,
        "mapping.md": mapping_markdown,
        "scores.md": scores_markdown,
    }


def population(page: str) -> str:
    """The page of the synthetic population with its keys and figures as they are now."""
    from features.synthetic import generate
    from features.synthetic.figures import figures
    from features.synthetic.page import FIGURES_OF, figures_markdown, keys_markdown, written
    from features.tables.history import History

    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "history"
        generate(made, **FIGURES_OF)
        found = figures(History.open(made))
    return written(written(page, "keys", keys_markdown()), "figures", figures_markdown(found))


def schemas() -> dict[Path, Callable[[], str]]:
    """File of a published schema to the function that gives its text."""
    from features.readers.table.load import SCHEMA, schema_json

    return {SCHEMA: schema_json}


def main() -> int:
    for path, text in schemas().items():
        path.write_text(text(), encoding="utf-8")
    for name, text in pages().items():
        (ROOT / "docs" / "reference" / name).write_text(text(), encoding="utf-8")
    page = ROOT / "docs" / "explanation" / "synthetic-population.md"
    page.write_text(population(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
