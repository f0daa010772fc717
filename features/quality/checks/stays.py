"""Stays that overlap, repeat, never end, or are too short or too long to be true.

Stays are compared with those of the same person and setting alone: an emergency visit before an
admission, or a hospital stay out of a nursing facility, overlap rightly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.quality.finding import Found, RowCheck
from features.quality.view import Bools, Int64, View
from features.tables.buffers import whole
from features.tables.schema import TABLES
from features.windows import NEVER, NO_DAY

SETTINGS = TABLES["stay"].column("setting").allowed
SHORT_TERM = ("acute", "emergency")
"""Settings of which a stay ends within weeks."""
OPEN_DAYS = 60
"""An acute or emergency stay that is open for longer has probably lost its discharge."""
LONGEST_DAYS = 365


class _Beside(NamedTuple):
    """Closed stays beside the earlier ones of the same person and setting."""

    repeated: Bools
    nested: Bools
    overlapping: Bools


def _again(view: View) -> Iterator[Found]:
    yield from _counted(_beside(view).repeated, view)


def _within(view: View) -> Iterator[Found]:
    yield from _counted(_beside(view).nested, view)


def _across(view: View) -> Iterator[Found]:
    yield from _counted(_beside(view).overlapping, view)


def _counted(stays: Bools, view: View) -> Iterator[Found]:
    yield Found("stay", int(stays.sum()), view.rows("stay"))


@lru_cache(maxsize=1)
def _beside(view: View) -> _Beside:
    start, end = view.micros("stay", "admitted_at"), view.micros("stay", "discharged_at")
    group = view.owner("stay") * len(SETTINGS) + _setting(view)
    closed = np.flatnonzero(end != NEVER)
    order = closed[np.lexsort((-end[closed], start[closed], group[closed]))]
    group, start, end = group[order], start[order], end[order]
    same = np.r_[False, group[1:] == group[:-1]][: len(order)]
    again = same & (start == np.roll(start, 1)) & (end == np.roll(end, 1))
    reach = _latest_before(group, end)
    within = same & (start < reach) & ~again
    nested = within & (end <= reach)
    return _Beside(again, nested, within & ~nested)


def _latest_before(group: Int64, end: Int64) -> Int64:
    """Latest end among the earlier rows of each row's group; the row's own at the first."""
    if not len(end):
        return end
    values, rank = np.unique(end, return_inverse=True)
    upto = np.maximum.accumulate(_numbered(group) * len(values) + rank)
    before = np.r_[rank[:1], upto[:-1] % len(values)]
    return values[before]


def _numbered(group: Int64) -> Int64:
    """The groups in turn as 0, 1, 2, ..."""
    return np.cumsum(np.r_[False, group[1:] != group[:-1]]).astype(np.int64)


def _setting(view: View) -> Int64:
    place = pc.index_in(whole(view.tables["stay"]["setting"]), value_set=pa.array(SETTINGS))
    return np.asarray(place.to_numpy(zero_copy_only=False), dtype=np.int64)


def _open(view: View) -> Iterator[Found]:
    short = view.is_("stay", "setting", *SHORT_TERM)
    begun = view.day("stay", "admitted_at")
    is_open = view.null("stay", "discharged_at")
    lost = short & is_open & (view.last_day - begun.astype(np.int64) > OPEN_DAYS)
    yield Found("stay", int(lost.sum()), view.rows("stay"))


def _nights(view: View) -> Int64:
    """Nights of each stay, -1 where it is open."""
    start, end = (view.day("stay", c).astype(np.int64) for c in ("admitted_at", "discharged_at"))
    return np.where(end == NO_DAY, -1, end - start)


def _no_time(view: View) -> Iterator[Found]:
    """Stays without any length; where the source tells days alone, stays within a day."""
    start, end = view.micros("stay", "admitted_at"), view.micros("stay", "discharged_at")
    same = start == end
    planned = view.is_true("stay", "day_case")
    yield Found("stay", int((same & view.acute & ~planned).sum()), int(view.acute.sum()),
                noun="acute stays")  # fmt: skip


def _too_long(view: View) -> Iterator[Found]:
    short = view.is_("stay", "setting", *SHORT_TERM)
    yield Found("stay", int((short & (_nights(view) > LONGEST_DAYS)).sum()), view.rows("stay"))


def _uncoded(view: View) -> Iterator[Found]:
    """Acute stays whose codes have come, without a diagnosis among them."""
    due = view.acute & ~view.null("stay", "discharged_at") & ~view.null("stay", "coded_known")
    yield Found("stay", int((due & ~view.coded).sum()), int(due.sum()), noun="coded acute stays")


def _dead_twice(view: View) -> Iterator[Found]:
    died = view.is_("stay", "discharged_to", "died")
    deaths = np.bincount(view.owner("stay")[died], minlength=view.people)
    yield Found("person", int((deaths > 1).sum()), view.people)


CHECKS = (
    RowCheck(
        "stays_repeated",
        "warning",
        "stays of the same person, setting and times as another, under another id",
        "Each counts as an admission of its own in prior use; look for a source loaded twice.",
        _again,
        from_share=0.001,
    ),
    RowCheck(
        "stays_nested",
        "warning",
        "stays that lie inside another of the same person and setting",
        "They join the spell around them. Many of them say that rows are episodes or claim "
        "segments rather than stays.",
        _within,
        from_share=0.01,
    ),
    RowCheck(
        "stays_overlapping",
        "warning",
        "stays that begin before another of the same person and setting ends, and outlast it",
        "They become one spell, so a readmission between them is not seen; compare the discharge "
        "dates with the source.",
        _across,
        from_share=0.01,
    ),
    RowCheck(
        "stays_open_long",
        "warning",
        f"acute or emergency stays open for more than {OPEN_DAYS} days at the end of the extract",
        "Their discharge was probably lost: they are never asked about as a discharge, and a list "
        "takes the person for still in hospital.",
        _open,
        from_share=0.001,
    ),
    RowCheck(
        "stays_without_length",
        "warning",
        "acute stays that end at the very time they begin and are not marked as day cases",
        "Where they are day cases or attendances, readmission should not count them: have the "
        "reader mark day_case, or set them as visits.",
        _no_time,
        from_share=0.2,
    ),
    RowCheck(
        "stays_too_long",
        "warning",
        f"acute or emergency stays of more than {LONGEST_DAYS} days",
        "Usually a discharge with a wrong year, or a place that is no acute hospital.",
        _too_long,
        from_share=0.001,
    ),
    RowCheck(
        "stays_without_diagnosis",
        "warning",
        "acute stays whose codes have arrived, without a diagnosis",
        "Conditions, comorbidity points and planned or unplanned cannot be read from them.",
        _uncoded,
        from_share=0.02,
    ),
    RowCheck(
        "died_more_than_once",
        "error",
        "people with more than one discharge as dead",
        "Two people under one id, or a destination code that does not mean death: look at the "
        "reader's mapping of destinations.",
        _dead_twice,
        from_share=0.0001,
    ),
)
