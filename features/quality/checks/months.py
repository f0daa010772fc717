"""Where the rows of a source begin, end or pause, by month and table (`ramps.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from features.quality.finding import NOUNS, Finding, WholeCheck, percent
from features.quality.months import Month, month_name, months_of, series_of
from features.quality.ramps import Ramp, find_ramps
from features.quality.totals import KNOWN, Totals
from features.quality.view import CARE

ARRIVED = 0.95
"""Share of a table's rows that has to be known for a month to count as complete."""
NOT_CODED = 0.2
"""Acute stays of a month without a diagnosis, above the usual share, that make it not yet coded."""
CODED_STAYS = 10
SILENT_MONTHS = 24
"""More months than these without a row of anybody are no observation."""


def late_days(totals: Totals, table: str) -> int:
    """Days within which nearly all of a table's rows are known."""
    told = (totals.quantile(table, known, ARRIVED) for _, known in KNOWN[table])
    return max((days for days in told if days is not None), default=0)


@lru_cache(maxsize=64)
def ramps_of(totals: Totals, table: str) -> list[tuple[Ramp, list[Month]]]:
    """Ramps and holes of a table, each with its months."""
    months = months_of(totals)
    rows, exposure = series_of(totals, table)
    return [(ramp, months[ramp.first : ramp.end]) for ramp in find_ramps(rows, exposure)]


def still_arriving(totals: Totals, table: str, months: list[Month]) -> bool:
    """Whether all of the months lie so near the end that their rows are on their way."""
    return totals.last - months[0].last < late_days(totals, table)


def _ramps(
    kind: str, says: str, arriving: bool | None = None
) -> Callable[[Totals, WholeCheck], Iterator[Finding]]:
    def find(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
        for table in CARE:
            for ramp, months in ramps_of(totals, table):
                if ramp.kind != kind:
                    continue
                if arriving is not None and still_arriving(totals, table, months) != arriving:
                    continue
                text = says.format(
                    rows=NOUNS[table],
                    when=_when(months),
                    lost=percent(ramp.lost),
                    depth=percent(ramp.depth),
                    days=late_days(totals, table),
                )
                yield check.finding(table, len(months), text)

    return find


def _when(months: list[Month]) -> str:
    first, last = month_name(months[0]), month_name(months[-1])
    return f"in {first}" if first == last else f"from {first} to {last}"


def _not_coded(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
    """Months at the end whose acute stays have fewer diagnoses than is usual: codes lag."""
    if totals.coded is None:
        return
    every, bare = (
        np.array([int(row[month.place(totals)].sum()) for month in months_of(totals)])
        for row in totals.coded
    )
    enough = every >= CODED_STAYS
    share = np.where(enough, bare / np.maximum(every, 1), 0.0)
    usual = float(np.median(share[enough])) if enough.any() else 0.0
    late = (share >= usual + NOT_CODED) | ~enough
    run = len(late) - int(np.flatnonzero(~late)[-1]) - 1 if not late.all() else 0
    months = months_of(totals)[len(late) - run :]
    if not run or not enough[-run:].any():
        return
    count, of = int(bare[-run:].sum()), int(every[-run:].sum())
    text = (
        f"acute stays that ended since {month_name(months[0])} and have no diagnosis yet: "
        f"{count:,} of {of:,} ({percent(count / of)}; before, {percent(usual)})"
    )
    yield check.finding("stay", count, text)


def _silent(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
    """Months that are said to be observed after the last row of any care."""
    rows = sum(totals.by_day[table] for table in CARE)
    told = np.flatnonzero(rows)
    months = months_of(totals)
    if not len(told):
        return
    last = next(n for n, month in enumerate(months) if month.last - totals.first >= told[-1])
    silent = len(months) - 1 - last
    if silent > SILENT_MONTHS:
        text = (
            f"the History speaks until {month_name(months[-1])}, but its last row of any care is "
            f"of {month_name(months[last])}, {silent} months before"
        )
        yield check.finding("coverage", silent, text)


CHECKS = (
    WholeCheck(
        "observed_without_facts",
        "error",
        "the History speaks of more than two years after its last row of any care",
        "A placeholder such as 2099-12-31 for the end of cover makes every follow-up look complete "
        "and everybody well: leave such an end empty in the source.",
        _silent,
    ),
    WholeCheck(
        "ramp_up",
        "warning",
        "the first months of a table hold fewer rows than the years after them",
        "The source was still being filled: look-back into these months sees less than happened. "
        "Begin the extract later.",
        _ramps("up", "{rows} ramp up {when}: {lost} fewer than usual, {depth} fewer "
               "in the lowest month"),
    ),
    WholeCheck(
        "ramp_down",
        "warning",
        "the last months of a table hold fewer rows than the years before them",
        "Rows are missing, so outcomes are too: risks learnt or tested there are too low. End the "
        "extract before, or get the missing rows.",
        _ramps("down", "{rows} ramp down {when}: {lost} fewer than usual, {depth} "
               "fewer in the lowest month", arriving=False),
    ),
    WholeCheck(
        "run_out",
        "note",
        "the last months of a table hold fewer rows because facts are known late",
        "As it should be; a definition's run-out keeps such months from giving labels.",
        _ramps("down", "{rows} {when} are {lost} fewer than usual and still to come: "
               "it takes up to {days} days until they are known", arriving=True),
    ),
    WholeCheck(
        "hole",
        "warning",
        "months in the middle of a table hold far fewer rows than those around them",
        "A load that failed or a site that was left out: people look well in these months.",
        _ramps("hole", "{rows} have a hole {when}: {lost} fewer than usual"),
    ),
    WholeCheck(
        "not_coded_yet",
        "note",
        "the acute stays of the last months have fewer diagnoses than is usual",
        "Codes come weeks after a discharge; scores at discharge have to go without them.",
        _not_coded,
    ),
)  # fmt: skip
