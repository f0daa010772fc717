"""When facts became known: not before they happened, and not so late that no score sees them."""

from __future__ import annotations

from collections.abc import Iterator

from features.quality.finding import NOUNS, Finding, Found, RowCheck, WholeCheck
from features.quality.totals import KNOWN, Totals
from features.quality.view import View
from features.windows import NO_DAY

LATE_DAYS = 90
"""The run-out that the shipped definitions wait for."""
LATE_SHARE = 0.9


def _too_early(view: View) -> Iterator[Found]:
    """Known on a day before it happened. Codes of a stay may be known before it ends."""
    for table, pairs in KNOWN.items():
        for happened, known in pairs:
            if known == "coded_known":
                continue
            began, told = view.day(table, happened), view.day(table, known)
            wrong = (told < began) & (began != NO_DAY)
            yield Found(table, int(wrong.sum()), view.rows(table), known)


def _too_late(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
    for (table, known), counts in totals.delays.items():
        days = totals.quantile(table, known, LATE_SHARE)
        if days is None or days <= LATE_DAYS:
            continue
        late = int(counts[-(len(counts) // 2 - LATE_DAYS) :].sum())
        text = (
            f"{NOUNS[table]} known later than {LATE_DAYS} days after they happen ({known}): "
            f"{late:,}; a tenth takes {days} days or more"
        )
        yield check.finding(table, late, text)


CHECKS = (
    RowCheck(
        "known_too_early",
        "error",
        "{rows} known before they happened ({what})",
        "The future would be used as if it had been told: a model looks better than it is.",
        _too_early,
        from_share=0.001,
    ),
    WholeCheck(
        "known_late",
        "warning",
        f"a tenth or more of a table's rows is known later than {LATE_DAYS} days after they happen",
        "Scores go without them, and outcomes are still coming in when they are counted: use a "
        "longer run-out, or an admission feed.",
        _too_late,
    ),
)
