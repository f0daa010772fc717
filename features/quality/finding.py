"""What a check is, and what it tells.

A finding counts rows or people and says in one sentence what they are; it never holds an id, a
date of a person, a code or a value. A check states its sentence as a phrase ("stays that lie inside
another"), and the counts are put behind it, so that all findings read alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from features.quality.totals import Totals
from features.quality.view import View

Level = Literal["note", "warning", "error"]
"""note: know it; warning: a model or list may be wrong for those rows; error: mend the source."""

NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "person": "people",
        "registration": "registrations",
        "coverage": "coverage periods",
        "stay": "stays",
        "visit": "visits",
        "diagnosis": "diagnoses",
        "procedure": "procedures",
        "dispensing": "supplies of medicine",
        "measurement": "measurements",
        "programme": "programme events",
    }
)
"""Table -> what several of its rows are called."""


@dataclass(frozen=True)
class Finding:
    """Something found: `count` rows (or people, months) of `table`; `text` says it in full."""

    code: str
    level: Level
    table: str
    count: int
    text: str

    def to_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "level": self.level,
            "table": self.table,
            "count": self.count,
            "text": self.text,
        }


@dataclass(frozen=True)
class Found:
    """Of one bucket: `count` of `of` rows of `table` are at fault; buckets add up.

    what  parts findings of one table from each other, and stands in their text (a code system)
    noun  what `of` counts, where it is not the rows of the table
    """

    table: str
    count: int
    of: int
    what: str = ""
    noun: str = ""


@dataclass(frozen=True)
class RowCheck:
    """Rows of people that can be judged a bucket at a time.

    code        name of its findings
    level       how grave it is ...
    phrase      what the rows are, in the plural; `{what}` and `{rows}` are put in
    cure        what it does to a model or a list, and what to do
    count       the rows of a bucket
    from_share  ... from this share of the rows on; below it the finding is a note
    """

    code: str
    level: Level
    phrase: str
    cure: str
    count: Callable[[View], Iterable[Found]]
    from_share: float = 0.0

    def finding(self, found: Found) -> Finding:
        share = found.count / found.of if found.of else 0.0
        noun = found.noun or NOUNS[found.table]
        said = self.phrase.format(what=found.what, rows=NOUNS[found.table])
        text = f"{said}: {found.count:,} of {found.of:,} {noun} ({percent(share)})"
        level = self.level if share >= self.from_share else "note"
        return Finding(self.code, level, found.table, found.count, text)


@dataclass(frozen=True)
class WholeCheck:
    """What shows only in the History as a whole, from its `Totals`.

    meaning  what it finds, for the reference; `find` writes each finding's text itself
    """

    code: str
    level: Level
    meaning: str
    cure: str
    find: Callable[[Totals, WholeCheck], Iterable[Finding]]

    def finding(self, table: str, count: int, text: str, level: Level | None = None) -> Finding:
        return Finding(self.code, level or self.level, table, count, text)


Check = RowCheck | WholeCheck


def percent(share: float) -> str:
    """A share as people write it: never 0% of something, nor 100% of less than all."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
