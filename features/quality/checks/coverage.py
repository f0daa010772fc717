"""Whether people were observed: coverage that is missing, interrupted, or passed by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.observed import ADMISSIONS, covered_days
from features.quality.finding import Found, RowCheck
from features.quality.months import SEEN_BY
from features.quality.view import EVENTS, Int64, View
from features.windows import NO_DAY


def _none(view: View) -> Iterator[Found]:
    covered = np.zeros(view.people, np.bool_)
    covered[view.owner("coverage")] = True
    yield Found("person", int((~covered).sum()), view.people)


def _gaps(view: View) -> Iterator[Found]:
    """People whose coverage for admissions pauses for a day or more and then goes on."""
    own = view.is_("coverage", "kind", *ADMISSIONS)
    person = view.owner("coverage")[own]
    start, end = (view.day("coverage", c)[own].astype(np.int64) for c in ("from_at", "to_at"))
    order = np.lexsort((start, person))
    person, start, end = person[order], start[order], end[order]
    reach = _reach(person, end)
    gap = (person[1:] == person[:-1]) & (start[1:] > reach[:-1])
    broken = len(np.unique(person[1:][gap]))
    yield Found("coverage", broken, len(np.unique(person)), noun="people with coverage")


def _reach(person: Int64, end: Int64) -> Int64:
    """Latest end so far of each person's periods."""
    wide = np.int64(NO_DAY) + 1
    reach: Int64 = np.maximum.accumulate(person * wide + end) - person * wide
    return reach


def _outside(view: View) -> Iterator[Found]:
    """Rows on a day the person was not observed; people without any coverage are told apart."""
    covered = np.zeros(view.people, np.bool_)
    covered[view.owner("coverage")] = True
    for table, kinds in SEEN_BY.items():
        own = view.is_("coverage", "kind", *kinds)
        if not own.any():
            continue
        asked, day = view.owner(table), view.day(table, EVENTS[table])
        seen = covered_days(
            view.owner("coverage")[own], view.day("coverage", "from_at")[own],
            view.day("coverage", "to_at")[own], asked, day, day + np.int32(1),
        )  # fmt: skip
        yield Found(table, int(((seen == 0) & covered[asked]).sum()), view.rows(table))


CHECKS = (
    RowCheck(
        "coverage_missing",
        "warning",
        "people without any coverage",
        "Nothing says when they were observed, so no model asks about them. Where the source sees "
        "all it has to see, say so when loading: `caseload ingest --observed`.",
        _none,
        from_share=0.01,
    ),
    RowCheck(
        "coverage_gaps",
        "warning",
        "people whose coverage pauses and goes on",
        "A year with a gap may be too little look-back, and an outcome window with one gives no "
        "label.",
        _gaps,
        from_share=0.25,
    ),
    RowCheck(
        "outside_coverage",
        "warning",
        "{rows} on days the person was not observed",
        "Coverage is narrower than what the source sees, or its dates are wrong: real follow-up is "
        "thrown away.",
        _outside,
        from_share=0.05,
    ),
)
