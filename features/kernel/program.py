"""What a catalogue compiles to: operations that read rows, and outputs that read operations.

An operation scans the rows of one source and keeps four registers: a number, how many rows matched,
how many of them had a known value, and a union of code-group bits. Outputs turn registers into one
column each, and say there what unknown means. Many outputs share one operation: the groups of a
code set, their number and their weighted indices all read the same union.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.catalogue.feature import Where


class Source(IntEnum):
    """Where an operation reads its rows."""

    SPELL = 0
    STAY = 1
    VISIT = 2
    DIAGNOSIS = 3
    PROCEDURE = 4
    DISPENSING = 5
    MEASUREMENT = 6
    REGISTRATION = 7


class Measure(IntEnum):
    """How an operation takes a row into its registers."""

    COUNT = 0
    SUM = 1
    DAYS = 2
    SINCE = 3
    LAST = 4
    DISTINCT = 5
    TOP = 6
    UNION = 7


class Finish(IntEnum):
    """How an output reads its registers (`finish.py` states each with its nulls)."""

    NUMBER = 0
    KNOWN = 1
    SHARE = 2
    RATIO = 3
    FLAG = 4
    GROUPS = 5
    INDEX = 6
    CODED = 7
    OBSERVED = 8
    FACT = 9
    LAST = 10


class Fact(IntEnum):
    """Facts of the person and of the index moment, in the order of their columns."""

    AGE = 0
    SEX = 1
    MOMENT = 2
    NIGHTS = 3
    UNPLANNED = 4
    DISCHARGED_TO = 5
    STAYS = 6


class At(IntEnum):
    """Columns of the compiled table of operations."""

    SOURCE = 0
    MEASURE = 1
    WINDOW = 2
    FILTER = 3
    FILTER_BIT = 4
    VALUE = 5
    KEY = 6
    GROUPS = 7
    MASK = 8
    URGENCY = 9
    STAMP = 10
    END = 11
    BEFORE = 12


class Of(IntEnum):
    """Columns of the compiled table of outputs."""

    FINISH = 0
    OP = 1
    OTHER = 2
    TOTAL = 3
    OBSERVED = 4
    PARAMETER = 5
    RANK_FROM = 6
    RANK_TO = 7


NONE = -1


@dataclass(frozen=True)
class Op:
    """One operation, before its columns have a place in memory.

    where    filter over columns known with the row; urgency of spells apart
    window   days; 0 where no window applies
    value    column whose values are taken, key: column whose distinct values are counted
    groups   code set whose bits are united, or whose `mask` a row must meet
    urgency  bits over the urgencies a spell may have
    end      the end of a period counts, not its start
    before   the window ends on the first day of the index spell, not on the index day
    """

    source: Source
    measure: Measure
    where: Where = ()
    window: int = 0
    value: str = ""
    key: str = ""
    groups: str = ""
    mask: int = 0
    urgency: int = 0
    end: bool = False
    before: bool = False


@dataclass(frozen=True)
class Output:
    """One column: registers of `op`, with `other` and `total` operations its rule of null needs."""

    finish: Finish
    op: int = NONE
    other: int = NONE
    total: int = NONE
    observed: int = NONE
    parameter: int = 0
    rank: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Program:
    """The compiled catalogue.

    ops          operations, in the order of their sources
    outputs      one per column
    observed     (bits of coverage kinds, window, `Op.before`) of which observed days are needed
    weights      schemes x 64 weights of code-group bits
    ranks        pairs (stronger, weaker bit) of the hierarchies, addressed by Output.rank
    least_share  share of readable codes that a "no", a count or an index needs
    rule         how stays are joined into spells (`spells.SpellRule`)
    deciders     what decides whether a spell is planned, in turn (`spells.DECIDERS`)
    """

    names: tuple[str, ...]
    ops: tuple[Op, ...]
    outputs: tuple[Output, ...]
    observed: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int64]
    least_share: float
    rule: int
    deciders: tuple[str, ...]

    @cached_property
    def bounds(self) -> npt.NDArray[np.int64]:
        """Operations of source s are those from bounds[s] to before bounds[s + 1]."""
        sources = [int(op.source) for op in self.ops]
        return np.searchsorted(sources, np.arange(len(Source) + 1)).astype(np.int64)

    @cached_property
    def table(self) -> npt.NDArray[np.int64]:
        """Outputs as the kernel reads them (columns `Of`)."""
        rows = [
            (o.finish, o.op, o.other, o.total, o.observed, o.parameter, *o.rank)
            for o in self.outputs
        ]
        return np.array(rows, np.int64).reshape(len(rows), len(Of))

    def of(self, source: Source) -> tuple[Op, ...]:
        return tuple(op for op in self.ops if op.source == source)

    def wheres(self, *sources: Source) -> tuple[Where, ...]:
        """The distinct filters of the sources; a filter's place here is its bit."""
        return tuple(dict.fromkeys(op.where for source in sources for op in self.of(source)))
