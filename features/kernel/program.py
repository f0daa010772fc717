"""What a catalogue compiles to: operations that read rows, and outputs that read operations.

An operation takes the rows of one source that belong to it into its registers: two numbers, how
many rows matched, how many of them had a known value, how far it has come, and a union of code
groups. Outputs turn registers into one column each, and say there what unknown means. Many outputs
share one operation: the groups of a code set, their number and their weighted indices all read the
same union.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.catalogue.feature import Where
from features.kernel.layout import Gate, Of

Floats = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


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


TABLE_OF = {s: "stay" if s is Source.SPELL else s.name.lower() for s in Source}
"""Table that holds the rows of each source."""


class Measure(IntEnum):
    """How an operation takes a row into its registers."""

    COUNT = 0
    UNION = 1
    SUM = 2
    DAYS = 3
    SINCE = 4
    FIRST = 5
    LAST = 6
    MIN = 7
    MAX = 8
    CHANGE = 9
    OUTSIDE = 10
    DISTINCT = 11
    TOP = 12
    SQUARES = 13
    SAME = 14
    SWITCHES = 15
    COVERED = 16
    GAP = 17


class Finish(IntEnum):
    """How an output reads its registers (`finish.py` states each with its nulls)."""

    COUNTED = 0
    NUMBER = 1
    ANY = 2
    KNOWN = 3
    VALUE = 4
    SHARE = 5
    RATIO = 6
    FLAG = 7
    GROUPS = 8
    INDEX = 9
    OBSERVED = 10
    FACT = 11
    CHANGE = 12
    PAIRS = 13
    SQUARES = 14
    COVERED = 15
    GAP = 16
    LESS = 17
    SEEN_CODES = 18
    NEW = 19
    NEW_GROUPS = 20


class Fact(IntEnum):
    """Facts of the person and of the index moment, in the order of their columns."""

    AGE = 0
    SEX = 1
    MOMENT = 2
    NIGHTS = 3
    UNPLANNED = 4
    DISCHARGED_TO = 5
    STAYS = 6


class Anchor(IntEnum):
    """Where a window ends, or the index spell in place of a window (`rules.ANCHORS`)."""

    INDEX = 0
    ADMISSION = 1
    SPELL = 2


NONE = -1
NIGHTS, DESTINATION, IN_FORCE = -2, -3, -4
"""Values that are no column: nights of a period, where a spell led to, days registered."""
IN_A_SPELL = -1
"""In place of kinds of coverage: there is an index spell in view."""


NESTED = (
    Measure.COUNT, Measure.UNION, Measure.SINCE, Measure.FIRST, Measure.LAST, Measure.MIN,
    Measure.MAX, Measure.CHANGE, Measure.OUTSIDE, Measure.SUM, Measure.DISTINCT,
)  # fmt: skip
SUPPLIES = (Measure.COVERED, Measure.GAP)
POINTS = (
    Source.VISIT, Source.DIAGNOSIS, Source.PROCEDURE, Source.DISPENSING, Source.MEASUREMENT,
)  # fmt: skip
TIED = (Source.DIAGNOSIS, Source.PROCEDURE)
"""Facts of one day that belong to stays."""


@dataclass(frozen=True)
class Op:
    """One operation, before its columns have a place in memory.

    where    filter over columns known with the row
    window, until  days before the end at which the window begins and stops; 0 where none applies
    anchor   where it ends
    value    column whose values are taken, key: column whose distinct values are told apart
    groups   code set; its word number `word` of 64 groups is united, or a row must be in `group`
    urgency  words a spell's urgency must be of (empty: any), sensitive: conditions, the same
    unknown  it takes the spells of which these two cannot be told instead
    to       where a period must have led to (empty: anywhere); ended: it must have ended
    within   days after the spell before; None: any
    end      the end of a period counts, not its start
    low, high  ends of a range, NaN where there is none
    """

    source: Source
    measure: Measure
    where: Where = ()
    window: int = 0
    until: int = 0
    anchor: Anchor = Anchor.INDEX
    value: str = ""
    key: str = ""
    groups: str = ""
    group: str = ""
    word: int = 0
    urgency: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    unknown: bool = False
    to: tuple[str, ...] = ()
    ended: bool = False
    within: int | None = None
    end: bool = False
    low: float | None = None
    high: float | None = None

    @cached_property
    def steps(self) -> bool:
        """Whether the age of a row says into which window it falls, and that alone."""
        plain = not self.until and self.anchor is Anchor.INDEX
        return plain and self.source in POINTS and self.measure not in SUPPLIES

    @cached_property
    def ladder(self) -> Op | None:
        """What operations that differ in the days of their window alone have in common.

        Such windows lie one inside the other: a row is taken into the smallest that holds it, and
        each is added to the next when all rows are read (`ladders.py`). None where that is not the
        same: for what hangs on the order of rows or on how often a value comes, for sums beside
        facts of the index spell, which come out of turn, and for periods.
        """
        summed_tied = self.measure is Measure.SUM and self.source in TIED
        if not self.steps or self.measure not in NESTED or summed_tied:
            return None
        return replace(self, window=0, word=0)

    @property
    def tallied(self) -> bool:
        """Whether it is a step of a ladder that counts rows and no more."""
        return self.measure is Measure.COUNT and self.ladder is not None


@dataclass(frozen=True)
class Output:
    """One column: registers of `op`, with `other` and `total` operations its rule of null needs:
    rows of which nothing can be said, or, with `total`, the readable ones and all of them.

    first, second  outputs it is made of;  words  how many unions in a row hold its code set
    before  the first union of the groups recorded in the days before
    """

    finish: Finish
    op: int = NONE
    other: int = NONE
    total: int = NONE
    observed: int = NONE
    parameter: int = 0
    rank: tuple[int, int] = (0, 0)
    first: int = NONE
    second: int = NONE
    words: int = 1
    before: int = NONE

    @property
    def condition(self) -> tuple[int, int, int]:
        """What its rule of null needs (columns `Gate`); many outputs share one."""
        adds = self.finish in (Finish.KNOWN, Finish.RATIO)  # these read the others themselves
        return (NONE, NONE, self.observed) if adds else (self.other, self.total, self.observed)


@dataclass(frozen=True, eq=False)
class Program:
    """The compiled catalogue.

    ops          operations in the order of their sources, those that are tallied after all others
    outputs      those of columns and those that columns are made of, alike ones together
    columns      place of each column among the outputs
    observed     windows of which observed days are needed (columns `Asked`)
    weights      schemes x groups: weights of code groups, whose sum is divided by `divisors`
    ranks        pairs (stronger, weaker bit) of the hierarchies, addressed by Output.rank
    least_share  share of readable codes that a "no", a count or an index needs
    rule         how stays are joined into spells (`spells.SpellRule`)
    deciders     what decides whether a spell is planned, in turn (`spells.DECIDERS`)
    """

    names: tuple[str, ...]
    ops: tuple[Op, ...]
    outputs: tuple[Output, ...]
    columns: Int64
    observed: Int64
    weights: Floats
    divisors: Floats
    ranks: Int64
    least_share: float
    rule: int
    deciders: tuple[str, ...]

    @cached_property
    def gathered(self) -> int:
        """How many operations gather more than a tally; they stand first."""
        return sum(not op.tallied for op in self.ops)

    @cached_property
    def windows(self) -> tuple[int, ...]:
        """The windows that rows fall into by their age alone, rising."""
        return tuple(sorted({op.window for op in self.ops if op.steps}))

    @cached_property
    def tallies(self) -> Mapping[Op, int]:
        """The ladders that count rows and no more, numbered."""
        ladders = dict.fromkeys(op.ladder for op in self.ops if op.tallied)
        return {ladder: number for number, ladder in enumerate(ladders) if ladder is not None}

    @cached_property
    def rows_at(self) -> Int64:
        """Where the rows of each operation are counted; of tallies, window by window, after those
        of the others and of the one that is not read (`registers.py`)."""
        return np.array([self._rows_at(o, op) for o, op in enumerate(self.ops)], np.int64)

    def _rows_at(self, o: int, op: Op) -> int:
        if not op.tallied or op.ladder is None:
            return o
        step = self.windows.index(op.window)
        return self.gathered + 1 + step * len(self.tallies) + self.tallies[op.ladder]

    @cached_property
    def limits(self) -> Floats:
        """Ends of each operation's range, shape (ops, 2); NaN where there is none."""
        ends = [[np.nan if end is None else end for end in (op.low, op.high)] for op in self.ops]
        return np.array(ends, np.float64).reshape(len(ends), 2)

    @cached_property
    def _conditions(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(dict.fromkeys(output.condition for output in self.outputs))

    @cached_property
    def gates(self) -> Int32:
        """The distinct conditions of outputs (columns `Gate`)."""
        rows = [(self._counted_at(a), self._counted_at(b), c) for a, b, c in self._conditions]
        return np.array(rows, np.int32).reshape(-1, len(Gate))

    def _counted_at(self, op: int) -> int:
        return NONE if op == NONE else int(self.rows_at[op])

    @cached_property
    def table(self) -> Int32:
        """Outputs as the kernel reads them (columns `Of`)."""
        gates = {condition: place for place, condition in enumerate(self._conditions)}
        rows = [
            (o.finish, *self._read_by(o), o.observed, o.parameter, *o.rank,
             o.first, o.second, o.words, o.before, gates[o.condition])
            for o in self.outputs
        ]  # fmt: skip
        return np.array(rows, np.int32).reshape(len(rows), len(Of))

    @cached_property
    def counted(self) -> Int32:
        """The outputs that are numbers of rows, which come first (columns `Counted`)."""
        first = sum(output.finish is Finish.COUNTED for output in self.outputs)
        return np.ascontiguousarray(self.table[:first, [Of.OP, Of.GATE]])

    def _read_by(self, output: Output) -> tuple[int, int, int]:
        """The operations that an output reads: where their rows are counted, if it reads rows."""
        read = output.op, output.other, output.total
        if output.finish not in (Finish.COUNTED, Finish.ANY, Finish.RATIO):
            return read
        first, second, third = (self._counted_at(op) for op in read)
        return first, second, third

    @cached_property
    def _by_source(self) -> dict[Source, tuple[int, ...]]:
        return {
            source: tuple(place for place, op in enumerate(self.ops) if op.source is source)
            for source in Source
        }

    def places(self, source: Source) -> tuple[int, ...]:
        """Places of the operations of a source."""
        return self._by_source[source]

    @cached_property
    def _ops_of(self) -> dict[Source, tuple[Op, ...]]:
        return {s: tuple(self.ops[place] for place in self.places(s)) for s in Source}

    def of(self, source: Source) -> tuple[Op, ...]:
        return self._ops_of[source]

    @cached_property
    def furthest(self) -> Mapping[Source, tuple[int, bool]]:
        """Longest window of each source, and whether supplies of before it may reach into one."""
        return {
            source: (
                max(op.window for op in ops),
                any(op.measure in SUPPLIES for op in ops),
            )
            for source, ops in self._ops_of.items()
            if ops
        }

    @cached_property
    def sensitive(self) -> tuple[tuple[str, ...], ...]:
        """The distinct choices by ambulatory-care-sensitive condition."""
        return tuple(dict.fromkeys(op.sensitive for op in self.ops if op.sensitive))
