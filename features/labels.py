"""What happened after each index moment, as known at the end of the extract.

A window that was not seen to its end gives no label, even when the outcome was seen in its first
days: keeping those would put more events near the cut than there are. Death inside the window
without the outcome is no event; its day is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from features.codes import code_set
from features.codes.rows import Grouped, grouped
from features.cohort.lives import Lives, lives_of, numbered
from features.definition import Definition
from features.observed import observed, periods_of
from features.spells import URGENCIES, SpellRule, spells
from features.tables.buffers import valid, whole
from features.tables.contract import Tables
from features.tables.owners import find_owned, owners
from features.tables.times import days, micros
from features.windows import DAY, NO_DAY

Floats = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

COLUMNS = ("value", "status", "competing_death_day", "undecided", "alternative", "by")
"""What `labels` tells of each index moment."""
LABELLED = "labelled"
NEED_SET = "elixhauser"
LEAST_READABLE = 0.5
NEVER_DIED = np.int32(NO_DAY - 1_000_000)
"""Day of death of who is not known to have died: after any window, and may be counted from one."""
UNPLANNED, UNDECIDED = URGENCIES.index("unplanned"), URGENCIES.index("undecided")

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


def labels(
    tables: Tables, moments: pa.Table, definition: Definition, *, last_known: datetime
) -> pa.Table:
    """The outcome of each row of `moments`, aligned with it.

    value                readmission 0 or 1; need groups, bed-days or cost; null unless labelled
    status               "labelled", else why not: horizon_not_observed, coverage_lost, no_spell,
                         codes_unreadable, cost_unknown
    competing_death_day  day of death inside the window without the outcome; null: none
    undecided            the admission that decides is of undecided urgency
    alternative          value under the other reading of undecided; null as value
    by                   readmission: spell_id of the unplanned return; null: none
    """
    outcome = definition.outcome
    lives, asked = _asked(tables, moments, definition)
    found = _OUTCOMES[outcome.kind](tables, asked, definition)
    first, last = asked.first, asked.last
    death = np.where(lives.died == NO_DAY, NEVER_DIED, lives.died)[asked.who]
    observed_to = np.minimum(last + np.int32(1), np.maximum(death, first))
    covered = observed(periods_of(tables["coverage"], lives.ids), asked.who, first, observed_to)
    # a last microsecond of a day means that the whole of it was seen
    end = (int(np.datetime64(last_known, "us").astype(np.int64)) + 1) // DAY
    status = _first_of(
        last.astype(np.int64) + 1 + definition.run_out_days > end,
        covered < observed_to - first,
        np.isnan(found.value),
    )
    known = status == 0
    event = known & (found.value > 0) & (outcome.kind == "readmission")
    competing = known & (death >= first) & (death <= last) & ~event
    words = pa.array([LABELLED, "horizon_not_observed", "coverage_lost", found.cause])
    return pa.table(
        {
            "value": pa.array(found.value, mask=~known),
            "status": words.take(pa.array(status)),
            "competing_death_day": pa.array(death - asked.day, mask=~competing),
            "undecided": pa.array(found.undecided & known),
            "alternative": pa.array(found.alternative, mask=~known),
            "by": pc.if_else(pa.array(event), found.by, pa.scalar(None, pa.string())),
        }
    )


class Asked(NamedTuple):
    """Index moments as numbers.

    people       ids of the people, whom `who` numbers
    day          days since 1970
    first, last  the window of the outcome, both days in it
    moments      the table they come from
    """

    people: pa.Array
    who: Int64
    day: Int32
    first: Int32
    last: Int32
    moments: pa.Table


def _asked(tables: Tables, moments: pa.Table, definition: Definition) -> tuple[Lives, Asked]:
    lives, who = numbered(lives_of(tables["person"]), whole(moments["person_id"]))
    day, outcome = days(moments["index_at"]), definition.outcome
    first, last = day + np.int32(outcome.first_day), day + np.int32(outcome.last_day)
    return lives, Asked(lives.ids, who, day, first, last, moments)


def _first_of(*causes: Mask) -> npt.NDArray[np.int8]:
    """Which cause holds first, counted from 1; 0 for none."""
    found = np.zeros(len(causes[0]), np.int8)
    for place in range(len(causes), 0, -1):
        found[causes[place - 1]] = place
    return found


class Found(NamedTuple):
    """Outcomes before it is asked what was observed: value, alternative and undecided as in
    `labels`; why a value is null; the spell that decides."""

    value: Floats
    alternative: Floats
    undecided: Mask
    cause: str
    by: pa.Array


def _number(value: Floats, cause: str) -> Found:
    return Found(value, value, np.zeros(len(value), bool), cause, pa.nulls(len(value), pa.string()))


def _readmission(tables: Tables, asked: Asked, definition: Definition) -> Found:
    rule = SpellRule[definition.spells.upper()]
    spell = spells(tables, rule, deciders=definition.urgency)
    outcome = definition.outcome
    number = pc.index_in(spell["urgency"], value_set=pa.array(URGENCIES)).to_numpy()
    begin, end, known = _later_spells(spell, asked)
    admitted = days(spell["admitted_at"])

    def read(undecided: str) -> Int64:
        found: Int64 = _first_return(
            begin, end, asked.day, admitted, number.astype(np.int64), outcome.first_day,
            outcome.last_day, outcome.look_at == "first", undecided == "unplanned",
        )  # fmt: skip
        return found

    decided = read(outcome.undecided)
    other = read("planned" if outcome.undecided == "unplanned" else "unplanned")
    value, alternative = (np.where(known, found & 1, np.nan) for found in (decided, other))
    by = pa.array(decided >> 2, mask=decided & 1 == 0)
    return Found(
        value, alternative, decided >> 1 & 1 == 1, "no_spell", whole(spell["spell_id"]).take(by)
    )


def _later_spells(spell: pa.Table, asked: Asked) -> tuple[Int64, Int64, Mask]:
    """Spells [begin, end) that come after each moment, and whether they can be told.

    A moment with a spell is followed by the person's next one; one without (a discharge from a
    nursing facility) by the first spell that begins then or later.
    """
    row = find_owned(
        *(whole(t[name]) for t in (spell, asked.moments) for name in ("person_id", "spell_id"))
    )
    first, end = _ranges(spell, asked)
    apart = ~valid(whole(asked.moments["spell_id"]))
    begin = row + 1
    if apart.any():
        times = micros(spell["admitted_at"]), micros(asked.moments["index_at"])
        begin = np.where(apart, _first_after(first, end, *times), begin)
    return begin, np.where(apart | (row >= 0), end, begin), apart | (row >= 0)


@_compiled
def _first_after(first: Int64, end: Int64, admitted: Int64, at: Int64) -> Int64:
    found = first.copy()
    for i in range(len(first)):
        while found[i] < end[i] and admitted[found[i]] < at[i]:
            found[i] += 1
    return found


@_compiled
def _first_return(
    begin: Int64, end: Int64, index: Int32, admitted: Int32, urgency: Int64, first: int, last: int,
    first_only: bool, undecided_counts: bool,
) -> Int64:  # fmt: skip
    """Per moment bit 0: an unplanned return inside the window; bit 1: its urgency is undecided;
    above these the row of the spell."""
    found = np.zeros(len(begin), np.int64)
    for i in range(len(begin)):
        for k in range(begin[i], end[i]):
            gap = np.int64(admitted[k]) - index[i]
            if gap > last:
                break
            if gap < first:
                continue
            counts = urgency[k] == UNPLANNED or (urgency[k] == UNDECIDED and undecided_counts)
            if counts or first_only:
                found[i] = (1 if counts else 0) + (2 if urgency[k] == UNDECIDED else 0) + 4 * k
                break
    return found


def _need(tables: Tables, asked: Asked, _definition: Definition) -> Found:
    """Distinct Elixhauser groups recorded; null where too few of the codes can be read."""
    diagnosis = tables["diagnosis"]
    held = code_set(NEED_SET)
    found = _group_bits(diagnosis)
    union, count, read = _united(
        *_ranges(diagnosis, asked), days(diagnosis["at"]), found.bits, found.readable, asked.first,
        asked.last,
    )  # fmt: skip
    groups = np.bitwise_count(held.without_weaker(union)).astype(float)
    value = np.where(read < LEAST_READABLE * count, np.nan, groups)
    return _number(value, "codes_unreadable")


def _group_bits(diagnosis: pa.Table) -> Grouped:
    """Need groups of each diagnosis row, and whether its code can be read."""
    systems, codes = (whole(diagnosis.column(name)) for name in ("code_system", "code"))
    return grouped(code_set(NEED_SET), systems, codes)


@_compiled
def _united(
    begins: Int64, ends: Int64, day: Int32, bits: npt.NDArray[np.uint64], readable: Mask,
    first: Int32, last: Int32,
) -> tuple[npt.NDArray[np.uint64], Int64, Int64]:  # fmt: skip
    union = np.zeros(len(first), np.uint64)
    count = np.zeros(len(first), np.int64)
    read = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        for k in range(begins[i], ends[i]):
            if first[i] <= day[k] <= last[i]:
                union[i] |= bits[k]
                count[i] += 1
                read[i] += readable[k]
    return union, count, read


def _bed_days(tables: Tables, asked: Asked, _definition: Definition) -> Found:
    stay = tables["stay"].select(["person_id", "setting", "admitted_at", "discharged_at"])
    stay = stay.filter(pc.equal(stay["setting"], "acute"))
    value: Floats = _nights(
        *_ranges(stay, asked), days(stay["admitted_at"]), days(stay["discharged_at"]), asked.first,
        asked.last,
    )  # fmt: skip
    return _number(value, "bed_days_unknown")


@_compiled
def _nights(
    begins: Int64, ends: Int64, start: Int32, end: Int32, first: Int32, last: Int32
) -> Floats:
    """Nights in the window; overlapping stays count once (stays by admission)."""
    total = np.zeros(len(first))
    for i in range(len(first)):
        upto = first[i]
        for k in range(begins[i], ends[i]):
            low, high = max(start[k], upto), min(end[k], last[i] + 1)
            if high > low:
                total[i] += high - low
                upto = high
    return total


def _cost(tables: Tables, asked: Asked, _definition: Definition) -> Found:
    """Sum of the known costs of stays admitted, visits made and medicines supplied."""
    size = len(asked.who)
    total, known, rows = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64)
    for name, time in (("stay", "admitted_at"), ("visit", "at"), ("dispensing", "at")):
        table = tables[name]
        cost = pc.fill_null(table.column("cost"), float("nan")).to_numpy()
        day = days(table[time])
        part = _summed(*_ranges(table, asked), day, cost, asked.first, asked.last)
        total, known, rows = total + part[0], known + part[1], rows + part[2]
    value = np.where((rows > 0) & (known == 0), np.nan, total)
    return _number(value, "cost_unknown")


@_compiled
def _summed(
    begins: Int64, ends: Int64, day: Int32, cost: Floats, first: Int32, last: Int32
) -> tuple[Floats, Int64, Int64]:
    total = np.zeros(len(first))
    known = np.zeros(len(first), np.int64)
    rows = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        for k in range(begins[i], ends[i]):
            if first[i] <= day[k] <= last[i]:
                rows[i] += 1
                if not np.isnan(cost[k]):
                    total[i] += cost[k]
                    known[i] += 1
    return total, known, rows


_OUTCOMES: Mapping[str, Callable[[Tables, Asked, Definition], Found]] = MappingProxyType(
    {"readmission": _readmission, "need": _need, "bed_days": _bed_days, "cost": _cost}
)


def _ranges(table: pa.Table, asked: Asked) -> tuple[Int64, Int64]:
    """Rows [begin, end) of each moment's person in a table in canonical order."""
    runs = pc.run_end_encode(whole(table["person_id"]))
    ends = np.asarray(runs.run_ends.to_numpy(), np.int64)
    person = owners(runs.values, asked.people)
    rows = np.zeros((2, len(asked.people) + 1), np.int64)  # the last is for people not asked about
    rows[0, person[1:]], rows[1, person] = ends[:-1], ends
    return rows[0][asked.who], rows[1][asked.who]
