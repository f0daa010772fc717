"""The index moments of a definition: all that a cohort has, and those of a list on one day."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.cohort.discharges import DIED, OPEN, ends
from features.cohort.lives import Lives, Mask, against, lives_of
from features.cohort.months import MONTH, Span, Window, firsts_of, months, span_of
from features.cohort.possible import Cohort, Possible, settled
from features.definition import Definition
from features.observed import observed, periods_of
from features.tables.contract import Tables
from features.windows import DAY, NEVER, NO_DAY, Int64

RECENT_DAYS = 30
"""A discharge is scored on a list for this many days."""


def index_moments(
    tables: Tables,
    definition: Definition,
    *,
    window: Window | None = None,
    span: Span | None = None,
) -> Cohort:
    """All index moments of `tables`; with `window`, those in [window[0], window[1]).

    span  first and last day of the extract, between which months are asked about; None: those of
          the facts in `tables`. Parts of one History have to be given the same.
    """
    lives, inside = lives_of(tables["person"]), None
    if definition.monthly:
        covered = periods_of(tables["coverage"], lives.ids)
        firsts = firsts_of(span or span_of(tables), window)
        possible, reasons = months(lives, covered, firsts, definition.index.every_months)
    else:
        possible, reasons = ends(tables, lives, definition)
        covered = periods_of(tables["coverage"], possible.lives.ids)
        inside = _within(possible.at, *map(_micro, window)) if window else None
    day = np.where(possible.day == NO_DAY, 0, possible.day).astype(np.int32)
    reasons += against(definition.index, possible.lives, covered, possible.who, day)
    return settled(possible, reasons, inside)


def moments_at(tables: Tables, as_of: datetime, definition: Definition) -> pa.Table:
    """The moments a list or a caller asks about on a day, from what is known then.

    Monthly questions: one moment at `as_of` for each person observed that day and not known to be
    dead. Discharge questions: each such person's latest discharge (home from a nursing facility,
    where these are asked about) known in the last 30 days.
    """
    lives = _alive(lives_of(tables["person"]), _micro(as_of))
    if definition.monthly:
        return _month_at(lives, tables["coverage"], as_of)
    stay = tables["stay"]
    known = dict(tables) | {"stay": stay.filter(pc.is_in(stay["person_id"], lives.ids))}
    possible, reasons = ends(known, lives, definition, at=as_of)
    recent = _within(possible.at, _micro(as_of) // DAY * DAY - RECENT_DAYS * DAY, _micro(as_of) + 1)
    for name, holds in reasons:
        if name in (OPEN, DIED):
            recent &= ~holds
    rows = np.flatnonzero(recent)
    who = possible.who[rows]
    return possible.table(rows[np.append(who[1:] != who[:-1], True)[: len(rows)]])


def _month_at(lives: Lives, coverage: pa.Table, as_of: datetime) -> pa.Table:
    """One moment for each of these people who is observed that day, as known then."""
    told = pc.less_equal(coverage.column("known_at"), pa.scalar(as_of, pa.timestamp("us")))
    who, at = np.arange(len(lives.ids)), np.full(len(lives.ids), _micro(as_of))
    day = (at // DAY).astype(np.int32)
    seen = observed(periods_of(coverage.filter(told), lives.ids), who, day, day + np.int32(1))
    return Possible(lives, who, at, day, MONTH).table(np.flatnonzero(seen))


def _alive(lives: Lives, at: int) -> Lives:
    """People born and not known to be dead, their deaths (not known yet) left out."""
    born = (lives.born <= at // DAY) | (lives.born == NO_DAY)
    alive = np.flatnonzero(born & (lives.death_known > at))
    if len(alive) < len(lives.ids):
        lives = lives._replace(ids=lives.ids.take(pa.array(alive)), born=lives.born[alive])
    size = len(lives.ids)
    return lives._replace(
        died=np.full(size, NO_DAY, np.int32), death_known=np.full(size, NEVER, np.int64)
    )


def _within(at: Int64, begin: int, end: int) -> Mask:
    """Times in [begin, end)."""
    return (at >= begin) & (at < end)


def _micro(moment: datetime) -> int:
    return int(np.datetime64(moment, "us").astype(np.int64))
