"""A person's stays and spells as known at one index moment, and which of them are the index spell.

A stay whose discharge is not known is open, whatever the table says of its end. Spells are linked
anew for every index moment from what is known then, by `spells.link_spells`. Of the index day only
the index stay is seen, and the stays that link to it. Another acute stay of that day parts them as
it parts the spells of the cohort, and is then out of view: what it stands between is not joined.

The view holds one line per stay (columns in `layout.py`):

    SEEN     the admission is in view
    TIED     the stay belongs to the index spell
    APART    it is not counted as an earlier stay: the index spell, and the way into it
    ENDED    the discharge is known
    END_DAY  day of discharge, the index day where open
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.kernel.columns import Floats
from features.kernel.layout import (
    ACUTE,
    ADMITTED,
    ADMITTED_DAY,
    ADMITTED_KNOWN,
    APART,
    CODED_KNOWN,
    DISCHARGED_DAY,
    DISCHARGED_TO,
    EMERGENCY,
    END_DAY,
    ENDED,
    SEEN,
    SETTING,
    TIED,
    URGENCY,
    URGENCY_CODED,
    VIEW_COLUMNS,
)  # fmt: skip
from features.kernel.program import Fact
from features.spells import NOWHERE, Bools, Chain, Linkable, chain, link_spells
from features.windows import NO_DAY, Int64, compiled, seen

F_NIGHTS, F_UNPLANNED = int(Fact.NIGHTS), int(Fact.UNPLANNED)
F_DISCHARGED_TO, F_STAYS = int(Fact.DISCHARGED_TO), int(Fact.STAYS)
DECIDED = (1.0, 0.0, np.nan)
"""Whether a spell is unplanned, by its urgency: unplanned, planned, undecided."""


class View(NamedTuple):
    """Room for what is known of one person's stays at one moment.

    lines   one line per stay, see above
    acute   the stays that linking sees
    spells  as linked
    """

    lines: Int64
    acute: Bools
    spells: Chain


def room(stays: int) -> View:
    """Room for a person with so many stays."""
    return View(np.zeros((stays, VIEW_COLUMNS), np.int64), np.zeros(stays, np.bool_), chain(stays))


@compiled
def as_of(
    rule: int, stays: Int64, rows: Linkable, base: int, n: int, at: int, day: int, index: int,
    view: View,
) -> tuple[int, int]:  # fmt: skip
    """Fills the view of a person's stays; returns how many spells there are and which is the index
    spell (-1: none).

    index  row of the index stay, -1 where the moment has none
    """
    lines = view.lines
    mine = index - base if index >= 0 else -1
    in_hospital = mine >= 0 and stays[index, SETTING] == ACUTE
    for k in range(n):
        row = base + k
        ended = rows.discharged_known[row] <= at and rows.discharged[row] <= at
        lines[k, ENDED] = ended
        lines[k, END_DAY] = stays[row, DISCHARGED_DAY] if ended else day
        lines[k, TIED] = k == mine or (in_hospital and stays[row, SETTING] == ACUTE)
    see(stays, base, n, at, day, lines, view.acute)
    found = link_spells(rule, rows, base, n, at, view.acute, NOWHERE, view.spells)
    first = first_of(view.spells, mine)
    if tie(stays, base, n, mine, day, lines, view.spells.spell):
        see(stays, base, n, at, day, lines, view.acute)
        found = link_spells(rule, rows, base, n, at, view.acute, first, view.spells)
    set_apart(stays, base, n, base + first if first >= 0 else -1, lines)
    return found, view.spells.spell[mine] if mine >= 0 else -1


@compiled
def first_of(spells: Chain, mine: int) -> int:
    """The stay that begins the spell of stay `mine`; -1 where it is in none."""
    own = spells.spell[mine] if mine >= 0 else -1
    return int(spells.first[own] if own >= 0 else -1)


@compiled
def see(stays: Int64, base: int, n: int, at: int, day: int, lines: Int64, acute: Bools) -> None:
    """Which admissions are in view; of the index day only those tied to the index stay."""
    for k in range(n):
        row = base + k
        known, on = stays[row, ADMITTED_KNOWN], stays[row, ADMITTED_DAY]
        here = seen(known, on, at, day, lines[k, TIED] != 0) and stays[row, ADMITTED] <= at
        lines[k, SEEN] = here
        acute[k] = here and stays[row, SETTING] == ACUTE


@compiled
def tie(stays: Int64, base: int, n: int, mine: int, day: int, lines: Int64, spell: Int64) -> bool:
    """Ties the stays of the index spell; True if one seen by its tie alone is tied no more."""
    loosened = False
    here = mine >= 0 and lines[mine, SEEN] != 0
    for k in range(n):
        same = here and spell[k] >= 0 and spell[k] == spell[mine]
        own = here and (k == mine or same)
        lost = lines[k, SEEN] != 0 and stays[base + k, ADMITTED_DAY] == day and not own
        loosened = loosened or lost
        lines[k, TIED] = own
    return loosened


@compiled
def set_apart(stays: Int64, base: int, n: int, head: int, lines: Int64) -> None:
    """The index spell, and visits to an emergency department that ended in it.

    Such a visit began before the spell and ended on its first day or the day before (or later, with
    a bed waited for); it is the way in and no earlier visit (van Walraven 2010, LACE's E).

    head  first stay of the index spell, -1 where there is none
    """
    for k in range(n):
        lines[k, APART] = lines[k, TIED]
        if head >= 0 and stays[base + k, SETTING] == EMERGENCY:
            left = lines[k, END_DAY] if lines[k, ENDED] != 0 else stays[base + k, ADMITTED_DAY]
            before = stays[base + k, ADMITTED] <= stays[head, ADMITTED]
            lines[k, APART] = before and left >= stays[head, ADMITTED_DAY] - 1


@compiled
def urgency_at(stays: Int64, row: int, at: int) -> int:
    """Urgency of a stay as known at a moment: codes decide only once they are known."""
    coded = stays[row, CODED_KNOWN] <= at
    return int(stays[row, URGENCY_CODED] if coded else stays[row, URGENCY])


@compiled
def index_facts(
    stays: Int64, base: int, n: int, at: int, index: int, index_spell: int, view: View,
    facts: Floats,
) -> int:  # fmt: skip
    """Fills the facts of the index spell; returns its first day (NO_DAY: there is none in view)."""
    lines = view.lines
    mine = index - base
    if index < 0 or lines[mine, SEEN] == 0:
        return NO_DAY
    head, until = index, lines[mine, END_DAY]
    if index_spell >= 0:
        head, until = base + view.spells.first[index_spell], view.spells.until[index_spell]
        facts[F_UNPLANNED] = DECIDED[urgency_at(stays, head, at)]
    facts[F_NIGHTS] = until - stays[head, ADMITTED_DAY]
    facts[F_STAYS] = 0.0
    for k in range(n):
        facts[F_STAYS] += lines[k, TIED]
    if lines[mine, ENDED] != 0 and stays[index, DISCHARGED_TO] >= 0:
        facts[F_DISCHARGED_TO] = stays[index, DISCHARGED_TO]
    return int(stays[head, ADMITTED_DAY])
