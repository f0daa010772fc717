"""Tables of a bucket, or of one person, as the arrays the kernel reads.

Columns that operations name lie in pools, one per type, and an operation holds the place where its
column begins; so one compiled kernel serves every catalogue. Rows whose people are in no moment are
carried along and never read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from features.catalogue.rules import MOMENTS, POINTS
from features.kernel.bind import bound
from features.kernel.classes import Lists, classes_of
from features.kernel.columns import Floats, Frame, ages, categories
from features.kernel.facets import PAIR, fixed
from features.kernel.layout import ADMITTED_DAY, AT, DAY_OF, INDEX_STAY, POINT_COLUMNS
from features.kernel.people import People, Rows
from features.kernel.pools import Pools, SourceColumns
from features.kernel.program import TABLE_OF, Fact, Program, Source
from features.kernel.registers import Pool
from features.kernel.sensitive import sensitive_stays
from features.kernel.stay_facts import Facts, Stays, principals
from features.kernel.vocabulary import Vocabulary
from features.spells import Linkable
from features.tables.contract import Tables
from features.windows import NO_DAY, Int32, Int64, kept

KINDS_OF_MOMENT = Vocabulary(MOMENTS)
POINT_SOURCES = tuple(Source[name.upper()] for name in POINTS)
NEEDED = ("stay", "registration", "coverage")
"""Tables whose ranges stand first in `Encoded.ranges`, after the moments (see `layout.py`)."""
WITH_STAYS = ("diagnosis", "procedure")


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
    asked, classes, pools = Frame(moments), classes_of(program), Pools()
    people = People.of(asked)
    sources = [source for source in POINT_SOURCES if program.of(source)]
    names = (*NEEDED, *(TABLE_OF[source] for source in sources))
    rows = {name: people.rows(name, tables[name]) for name in {*names, *WITH_STAYS, "person"}}
    columns = {name: SourceColumns(name, own.frame, pools) for name, own in rows.items()}
    class_of = {
        source: columns[TABLE_OF[source]].classes(source, classes)
        for source in (Source.SPELL, Source.STAY, Source.REGISTRATION, *sources)
    }
    stays = Stays.of(rows["stay"], mode)
    diagnosis, procedure = (
        Facts(rows[name], *stays.tied(rows[name], mode), columns[name].facet(PAIR))
        for name in WITH_STAYS
    )
    principal = principals(rows["stay"].frame.rows, diagnosis)
    urgency = stays.urgency(program.deciders, principal, diagnosis, procedure)
    lines = stays.lines(urgency, class_of[Source.SPELL], class_of[Source.STAY])
    sensitive = sensitive_stays(
        program.sensitive, rows["person"], stays, lines, diagnosis, procedure
    )
    before, after = (pools.add(answers.ravel()) for answers in sensitive)
    own = {"diagnosis": diagnosis, "procedure": procedure}
    points = [
        _point(program, source, rows[TABLE_OF[source]], class_of[source], lines, pools,
               own.get(TABLE_OF[source]))
        for source in sources
    ]  # fmt: skip
    return Encoded(
        ops=bound(program, columns, pools, (before, after), len(lines)),
        lists=classes.lists,
        points=np.array(points, np.int64).reshape(-1, POINT_COLUMNS),
        pool=pools.laid(),
        ranges=_side_by_side([people.ranges, *(rows[name].ranges for name in names)]),
        stays=lines,
        links=stays.links(principal, diagnosis),
        registrations=_periods(rows["registration"].frame, class_of[Source.REGISTRATION]),
        coverage=_periods(rows["coverage"].frame, _kinds(rows["coverage"].frame)),
        moments=_moments(asked, people, rows["stay"]),
        order=people.order,
        facts=_facts(asked, people, rows["person"]),
        stamps=pools.marks,
    )


def _point(
    program: Program, source: Source, rows: Rows, row_class: Int32, lines: Int64, pools: Pools,
    facts: Facts | None,
) -> tuple[int, ...]:  # fmt: skip
    """A line of `Encoded.points`; facts: what ties the rows to stays, where anything does."""
    day = rows.frame.days("at")
    longest, supplied = program.furthest[source]
    if supplied:
        longest += int(np.nan_to_num(rows.frame.numbers("days_supply")).max(initial=0))
    known, tie, early = rows.frame.times("known_at"), -1, 0
    if facts is not None:
        known, tie = facts.known, pools.add(facts.stay.astype(np.int32))
        early = earliest(day, facts.stay, lines)
    return pools.add(row_class), pools.add(day), pools.add(known), tie, early, longest


@kept
def earliest(day: Int32, stay: Int64, lines: Int64) -> int:
    """Days by which a fact of a stay comes before its admission, at most."""
    most = 0
    for row in range(len(day)):
        if stay[row] >= 0:
            most = max(most, lines[stay[row], ADMITTED_DAY] - day[row])
    return most


def _side_by_side(ranges: list[Int64]) -> Int64:
    """Shape (people, tables, 2)."""
    found = np.empty((len(ranges[0]), len(ranges), 2), np.int64)
    for place, own in enumerate(ranges):
        found[:, place] = own
    return found


def _periods(frame: Frame, last: Int32 | Int64) -> Int64:
    lines = np.empty((frame.rows, 4), np.int64)
    columns: tuple[Int64 | Int32, ...] = (
        frame.days("from_at"), frame.days("to_at"), frame.times("known_at"), last,
    )  # fmt: skip
    for place, column in enumerate(columns):
        lines[:, place] = column
    return lines


def _kinds(frame: Frame) -> Int64:
    kinds: Int64 = np.int64(1) << frame.ids("kind", fixed("coverage", "kind")).astype(np.int64)
    return kinds


def _moments(moments: Frame, people: People, stay: Rows) -> Int64:
    found = np.empty((moments.rows, 3), np.int64)
    found[:, AT], found[:, DAY_OF] = moments.times("index_at"), moments.days("index_at")
    found[:, INDEX_STAY] = stay.find("stay_id", moments.array("stay_id"), people.person)
    return found


def _facts(moments: Frame, people: People, person: Rows) -> Floats:
    facts = np.full((moments.rows, len(Fact)), np.nan)
    sexes = categories(person.frame.ids("sex", fixed("person", "sex")))
    births, sex = _of_person(person.frame.dates("birth_date"), sexes, person.ranges, people.person)
    facts[:, Fact.AGE] = ages(births, moments.days("index_at"))
    facts[:, Fact.SEX] = sex
    facts[:, Fact.MOMENT] = categories(moments.ids("moment", KINDS_OF_MOMENT))
    return facts


@kept
def _of_person(births: Int32, sexes: Floats, ranges: Int64, person: Int64) -> tuple[Int32, Floats]:
    """Birth and sex of each moment's person."""
    born, sex = np.full(len(person), NO_DAY, np.int32), np.full(len(person), np.nan)
    for i in range(len(person)):
        row = ranges[person[i], 0]
        if ranges[person[i], 1] > row:
            born[i], sex[i] = births[row], sexes[row]
    return born, sex
