"""Runs a program over tables: for every index moment, one row of features.

One compiled function reads person-sorted columns and all index moments of a person in one pass,
without the interpreter's lock, so that buckets can run side by side. It writes nothing but its own
answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.kernel.blocks import TILE, Bools, Floats32, blocks, turn
from features.kernel.columns import Floats
from features.kernel.encode import Encoded, encode
from features.kernel.finish import finish, judge, known
from features.kernel.ladders import ladders_of
from features.kernel.layout import AT, DAY_OF, INDEX_STAY, MOMENTS_OF, STAYS_OF
from features.kernel.periods import (
    observed_days,
    read_registrations,
    read_spells,
    read_stays,
    spell_coded,
)  # fmt: skip
from features.kernel.program import Program
from features.kernel.registers import at_once, clear, climb, fresh
from features.kernel.rows import read_points, together
from features.kernel.stays import View, as_of, index_facts, room
from features.schema import refuse_inexact
from features.tables.contract import Tables
from features.windows import SOURCES, kept_with


@kept_with(*SOURCES)
def _run(
    rule: int, ops: Any, limits: Any, lists: Any, ladders: Any, outputs: Any, counted: Any,
    gates: Any, asked: Any, weights: Any, divisors: Any, ranks: Any, least_share: float,
    points: Any, pool: Any, ranges: Any, stays: Any, links: Any, registrations: Any,
    coverage: Any, moments: Any, order: Any, facts: Any, acute: Any, spells: Any, beside: Any,
    r: Any, known: Any, to: Any,
) -> int:  # fmt: skip
    """The compiled pass; returns a column that float32 does not hold exactly, or -1."""
    observed = np.zeros(len(asked), np.int64)
    room, filled, wrong = len(beside.at), 0, -1
    for p in range(len(ranges)):
        mine = ranges[p]
        base, n = mine[STAYS_OF, 0], mine[STAYS_OF, 1] - mine[STAYS_OF, 0]
        for begin in range(mine[MOMENTS_OF, 0], mine[MOMENTS_OF, 1], room):
            size = min(room, mine[MOMENTS_OF, 1] - begin)
            for j in range(size):
                m = order[begin + j]
                at, day, index = moments[m, AT], moments[m, DAY_OF], moments[m, INDEX_STAY]
                view = View(beside.lines[j], acute, spells)
                clear(r, j)
                found, own = as_of(rule, stays, links, base, n, at, day, index, view)
                since = index_facts(stays, base, n, at, index, own, view, facts[m])
                beside.moment[j], beside.at[j], beside.day[j] = m, at, day
                beside.since[j] = since
                read_spells(
                    ops, limits, lists, stays, base, pool.i32, at, day, since, m, view, found,
                    own, r, j,
                )  # fmt: skip
                read_stays(
                    ops, limits, lists, stays, base, n, pool, at, day, since, m, view.lines,
                    r, j,
                )  # fmt: skip
            read_points(ops, limits, lists, ladders, points, pool, mine, size, beside, r)
            for j in range(size):
                m, at, day = beside.moment[j], beside.at[j], beside.day[j]
                climb(ladders, r, j)
                read_registrations(ops, limits, lists, registrations, pool.f64, mine, at, day, r, j)
                coded = spell_coded(stays, base, n, at, beside.lines[j])
                since = beside.since[j]
                observed_days(asked, coverage, mine, at, day, since, coded, observed)
                judge(gates, r, j, observed, least_share, known)
                finish(
                    outputs, counted, known, r, j, observed, facts[m], day, weights,
                    divisors, ranks, to.values, filled,
                )  # fmt: skip
                to.moment[filled] = m
                filled += 1
                if filled == TILE:
                    wrong = max(wrong, turn(to, filled))
                    filled = 0
    return max(wrong, turn(to, filled))


def run(
    program: Program, tables: Tables, moments: pa.Table, *, mode: str = "adt"
) -> npt.NDArray[np.float64]:
    """Features of each moment, shape (moments, columns), in the order of the moments.

    NaN is null; a category is the place of its value. `tables` hold whole people in canonical form;
    `moments` have person_id, index_at, stay_id and moment. KeyError for a mode that does not exist.
    """
    narrow = np.zeros(len(program.columns), np.bool_)
    return np.ascontiguousarray(run_columns(program, tables, moments, narrow, mode=mode)[1].T)


def run_columns(
    program: Program, tables: Tables, moments: pa.Table, narrow: Bools, *, mode: str = "adt"
) -> tuple[Floats32, Floats]:
    """The same by column: those that are `narrow` as float32, and the others (columns, moments).

    Raises CaseloadError naming a column whose values float32 does not hold exactly.
    """
    return run_encoded(program, encode(program, tables, moments, mode), narrow)


def run_encoded(program: Program, rows: Encoded, narrow: Bools) -> tuple[Floats32, Floats]:
    """The same for rows already encoded."""
    held = rows.ranges[:, [STAYS_OF, MOMENTS_OF]]
    stays, most = (held[..., 1] - held[..., 0]).max(axis=0, initial=0).tolist()
    size, view = at_once(rows.stamps, most), room(stays)
    to = blocks(program, narrow, len(rows.moments))
    wrong = _run(
        program.rule, rows.ops, program.limits, rows.lists, ladders_of(program), program.table,
        program.counted,
        program.gates, program.observed, program.weights, program.divisors, program.ranks,
        program.least_share, rows.points, rows.pool, rows.ranges, rows.stays, rows.links,
        rows.registrations, rows.coverage, rows.moments, rows.order, rows.facts, view.acute,
        view.spells, together(size, stays), fresh(size, program, rows.stamps),
        known(len(program.gates)), to,
    )  # fmt: skip
    refuse_inexact(program.names, wrong)
    return to.small, to.wide
