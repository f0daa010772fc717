"""Tables of a bucket, or of one person, as the arrays the kernel reads.

Columns that operations name lie in pools, one per type, and an operation holds the place where its
column begins; so one compiled kernel serves every catalogue. Rows whose people are in no moment are
carried along and never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from features.catalogue.rules import CATEGORIES, MOMENTS, POINTS
from features.kernel.classes import Lists, classes_of
from features.kernel.columns import (
    Floats,
    Words,
    ages,
    codes,
    dates,
    numbers,
    positions,
    times,
    words,
)  # fmt: skip
from features.kernel.layout import ADMITTED_DAY, POINT_COLUMNS
from features.kernel.people import People, Rows
from features.kernel.pools import Pools, SourceColumns
from features.kernel.program import At, Fact, Measure, Program, Source
from features.kernel.registers import Pool
from features.kernel.sensitive import Facts, sensitive_stays
from features.kernel.stay_lines import links, stay_lines, tied
from features.spells import Linkable, principals, urgency_of
from features.tables.contract import Tables
from features.tables.schema import TABLES
from features.windows import Int32, Int64, days

COVERAGE_KINDS = TABLES["coverage"].column("kind").allowed
TABLE_OF = {s: "stay" if s is Source.SPELL else s.name.lower() for s in Source}
POINT_SOURCES = tuple(Source[name.upper()] for name in POINTS)
NEEDED = ("stay", "registration", "coverage")
"""Tables whose ranges stand first in `Encoded.ranges`, after the moments (see `layout.py`)."""
WITH_STAYS = ("diagnosis", "procedure")
SUPPLIED = (Measure.COVERED, Measure.GAP)


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

    ops: Int64
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
    people, classes, pools = People.of(moments), classes_of(program), Pools()
    sources = [source for source in POINT_SOURCES if program.of(source)]
    names = (*NEEDED, *(TABLE_OF[source] for source in sources))
    rows = {name: people.rows(name, tables[name]) for name in {*names, *WITH_STAYS, "person"}}
    columns = {name: SourceColumns(name, rows[name], pools) for name in names}
    stay, diagnosis, procedure = (rows[n].table for n in ("stay", "diagnosis", "procedure"))
    principal = principals(stay, diagnosis)
    urgency = urgency_of(
        stay, diagnosis, procedure, program.deciders, mode=mode, principal=principal
    )
    class_of = {
        source: columns[TABLE_OF[source]].classes(source, classes)
        for source in (Source.SPELL, Source.STAY, Source.REGISTRATION, *sources)
    }
    stays = stay_lines(rows["stay"], urgency, class_of[Source.SPELL], class_of[Source.STAY])
    ids = words(stay, "stay_id")
    facts = {
        name: Facts(rows[name], *tied(rows[name], rows["stay"], ids, stays, mode))
        for name in {*WITH_STAYS, *(TABLE_OF[source] for source in sources)}
    }
    asked = _sensitive(program, rows, stays, facts, pools)
    ops = [columns[TABLE_OF[op.source]].bind(op, asked) for op in program.ops]
    points = [_point(program, s, facts[TABLE_OF[s]], class_of[s], stays, pools) for s in sources]
    home = _periods(rows["registration"].table)
    return Encoded(
        ops=np.array(ops, np.int64).reshape(-1, len(At)),
        lists=classes.lists,
        points=np.array(points, np.int64).reshape(-1, POINT_COLUMNS),
        pool=pools.laid(),
        ranges=np.stack([people.ranges, *(rows[name].ranges for name in names)], axis=1),
        stays=stays,
        links=links(rows["stay"], rows["diagnosis"], principal, mode),
        registrations=np.column_stack([home, class_of[Source.REGISTRATION]]),
        coverage=np.column_stack(
            [_periods(rows["coverage"].table), _kinds(rows["coverage"].table)]
        ),
        moments=_moments(moments, people, rows["stay"], ids),
        order=people.order,
        facts=_facts(moments, people, rows["person"]),
        stamps=pools.stamps,
    )


def _sensitive(
    program: Program, rows: Mapping[str, Rows], stays: Int64, facts: Mapping[str, Facts],
    pools: Pools,
) -> dict[tuple[str, ...], tuple[int, int]]:  # fmt: skip
    """Places of what stays say to each choice by sensitive condition, before coding and after."""
    told = {
        asked: sensitive_stays(
            asked, rows["person"], rows["stay"], stays, facts["diagnosis"], facts["procedure"]
        )
        for asked in program.sensitive
    }
    return {asked: (pools.add(before), pools.add(after)) for asked, (before, after) in told.items()}


def _point(
    program: Program, source: Source, facts: Facts, row_class: Int32, stays: Int64, pools: Pools
) -> tuple[int, ...]:
    """A line of `Encoded.points`."""
    table = facts.rows.table
    day = days(times(table, "at"))
    with_stay = facts.stay >= 0
    early = int((stays[facts.stay[with_stay], ADMITTED_DAY] - day[with_stay]).max(initial=0))
    own = program.of(source)
    longest = max(op.window for op in own)
    if any(op.measure in SUPPLIED for op in own):
        longest += int(np.nan_to_num(numbers(table, "days_supply")).max(initial=0))
    tie = pools.add(facts.stay.astype(np.int32)) if "stay_id" in table.column_names else -1
    places = pools.add(row_class), pools.add(day), pools.add(facts.known)
    return (*places, tie, early, longest)


def _periods(table: pa.Table) -> Int64:
    start, end = days(times(table, "from_at")), days(times(table, "to_at"))
    return np.column_stack([start, end, times(table, "known_at")])


def _kinds(table: pa.Table) -> Int64:
    return np.int64(1) << codes(words(table, "kind"), COVERAGE_KINDS).astype(np.int64)


def _moments(moments: pa.Table, people: People, stay: Rows, ids: Words) -> Int64:
    at = times(moments, "index_at")
    index = stay.find(ids, words(moments, "stay_id"), people.person)
    return np.column_stack([at, days(at), index])


def _facts(moments: pa.Table, people: People, person: Rows) -> Floats:
    facts = np.full((moments.num_rows, len(Fact)), np.nan)
    start, end = person.ranges[people.person].T
    known, table = end > start, person.table
    births, index = dates(table, "birth_date"), days(times(moments, "index_at"))
    facts[known, Fact.AGE] = ages(births[start[known]], index[known])
    facts[known, Fact.SEX] = positions(words(table, "sex"), CATEGORIES["person", "sex"])[
        start[known]
    ]
    facts[:, Fact.MOMENT] = positions(words(moments, "moment"), MOMENTS)
    return facts
