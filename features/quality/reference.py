"""The reference page of findings, made of the table of checks."""

from __future__ import annotations

from collections.abc import Iterator

from features.quality.finding import Check, RowCheck
from features.quality.limits import LIMITS
from features.quality.register import CHECKS

HEAD = """# Findings

Written from `features/quality` by `make docs`; do not edit.

`caseload check HISTORY` tells each of these with its count. A note is for knowing; a warning says
that a model or a list may be wrong for those rows; an error says that the source has to be mended.
Below the share in the second column a finding is a note, whatever its level. A finding names a
table and counts rows, people or months; it never holds an id, a date, a code or a value of anyone.

| code | level | what it finds | what it means, and what to do |
|---|---|---|---|
"""
MIDDLE = """
## What the verdicts hang on

| number | what it is | source |
|---|---|---|
"""


def markdown() -> str:
    """The page `docs/reference/findings.md`."""
    return HEAD + "\n".join(_rows()) + "\n" + MIDDLE + "\n".join(_limits()) + "\n"


def _rows() -> Iterator[str]:
    for check in CHECKS:
        yield f"| `{check.code}` | {_level(check)} | {_finds(check)} | {check.cure} |"


def _level(check: Check) -> str:
    if isinstance(check, RowCheck) and check.from_share:
        return f"{check.level} from {100 * check.from_share:g}%"
    return check.level


def _finds(check: Check) -> str:
    if isinstance(check, RowCheck):
        return check.phrase.format(rows="rows", what="...")
    return check.meaning


def _limits() -> Iterator[str]:
    for limit in LIMITS.values():
        yield f"| {limit.value:g} | {limit.says} | {limit.source} |"
