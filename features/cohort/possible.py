"""Possible index moments as numbers, and those that no reason speaks against as a table.

Nobody is dropped silently: every possible moment is either a row or counted under one reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.cohort.lives import Lives, Mask, Reasons
from features.windows import Int32, Int64

MOMENTS = pa.schema(
    [
        ("person_id", pa.string()),
        ("index_at", pa.timestamp("us")),
        ("stay_id", pa.string()),
        ("spell_id", pa.string()),
        ("moment", pa.string()),
    ]
)


@dataclass(frozen=True)
class Cohort:
    """Index moments and what was left out.

    moments   person_id, index_at, stay_id (last stay of the index spell, or the stay in a nursing
              facility; null for months), spell_id (null where no spell ends), moment; by canonical
              person order, then index_at
    excluded  possible moments left out, by the first reason that holds
    """

    moments: pa.Table
    excluded: Mapping[str, int]


@dataclass(frozen=True)
class Possible:
    """Possible index moments, by canonical person order, then time.

    lives   the people, whom `who` numbers
    at      microseconds since 1970; NEVER: a spell that has not ended
    day     days since 1970; NO_DAY: a spell that has not ended
    moment  what they are (`catalogue.rules.MOMENTS`)
    stays   stay_id of the stay table, of which `stay` and `spell` are rows; None: there is none
    """

    lives: Lives
    who: Int64
    at: Int64
    day: Int32
    moment: str
    stays: pa.Array | None = None
    stay: Int64 | None = None
    spell: Int64 | None = None

    def table(self, rows: Int64) -> pa.Table:
        """The moments of these rows, each with a time."""
        times = pa.array(self.at[rows]).view(MOMENTS.field("index_at").type)
        moment = pa.repeat(pa.scalar(self.moment, pa.string()), len(rows))
        stay, spell = (self._stays(own, rows) for own in (self.stay, self.spell))
        columns = [_of_each(self.lives.ids, self.who[rows]), times, stay, spell, moment]
        return pa.Table.from_arrays(columns, schema=MOMENTS)

    def _stays(self, own: Int64 | None, rows: Int64) -> pa.Array:
        if self.stays is None or own is None:
            return pa.nulls(len(rows), pa.string())
        return self.stays.take(pa.array(own[rows]))


def _of_each(ids: pa.Array, who: Int64) -> pa.Array:
    """The ids of these people; the column itself where they are all people in their order."""
    if len(who) == len(ids) and bool((who == np.arange(len(who))).all()):
        return ids
    return ids.take(pa.array(who))


def settled(possible: Possible, reasons: Reasons, inside: Mask | None = None) -> Cohort:
    """Moments no reason speaks against, and each other one counted under the first that holds.

    inside  the moments that are asked about; None: all
    """
    left = np.ones(len(possible.who), np.bool_) if inside is None else inside.copy()
    excluded: dict[str, int] = {}
    for name, holds in reasons:
        count = int(np.count_nonzero(left & holds))
        if count:
            excluded[name] = count
            left &= ~holds
    return Cohort(possible.table(np.flatnonzero(left)), excluded)
