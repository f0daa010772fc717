"""Holds a History against every check, a bucket at a time; it changes and refuses nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from features.quality.finding import Check, Finding, Found, RowCheck, WholeCheck
from features.quality.register import CHECKS
from features.quality.totals import Totals
from features.quality.view import View

Kept = dict[tuple[str, str, str], Found]
"""(check, table, what) -> what has been found so far."""


class Checking:
    """Findings in the making: give it each bucket once, then ask for them."""

    def __init__(self, totals: Totals, checks: Sequence[Check] = CHECKS) -> None:
        self.totals, self.checks = totals, checks
        self._found: Kept = {}

    def add(self, view: View) -> None:
        self.totals.add(view)
        for check in self.checks:
            if isinstance(check, RowCheck):
                for found in check.count(view):
                    self._keep(check.code, found)

    def _keep(self, code: str, found: Found) -> None:
        key = (code, found.table, found.what)
        before = self._found.get(key, Found(found.table, 0, 0))
        self._found[key] = Found(
            found.table, before.count + found.count, before.of + found.of, found.what, found.noun
        )

    def findings(self) -> list[Finding]:
        """All findings, in the order of the checks."""
        rows: dict[str, list[Found]] = defaultdict(list)
        for (code, _, _), found in self._found.items():
            if found.count:
                rows[code].append(found)
        return [finding for check in self.checks for finding in self._of(check, rows[check.code])]

    def _of(self, check: Check, found: list[Found]) -> Iterable[Finding]:
        if isinstance(check, WholeCheck):
            return check.find(self.totals, check)
        return [check.finding(one) for one in found]
