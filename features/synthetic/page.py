"""The tables of docs/explanation/synthetic-population.md: every key; figures beside their source.

Written into the page between marks by `written`; it refuses a page without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from features.synthetic.conditions import read_rows
from features.synthetic.scenario import FOLDER

FIGURES_OF = {"people": 12_000, "seed": 1}
"""The population whose figures the page shows."""
KEY = re.compile(r"(?P<key>\w+) = (?P<value>\S+)(\s+# (?P<words>.*))?")


def keys_markdown() -> str:
    """Every section and key of the default scenario with its value and meaning."""
    lines: list[str] = []
    for line in (FOLDER / "default.toml").read_text(encoding="utf-8").splitlines():
        if head := re.match(r"\[(\w+)\](\s+# (.*))?", line):
            lines += ["", f"### {head[1]}", ""]
            lines += [f"{head[3][0].upper()}{head[3][1:]}.", ""] if head[3] else []
            lines += ["| key | default | meaning |", "|---|---|---|"]
        elif found := KEY.fullmatch(line):
            lines.append(f"| `{found['key']}` | {found['value']} | {found['words'] or ''} |")
    return "\n".join(lines[1:])


def figures_markdown(found: Mapping[str, float]) -> str:
    """Every published figure beside the generated one; `found` as `figures.figures` gives it."""
    lines = ["| figure | generated | published | source |", "|---|---|---|---|"]
    for row in read_rows("published.csv"):
        digits = 1 if row["figure"].startswith("nights") else 3
        own, other = found[row["figure"]], float(row["published"])
        lines.append(
            f"| {row['words']} | {own:.{digits}f} | {other:.{digits}f} | {row['source']} |"
        )
    return "\n".join(lines)


def written(page: str, name: str, text: str) -> str:
    """The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, rest = page.split(begin)
    _, after = f"\n{rest}".split(end)
    return before + begin + text + end + after
