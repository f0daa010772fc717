"""Operations bound to where their columns lie: lines of the kernel's table.

What is the same for every table is worked out once a program; only places are filled in anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from features.kernel.pools import SourceColumns
from features.kernel.program import DESTINATION, IN_FORCE, NIGHTS, NONE, TABLE_OF, At, Op, Program
from features.spells import URGENCIES
from features.tables.schema import TABLES
from features.windows import Int64

SPECIAL: Mapping[str, int] = MappingProxyType(
    {"nights": NIGHTS, "discharged_to": DESTINATION, "days": IN_FORCE}
)
"""Values that the kernel works out itself."""
VALUE, KEY, STAMP = int(At.VALUE), int(At.KEY), int(At.STAMP)
SENSITIVE, SENSITIVE_CODED = int(At.SENSITIVE), int(At.SENSITIVE_CODED)
DESTINATIONS = TABLES["stay"].column("discharged_to").allowed


class Template(NamedTuple):
    """lines   the operations without places (columns `At`)
    values  (table, column) -> operations that take its values
    keys    operations that tell values apart, and the table and column of each
    chosen  operations that ask for sensitive conditions, and which of `Program.sensitive`
    """

    lines: Int64
    values: tuple[tuple[str, str, Int64], ...]
    keys: tuple[Int64, tuple[tuple[str, str], ...]]
    chosen: tuple[Int64, Int64]


@lru_cache(maxsize=16)
def template(program: Program) -> Template:
    """The operations of a program as far as they are the same for every table."""
    lines = np.array([_line(op) for op in program.ops], np.int64).reshape(-1, len(At))
    values: dict[tuple[str, str], list[int]] = {}
    for place, op in enumerate(program.ops):
        if op.value and op.value not in SPECIAL:
            values.setdefault((TABLE_OF[op.source], op.value), []).append(place)
    keyed = [place for place, op in enumerate(program.ops) if op.key]
    named = tuple((TABLE_OF[program.ops[i].source], program.ops[i].key) for i in keyed)
    chosen = [
        (i, program.sensitive.index(op.sensitive))
        for i, op in enumerate(program.ops)
        if op.sensitive
    ]
    found = np.array(chosen, np.int64).reshape(-1, 2)
    return Template(
        lines,
        tuple((*name, np.array(ops, np.int64)) for name, ops in values.items()),
        (np.array(keyed, np.int64), named),
        (found[:, 0].copy(), found[:, 1].copy()),
    )


def _line(op: Op) -> tuple[int, ...]:
    return (
        op.measure, op.window, op.until, op.anchor, op.reach, SPECIAL.get(op.value, NONE), NONE,
        NONE, _bits(op.urgency, URGENCIES), NONE, NONE, op.unknown, _bits(op.to, DESTINATIONS),
        op.ended, NONE if op.within is None else op.within, op.end,
    )  # fmt: skip


def _bits(words: tuple[str, ...], among: tuple[str, ...]) -> int:
    return sum(1 << among.index(word) for word in words)


def bound(
    program: Program, columns: Mapping[str, SourceColumns], sensitive: tuple[int, int], stays: int
) -> Int64:
    """The operations with the places of their columns.

    sensitive  places of the answers of `stays` stays to each choice, before coding and after
    """
    made = template(program)
    lines = made.lines.copy()
    for table, column, ops in made.values:
        lines[ops, VALUE] = columns[table].value_at(column)
    ops, named = made.keys
    if named:
        lines[ops, KEY : STAMP + 1] = [columns[table].key_at(column) for table, column in named]
    ops, choice = made.chosen
    lines[ops, SENSITIVE] = sensitive[0] + choice * stays
    lines[ops, SENSITIVE_CODED] = sensitive[1] + choice * stays
    return lines
