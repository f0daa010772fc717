"""First days of months as possible index moments: of everybody, thinned as a definition says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

import numpy as np
import pyarrow.compute as pc

from features.cohort.lives import Lives, Reasons
from features.cohort.possible import Possible
from features.observed import Periods, observed
from features.tables.buffers import text_parts
from features.tables.contract import Tables
from features.tables.sha256 import first_bytes
from features.windows import DAY, Int64

Window = tuple[datetime, datetime]
Span = tuple[date, date]
MONTH = "month"


def months(
    lives: Lives, covered: Periods, firsts: Sequence[date], every: int
) -> tuple[Possible, Reasons]:
    """The first days of months of each person, one month in `every`; `covered`: of `lives`."""
    who, when = _asked(lives, firsts, every)
    days = np.array(firsts, "datetime64[D]").astype(np.int32)
    day, at = days[when], (days.astype(np.int64) * DAY)[when]
    return Possible(lives, who, at, day, MONTH), [
        ("known_dead", lives.death_known[who] <= at),
        ("not_observed", observed(covered, who, day, day + np.int32(1)) == 0),
    ]


def _asked(lives: Lives, firsts: Sequence[date], every: int) -> tuple[Int64, Int64]:
    """Person and month of each moment, by person; whose months they are hangs on the slice."""
    if every == 1:
        people, size = len(lives.ids), len(firsts)
        return np.repeat(np.arange(people), size), np.tile(np.arange(size), people)
    own = -first_bytes(*text_parts(lives.ids)).astype(np.int64) % every
    number = np.array([m.year * 12 + m.month for m in firsts], np.int64) % every
    who, when = np.nonzero(number[None, :] == own[:, None])
    return who, when


def span_of(tables: Tables) -> Span:
    """First covered day, and the last day any coverage or use is recorded for."""
    coverage = tables["coverage"]
    starts = pc.min(coverage.column("from_at")).as_py()
    ends = [pc.max(coverage.column("to_at")).as_py()]
    for name, column in (("stay", "admitted_at"), ("visit", "at"), ("diagnosis", "at")):
        ends.append(pc.max(tables[name].column(column)).as_py())
    known = [end.date() for end in ends if end is not None]
    first = starts.date() if starts is not None else date(1970, 1, 1)
    return first, max(known, default=first)


def firsts_of(span: Span, window: Window | None) -> list[date]:
    """First days of months in a span (both days in it), and in a window [from, to) if any."""
    first, end = span
    numbers = range(first.year * 12 + first.month - 1, end.year * 12 + end.month)
    listed = [date(m // 12, m % 12 + 1, 1) for m in numbers]
    here = [day for day in listed if first <= day <= end]
    if window is None:
        return here
    return [day for day in here if window[0] <= datetime.combine(day, time()) < window[1]]
