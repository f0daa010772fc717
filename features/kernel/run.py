"""Runs a program over tables: for every index moment, one row of features.

One compiled function reads person-sorted columns and all index moments of a person in one pass,
without the interpreter's lock, so that buckets can run side by side. It writes nothing but its own
rows of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.kernel.encode import Encoded, encode
from features.kernel.finish import finish
from features.kernel.layout import AT, DAY_OF, INDEX_STAY, MOMENTS_OF, STAYS_OF
from features.kernel.periods import (
    observed_days,
    read_registrations,
    read_spells,
    read_stays,
    spell_coded,
)  # fmt: skip
from features.kernel.program import Program
from features.kernel.registers import at_once, clear, climb, fresh, of
from features.kernel.rows import read_points, together
from features.kernel.stays import View, as_of, index_facts, room
from features.tables.contract import Tables
from features.windows import HERE, SOURCES, kept, made_of


def _kernel(sources: int) -> Callable[..., None]:
    """The compiled pass; sources: `windows.made_of`."""

    @kept
    def kernel(
        rule: int, ops: Any, limits: Any, lists: Any, outputs: Any, columns: Any, asked: Any,
        weights: Any, divisors: Any, ranks: Any, least_share: float, points: Any, pool: Any,
        ranges: Any, stays: Any, links: Any, registrations: Any, coverage: Any, moments: Any,
        order: Any, facts: Any, acute: Any, spells: Any, beside: Any, registers: Any, matrix: Any,
    ) -> None:  # fmt: skip
        assert sources >= 0
        observed, values = np.zeros(len(asked), np.int64), np.zeros(len(outputs))
        room = len(beside.at)
        for p in range(len(ranges)):
            mine = ranges[p]
            base, n = mine[STAYS_OF, 0], mine[STAYS_OF, 1] - mine[STAYS_OF, 0]
            for begin in range(mine[MOMENTS_OF, 0], mine[MOMENTS_OF, 1], room):
                size = min(room, mine[MOMENTS_OF, 1] - begin)
                for j in range(size):
                    m = order[begin + j]
                    at, day, index = moments[m, AT], moments[m, DAY_OF], moments[m, INDEX_STAY]
                    view = View(beside.lines[j], acute, spells)
                    r = of(registers, j)
                    clear(r.number, r.counts, r.bits)
                    found, own = as_of(rule, stays, links, base, n, at, day, index, view)
                    since = index_facts(stays, base, n, at, index, own, view, facts[m])
                    beside.moment[j], beside.at[j], beside.day[j] = m, at, day
                    beside.since[j] = since
                    read_spells(
                        ops, limits, lists, stays, base, pool.i32, at, day, since, m, view, found,
                        own, r,
                    )  # fmt: skip
                    read_stays(
                        ops, limits, lists, stays, base, n, pool, at, day, since, m, view.lines, r
                    )
                read_points(ops, limits, lists, points, pool, mine, size, beside, registers)
                for j in range(size):
                    m, at, day = beside.moment[j], beside.at[j], beside.day[j]
                    r = of(registers, j)
                    climb(ops, r.number, r.second, r.counts, r.bits)
                    read_registrations(
                        ops, limits, lists, registrations, pool.f64, mine, at, day, r
                    )
                    coded = spell_coded(stays, base, n, at, beside.lines[j])
                    since = beside.since[j]
                    observed_days(asked, coverage, mine, at, day, since, coded, observed)
                    finish(
                        outputs, r, observed, facts[m], day, least_share, weights, divisors, ranks,
                        values,
                    )  # fmt: skip
                    for c in range(len(columns)):
                        matrix[m, c] = values[columns[c]]

    return kernel


_run = _kernel(made_of(*SOURCES, HERE / "spells" / "link.py"))


def run(
    program: Program, tables: Tables, moments: pa.Table, *, mode: str = "adt"
) -> npt.NDArray[np.float64]:
    """Features of each moment, shape (moments, columns), in the order of the moments.

    NaN is null; a category is the place of its value. `tables` hold whole people in canonical form;
    `moments` have person_id, index_at, stay_id and moment. KeyError for a mode that does not exist.
    """
    return run_encoded(program, encode(program, tables, moments, mode))


def run_encoded(program: Program, rows: Encoded) -> npt.NDArray[np.float64]:
    """The same for rows already encoded."""
    matrix = np.empty((len(rows.moments), len(program.columns)))
    held = rows.ranges[:, [STAYS_OF, MOMENTS_OF]]
    stays, most = (held[..., 1] - held[..., 0]).max(axis=0, initial=0).tolist()
    size = at_once(rows.stamps, most)
    view = room(stays)
    _run(
        program.rule, rows.ops, program.limits, rows.lists, program.table, program.columns,
        program.observed, program.weights, program.divisors, program.ranks, program.least_share,
        rows.points, rows.pool, rows.ranges, rows.stays, rows.links, rows.registrations,
        rows.coverage, rows.moments, rows.order, rows.facts, view.acute, view.spells,
        together(size, stays), fresh(size, len(rows.ops), rows.stamps), matrix,
    )  # fmt: skip
    return matrix
