"""Tables of a bucket, or of one person, as the arrays the kernel reads.

Columns that operations name lie in pools, one per type, and an operation holds the place where its
column begins; so one compiled kernel serves every catalogue. Rows whose people are in no moment are
carried along and never read.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from features.catalogue.rules import MOMENTS, POINTS
from features.kernel.bind import bound
from features.kernel.classes import Classes, Lists, classes_of
from features.kernel.columns import Floats, Frame, age_on
from features.kernel.facets import PAIR, fixed
from features.kernel.layout import (
    AT,
    DAY_OF,
    INDEX_STAY,
    POINT_COLUMNS,
    SPELL_CLASS,
    STAY_CLASS,
)  # fmt: skip
from features.kernel.memory import PARTS, Memory, column, date_at, time_at
from features.kernel.people import People, Rows
from features.kernel.pools import INT, LONG, Pools, SourceColumns
from features.kernel.program import TABLE_OF, Fact, Program, Source
from features.kernel.registers import Pool
from features.kernel.sensitive import sensitive_stays
from features.kernel.stay_facts import Stays, principals
from features.kernel.vocabulary import Vocabulary
from features.spells import Linkable
from features.tables.contract import Tables
from features.windows import HERE, Int32, Int64, day_of, kept_with

KINDS_OF_MOMENT = Vocabulary(MOMENTS)
POINT_SOURCES = tuple(Source[name.upper()] for name in POINTS)
NEEDED = ("stay", "registration", "coverage")
"""Tables whose ranges stand first in `Encoded.ranges`, after the moments (see `layout.py`)."""
WITH_STAYS = ("diagnosis", "procedure")
AGE, SEX, MOMENT, FACTS = int(Fact.AGE), int(Fact.SEX), int(Fact.MOMENT), len(Fact)
reading = kept_with(*PARTS, *(HERE / "kernel" / f"{name}.py" for name in ("columns", "layout")))


class Encoded(NamedTuple):
    """Everything the kernel reads besides the program's own tables (columns in `layout.py`).

    ops      operations with the places of their columns
    lists    operations of each class of rows
    points   one line per source of one-day facts that has operations
    ranges   (people, tables, 2): first and last row of each person in each table
    order    moments person by person
    links    what linking reads of stays
    facts    per moment, columns `Fact`; the kernel fills those of the index spell
    stamps   how many keys are told apart
    """

    ops: Int32
    lists: Lists
    points: Int64
    pool: Pool
    ranges: Int64
    stays: Int64
    links: Linkable
    registrations: Int64
    coverage: Int64
    moments: Int64
    order: Int64
    facts: Floats
    stamps: int


def encode(program: Program, tables: Tables, moments: pa.Table, mode: str) -> Encoded:
    """The arrays of `tables` and `moments` for a program, under a mode of `windows.MODES`."""
    asked, classes, pools = Frame(moments, "moments"), classes_of(program), Pools()
    people = People.of(asked)
    sources = [source for source in POINT_SOURCES if program.of(source)]
    names = (*NEEDED, *(TABLE_OF[source] for source in sources))
    read = tuple(dict.fromkeys((*names, *WITH_STAYS, "person")))
    ranges = np.empty((1 + len(read), *people.ranges.shape), np.int64)
    rows = {
        name: people.rows(name, tables[name], own)
        for name, own in zip(read, ranges[1:], strict=True)
    }
    columns = {name: SourceColumns(name, own.frame, pools) for name, own in rows.items()}
    stays = Stays.of(rows["stay"], mode)
    own = {name: _tied(stays, rows[name], columns[name], pools) for name in WITH_STAYS}
    diagnosis, procedure = (own[name].facts for name in WITH_STAYS)
    principal = principals(rows["stay"].frame.rows, diagnosis)
    stays.decide(program.deciders, principal, diagnosis, procedure)
    for source, place in ((Source.SPELL, SPELL_CLASS), (Source.STAY, STAY_CLASS)):
        stays.lines[:, place] = _classes(columns["stay"], source, classes)
    sensitive = sensitive_stays(program.sensitive, rows["person"], stays, diagnosis, procedure)
    before, after = (pools.add(answers.ravel()) for answers in sensitive)
    points = [
        _point(program, source, columns[TABLE_OF[source]], classes, pools,
               own.get(TABLE_OF[source]) or _untied(rows[TABLE_OF[source]].frame, pools))
        for source in sources
    ]  # fmt: skip
    registered = _classes(columns["registration"], Source.REGISTRATION, classes)
    kinds = rows["coverage"].frame.ids("kind", fixed("coverage", "kind"))
    return Encoded(
        ops=bound(program, columns, pools, (before, after), len(stays.lines)),
        lists=classes.lists,
        points=np.array(points, np.int64).reshape(-1, POINT_COLUMNS),
        pool=pools.laid(),
        ranges=side_by_side(people.ranges, ranges[: 1 + len(names)]),
        stays=stays.lines,
        links=stays.links(principal, diagnosis),
        registrations=_periods(rows["registration"].frame, registered, False),
        coverage=_periods(rows["coverage"].frame, kinds, True),
        moments=_moments(asked, people, rows["stay"]),
        order=people.order,
        facts=_facts(asked, people, rows["person"]),
        stamps=pools.marks,
    )


class Timed(NamedTuple):
    """Places of the days, known times and stays of a table's rows (-1: it has no stays); days by
    which a row comes before the admission of its stay, at most; the rows, where they are tied."""

    day: int
    known: int
    tie: int
    early: int
    facts: Any = None


def _tied(stays: Stays, own: Rows, columns: SourceColumns, pools: Pools) -> Timed:
    size = own.frame.rows
    (tie, both), (known, told) = pools.room(INT, 2 * size), pools.room(LONG, size)
    facts = stays.tied(own, columns.facet(PAIR), (both[size:], told, both[:size]))
    return Timed(tie + size, known, tie, facts.early, facts)


def _untied(frame: Frame, pools: Pools) -> Timed:
    (day, on), (known, told) = pools.room(INT, frame.rows), pools.room(LONG, frame.rows)
    fill_times(frame.memory, frame.places["at"], frame.places["known_at"], on, told)
    return Timed(day, known, -1, 0)


def _point(
    program: Program, source: Source, columns: SourceColumns, classes: Classes, pools: Pools,
    timed: Timed,
) -> tuple[int, ...]:  # fmt: skip
    """A line of `Encoded.points`."""
    longest, supplied = program.furthest[source]
    if supplied:
        longest += columns.most("days_supply")
    place, room = pools.room(INT, columns.rows)
    columns.classes(source, classes, room)
    return place, timed.day, timed.known, timed.tie, timed.early, longest


def _classes(columns: SourceColumns, source: Source, classes: Classes) -> Int32:
    found = np.empty(columns.rows, np.int32)
    columns.classes(source, classes, found)
    return found


def _periods(frame: Frame, last: Int32, bits: bool) -> Int64:
    """Periods with a number in the last column, or with the bit of it."""
    at, to, known = (frame.places[name] for name in ("from_at", "to_at", "known_at"))
    return periods(frame.memory, at, to, known, last, bits)


def _moments(moments: Frame, people: People, stay: Rows) -> Int64:
    own = stay.of_moments("stay_id", moments.held("stay_id"), people)
    return moments_of(moments.memory, moments.places["index_at"], own)


def _facts(moments: Frame, people: People, person: Rows) -> Floats:
    own = person.frame
    return facts_of(
        own.memory, own.places["birth_date"], own.ids("sex", fixed("person", "sex")),
        person.ranges, people.person, moments.memory, moments.places["index_at"],
        moments.ids("moment", KINDS_OF_MOMENT),
    )  # fmt: skip


@reading
def side_by_side(moments: Int64, tables: Int64) -> Int64:
    """Ranges of shape (people, tables, 2), those of moments in place of the first table's."""
    found = np.empty((tables.shape[1], tables.shape[0], 2), np.int64)
    for p in range(len(found)):
        for table in range(len(tables)):
            own = tables[table] if table else moments
            found[p, table, 0], found[p, table, 1] = own[p, 0], own[p, 1]
    return found


