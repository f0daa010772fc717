"""Operations bound to where their columns lie: lines of the kernel's table.

What is the same for every table is worked out once a program; only places are filled in anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from features.kernel.ladders import ladders_of
from features.kernel.layout import At
from features.kernel.pools import Pools, SourceColumns
from features.kernel.program import DESTINATION, IN_FORCE, NIGHTS, NONE, TABLE_OF, Op, Program
from features.spells import URGENCIES
from features.tables.schema import TABLES
from features.windows import Int32, Int64

SPECIAL: Mapping[str, int] = MappingProxyType(
    {"nights": NIGHTS, "discharged_to": DESTINATION, "days": IN_FORCE}
)
"""Values that the kernel works out itself."""
VALUE, KEY, STAMP = int(At.VALUE), int(At.KEY), int(At.STAMP)
SENSITIVE, SENSITIVE_CODED = int(At.SENSITIVE), int(At.SENSITIVE_CODED)
DESTINATIONS = TABLES["stay"].column("discharged_to").allowed


class Named(NamedTuple):
    """Operations that name a column.

    columns  (table, column), each once;  ops: the operations
    which    of `columns`, by operation
    """

    columns: tuple[tuple[str, str], ...]
    ops: Int64
    which: Int64

    @classmethod
    def of(cls, named: Sequence[tuple[int, tuple[str, str]]]) -> Named:
        columns = tuple(dict.fromkeys(column for _, column in named))
        which = [columns.index(column) for _, column in named]
        ops = [op for op, _ in named]
        return cls(columns, np.array(ops, np.int64), np.array(which, np.int64))


class Template(NamedTuple):
    """lines   the operations without places (columns `At`)
    values  those that take values, keys: those that tell values apart
    chosen  operations that ask for sensitive conditions, and which of `Program.sensitive`
    """

    lines: Int32
    values: Named
    keys: Named
    chosen: tuple[Int64, Int64]


@lru_cache(maxsize=16)
def template(program: Program) -> Template:
    """The operations of a program as far as they are the same for every table."""
    own, heads = list(enumerate(program.ops)), set(ladders_of(program).heads.tolist())
    chosen = [(i, program.sensitive.index(op.sensitive)) for i, op in own if op.sensitive]
    found = np.array(chosen, np.int64).reshape(-1, 2)
    taken = [(i, op) for i, op in own if op.value and op.value not in SPECIAL]
    return Template(
        _lines(program),
        Named.of([(i, (TABLE_OF[op.source], op.value)) for i, op in taken]),
        Named.of([(i, (TABLE_OF[op.source], op.key)) for i, op in own if op.key and i in heads]),
        (found[:, 0].copy(), found[:, 1].copy()),
    )


def _lines(program: Program) -> Int32:
    return np.array([_line(op) for op in program.ops], np.int32).reshape(-1, len(At))


def _line(op: Op) -> tuple[int, ...]:
    return (
        op.measure, op.window, op.until, op.anchor, op.steps, SPECIAL.get(op.value, NONE), NONE,
        NONE, _bits(op.urgency, URGENCIES), NONE, NONE, op.unknown, _bits(op.to, DESTINATIONS),
        op.ended, NONE if op.within is None else op.within, op.end,
    )  # fmt: skip


def _bits(words: tuple[str, ...], among: tuple[str, ...]) -> int:
    return sum(1 << among.index(word) for word in words)


def bound(
    program: Program,
    columns: Mapping[str, SourceColumns],
    pools: Pools,
    sensitive: tuple[int, int],
    stays: int,
) -> Int32:
    """The operations with the places of their columns.

    sensitive  places of the answers of `stays` stays to each choice, before coding and after
    """
    lines, values, keys, chosen = template(program)
    lines = lines.copy()
    if len(values.ops):
        at = np.array([columns[table].value_at(column) for table, column in values.columns])
        lines[values.ops, VALUE] = at[values.which]
    if len(keys.ops):
        told = np.array([columns[table].key_at(column) for table, column in keys.columns])
        at, counts = told[:, 0], told[:, 1]
        lines[keys.ops, KEY] = at[keys.which]
        lines[keys.ops, STAMP] = pools.stamps(counts[keys.which])
    ops, choice = chosen
    lines[ops, SENSITIVE] = sensitive[0] + choice * stays
    lines[ops, SENSITIVE_CODED] = sensitive[1] + choice * stays
    return lines
