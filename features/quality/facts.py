"""What is known of a History when its verdicts are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.quality.asked import Asked
from features.quality.finding import Finding
from features.quality.split import Division
from features.quality.totals import Totals


@dataclass(frozen=True)
class Reason:
    """Something a verdict says; `stops`: the model cannot be."""

    text: str
    stops: bool = False


@dataclass(frozen=True)
class Facts:
    """Sums, findings, and the answers to one model's question.

    division  the split that training would make; None: no moment has a label
    """

    totals: Totals
    findings: Sequence[Finding]
    asked: Asked
    division: Division | None

    @classmethod
    def of(cls, totals: Totals, findings: Sequence[Finding], asked: Asked) -> Facts:
        return cls(totals, findings, asked, asked.division())

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of coverage that observe anyone."""
        return frozenset(kind for kind, seen in self.totals.observed.items() if seen.any())

    @property
    def thing(self) -> str:
        """What an index moment is called, in the plural."""
        return "months" if self.asked.question.monthly else "discharges"

    def count(self, code: str, table: str) -> int:
        """Rows found by a check."""
        return sum(f.count for f in self.findings if (f.code, f.table) == (code, table))

    @property
    def unread(self) -> int:
        """Diagnoses whose code cannot be read."""
        found = ("codes_unreadable", "codes_misshapen")
        return sum(self.count(code, "diagnosis") for code in found)

    def stays(self, column: str, *values: str) -> float:
        """Share of acute stays with one of the values; 0 where there is none."""
        every = sum(n for (name, _), n in self.totals.stays.items() if name == column)
        return sum(self.totals.stays[column, value] for value in values) / every if every else 0.0