@reading
def fill_times(memory: Memory, at: int, known_at: int, day: Int32, known: Int64) -> None:
    """Days and known times of facts."""
    on, told = column(memory, at), column(memory, known_at)
    for row in range(len(day)):
        day[row], known[row] = day_of(time_at(on, row)), time_at(told, row)


@reading
def periods(memory: Memory, at: int, to: int, known_at: int, last: Int32, bits: bool) -> Int64:
    """First and last days, known times, and `last` or its bit."""
    begin, end, told = column(memory, at), column(memory, to), column(memory, known_at)
    found = np.empty((len(last), 4), np.int64)
    for row in range(len(last)):
        found[row, 0], found[row, 1] = day_of(time_at(begin, row)), day_of(time_at(end, row))
        found[row, 2] = time_at(told, row)
        found[row, 3] = np.int64(1) << np.int64(last[row]) if bits else last[row]
    return found


@reading
def moments_of(memory: Memory, at: int, stay: Int32) -> Int64:
    """Lines of index moments; stay: the row of each one's index stay."""
    times, found = column(memory, at), np.empty((len(stay), 3), np.int64)
    for i in range(len(stay)):
        found[i, AT], found[i, INDEX_STAY] = time_at(times, i), stay[i]
        found[i, DAY_OF] = day_of(found[i, AT])
    return found


@reading
def facts_of(
    memory: Memory, birth: int, sexes: Int32, ranges: Int64, person: Int32, moments: Memory,
    at: int, kinds: Int32,
) -> Floats:  # fmt: skip
    """Facts of each moment and its person, columns `Fact`; NaN where unknown."""
    births, times = column(memory, birth), column(moments, at)
    facts = np.full((len(person), FACTS), np.nan)
    for i in range(len(person)):
        p = person[i]
        if p >= 0 and ranges[p, 1] > ranges[p, 0]:
            row = ranges[p, 0]
            facts[i, AGE] = age_on(date_at(births, row), day_of(time_at(times, i)))
            facts[i, SEX] = sexes[row] if sexes[row] >= 0 else np.nan
        facts[i, MOMENT] = kinds[i] if kinds[i] >= 0 else np.nan
    return facts
