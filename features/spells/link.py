"""Acute stays joined into spells: one spell is one time in acute hospital care, transfers included.

Two rules, of stays in order of admission; a day is a calendar day of the facility, and the gap is
the days from a spell's end so far to the next admission. Under both rules stays that overlap are
one spell.

    dates     also a gap of 0 or 1 day to another facility, or of 0 days to the same facility for
              the same principal condition (CMS hospital-wide readmission measure; its condition is
              read here as the three-character category of the principal diagnosis). Where a
              facility is unknown, a transfer must say so itself.
    evidence  also a gap of 0 to 2 days where a stay says it was a transfer (NHS England continuous
              inpatient spells; an emergency from hospital after a discharge home is none).

Overlapping means admitted before the other ends, or admitted at the very same time. A nested stay
joins the spell around it, and a spell ends with its last discharge. A stay that is not known to
have ended is certain to reach its own day of admission and no further: a later stay joins it by the
rule's gap from there, else begins a spell of its own. A spell with an open stay is open, unless a
later stay of it came by transfer. Every acute stay is in exactly one spell; other settings in none.

`link_spells` does this as of any moment and refuses to use what is known only later.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from features.windows import DAY, NEVER, Int32, Int64, compiled

Bools = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]

EVERYTHING = NEVER - 1
"""As of the end: everything that is ever known is known."""

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


class SpellRule(IntEnum):
    DATES = 0
    EVIDENCE = 1


DATES = int(SpellRule.DATES)
NOWHERE = -1
FROM_HOSPITAL, TRANSFER = 1, 2
"""`Linkable.came`: an emergency admitted from an acute hospital; a transfer by its own account."""
TO_HOSPITAL, TO_HOME = 1, 2


class Linkable(NamedTuple):
    """What linking reads of stays, one entry a row of the table, people together.

    Times are microseconds since 1970, NEVER where unknown; facility and condition are numbers that
    are equal for equal values, -1 where unknown.
    """

    admitted: Int64
    discharged: Int64
    discharged_known: Int64
    facility: Int32
    condition: Int32
    condition_known: Int64
    came: Int8
    went: Int8


class Chain(NamedTuple):
    """Spells of one person; stays are counted from the person's first stay.

    spell  by stay: its spell, -1 where it is in none
    first, last  by spell: the stays it begins and ends with (the open one of an open spell)
    until  by spell: day of its end; where open, the day of the moment asked about, or the last day
           it is certain to have lasted if another spell has begun since
    open   by spell: not known to have ended
    """

    spell: Int64
    first: Int64
    last: Int64
    until: Int64
    open: Bools


def chain(stays: int) -> Chain:
    """Room for the spells of a person with so many stays."""
    spell, first, last, until = (np.zeros(stays, np.int64) for _ in range(4))
    return Chain(spell, first, last, until, np.zeros(stays, np.bool_))


@compiled
def _continues(
    rule: int, rows: Linkable, row: int, before: int, tail: int, ended: bool, reach: int, at: int
) -> bool:
    """Whether stay `row` belongs to the spell that reaches to `reach` with stay `tail`.

    before  the spell's stay admitted last;  ended  the discharge of `tail` is known
    """
    if rows.admitted[row] < reach or rows.admitted[row] == rows.admitted[before]:
        return True
    gap = rows.admitted[row] // DAY - reach // DAY
    went = rows.went[tail] if ended else 0
    came = rows.came[row]
    moved = came == TRANSFER or went == TO_HOSPITAL
    moved = moved or (came == FROM_HOSPITAL and went != TO_HOME)
    if rule != DATES:
        return bool(gap <= 2 and moved)
    here, there = rows.facility[row], rows.facility[tail]
    if here < 0 or there < 0:
        return bool(gap <= 1 and moved)
    if here != there:
        return bool(gap <= 1)
    known = rows.condition_known[row] <= at and rows.condition_known[tail] <= at
    return bool(gap == 0 and known and 0 <= rows.condition[row] == rows.condition[tail])


@compiled
def link_spells(
    rule: int, rows: Linkable, base: int, n: int, at: int, seen: Bools, head: int, spells: Chain
) -> int:
    """Fills `spells` for one person as known at `at`; returns their number.

    The kernel calls it once for every index moment of a person:

        rows  `linkable(stay, diagnosis)` of the whole table, made once, with `condition_known` as
              the mode has it (`windows.MODES`)
        base, n  the person's stays are the rows [base, base + n), by time of admission
        at    the moment, microseconds; EVERYTHING for the end of the extract
        seen  n flags: the stay is acute and its admission is in view; the caller's to decide
        head  a stay (of n) that begins a spell whatever came before it; -1: the rule decides
        spells  a `chain(most)` with most >= n; the entries of this person's stays and spells are
              written over

    A discharge (with where it led to) takes part if it is known and past at `at`, a condition if it
    is known. An admission of `seen` is used with its own facts alone, so nothing that becomes known
    after `at` can change the answer.
    """
    found = 0
    tail, before, reach, ended = base, base, at, n < 0  # no literals: they would compile it twice
    for k in range(n):
        spells.spell[k] = -1
        if not seen[k]:
            continue
        row = base + k
        over = rows.discharged_known[row] <= at and rows.discharged[row] <= at
        end = rows.discharged[row] if over else rows.admitted[row]
        begins = found == 0 or k == head
        if begins or not _continues(rule, rows, row, before, tail, ended, reach, at):
            found += 1
            spells.first[found - 1] = k
            spells.open[found - 1] = False
            reach = end
        if end >= reach:
            tail, reach, ended = row, end, over
        before = row
        s = found - 1
        spells.spell[k] = s
        spells.until[s] = reach // DAY
        spells.open[s] = not over or (spells.open[s] and rows.came[row] != TRANSFER)
        if not over:
            spells.last[s] = k
        elif not spells.open[s]:
            spells.last[s] = tail - base
    if found > 0 and spells.open[found - 1]:
        spells.until[found - 1] = at // DAY
    return found


@_compiled
def link_people(
    rule: int, rows: Linkable, starts: Int64, ends: Int64, at: int, seen: Bools, spells: Chain
) -> int:
    """Spells of everybody, end to end; `spells` then counts stays by row of the table."""
    total = 0
    for p in range(len(starts)):
        base, end = starts[p], ends[p]
        n = end - base
        own = Chain(
            spells.spell[base:end],
            spells.first[total : total + n],
            spells.last[total : total + n],
            spells.until[total : total + n],
            spells.open[total : total + n],
        )
        found = link_spells(rule, rows, base, n, at, seen[base:end], NOWHERE, own)
        for k in range(base, end):
            if spells.spell[k] >= 0:
                spells.spell[k] += total
        for s in range(total, total + found):
            spells.first[s] += base
            spells.last[s] += base
        total += found
    return total
