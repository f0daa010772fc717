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
from features.kernel.columns import (
    Floats,
    ages,
    codes,
    dates,
    positions,
    times,
    whole,
    words,
)  # fmt: skip
from features.kernel.layout import ADMITTED_DAY, POINT_COLUMNS
from features.kernel.people import People, Rows
from features.kernel.pools import Pools, SourceColumns
from features.kernel.program import At, Fact, Program, Source
from features.kernel.rows import Pool
from features.kernel.stay_lines import links, stay_lines, tied
from features.spells import Linkable, principals, urgency_of
from features.tables.contract import Tables
from features.tables.schema import TABLES
from features.windows import Int64, days

COVERAGE_KINDS = TABLES["coverage"].column("kind").allowed
TABLE_OF = {s: "stay" if s is Source.SPELL else s.name.lower() for s in Source}
POINT_SOURCES = tuple(Source[name.upper()] for name in POINTS)
NEEDED = ("stay", "registration", "coverage")
"""Tables whose ranges stand first in `Encoded.ranges`, after the moments (see `layout.py`)."""


class Encoded(NamedTuple):
    """Everything the kernel reads besides the program's own tables (columns in `layout.py`).

    ops      operations with the places of their columns
    points   one line per source of one-day facts that has operations
    ranges   (people, tables, 2): first and last row of each person in each table
    order    moments person by person
    links    what linking reads of stays
    facts    per moment, columns `Fact`; the kernel fills those of the index spell
    stamps   how many keys are told apart
    """

    ops: Int64
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
    people = People.of(moments)
    sources = [source for source in POINT_SOURCES if program.of(source)]
    names = (*NEEDED, *(TABLE_OF[source] for source in sources))
    needed = {*names, "person", "diagnosis", "procedure"}
    rows = {name: people.rows(name, tables[name]) for name in needed}
    stay, diagnosis, procedure = (rows[n].table for n in ("stay", "diagnosis", "procedure"))
    principal = principals(stay, diagnosis)
    urgency = urgency_of(
        stay, diagnosis, procedure, program.deciders, mode=mode, principal=principal
    )
    stays = stay_lines(rows["stay"], urgency)
    pools = Pools()
    ops = _ops(program, rows, pools)
    points = [_point(program, s, rows, stays, mode, pools) for s in sources]
    return Encoded(
        ops=ops,
        points=np.array(points, np.int64).reshape(-1, POINT_COLUMNS),
        pool=pools.laid(),
        ranges=np.stack([people.ranges, *(rows[name].ranges for name in names)], axis=1),
        stays=stays,
        links=links(rows["stay"], rows["diagnosis"], principal, mode),
        registrations=_periods(rows["registration"].table),
        coverage=_periods(rows["coverage"].table),
        moments=_moments(moments, people, rows["stay"]),
        order=people.order,
        facts=_facts(moments, people, rows["person"]),
        stamps=pools.stamps,
    )


def _ops(program: Program, rows: Mapping[str, Rows], pools: Pools) -> Int64:
    """The operations with their columns' places; spells share the columns of stays."""
    bound: dict[str, SourceColumns] = {}
    for source in Source:
        name = TABLE_OF[source]
        if name not in bound and program.of(source):
            wheres = program.wheres(*(s for s in Source if TABLE_OF[s] == name))
            bound[name] = SourceColumns(name, rows[name], wheres, pools)
    lines = [bound[TABLE_OF[op.source]].bind(op) for op in program.ops]
    return np.array(lines, np.int64).reshape(-1, len(At))


def _point(
    program: Program,
    source: Source,
    rows: Mapping[str, Rows],
    stays: Int64,
    mode: str,
    pools: Pools,
) -> tuple[int, ...]:
    """A line of `Encoded.points`."""
    own = rows[TABLE_OF[source]]
    ops = [place for place, op in enumerate(program.ops) if op.source == source]
    day = days(times(own.table, "at"))
    stay, known = tied(own, rows["stay"], stays, mode)
    with_stay = stay >= 0
    early = int((stays[stay[with_stay], ADMITTED_DAY] - day[with_stay]).max(initial=0))
    longest = max(program.ops[place].window for place in ops)
    places = pools.add(day), pools.add(known), pools.add(stay)
    return ops[0], ops[-1] + 1, *places, early, longest


def _periods(table: pa.Table) -> Int64:
    kind = np.zeros(table.num_rows, np.int64)
    if "kind" in table.column_names:
        kind = np.int64(1) << codes(words(table, "kind"), COVERAGE_KINDS).astype(np.int64)
    start, end = days(times(table, "from_at")), days(times(table, "to_at"))
    return np.column_stack([start, end, times(table, "known_at"), kind])


def _moments(moments: pa.Table, people: People, stay: Rows) -> Int64:
    at = times(moments, "index_at")
    index = stay.find("stay_id", whole(moments, "stay_id"), people.person)
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
