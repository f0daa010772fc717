"""What index moments ask of people, told once for each: birth, death, and reasons these give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.definition import Index
from features.kernel.columns import ages
from features.observed import Periods, observed
from features.tables.buffers import whole
from features.tables.owners import owners
from features.tables.times import days, micros
from features.windows import NEVER, NO_DAY, Int32, Int64

Mask = npt.NDArray[np.bool_]
Reasons = list[tuple[str, Mask]]
"""Name of each reason and the moments for which it holds; the first that holds counts."""


class Lives(NamedTuple):
    """People as numbers, one entry each.

    ids          those of the person table in its order, then people it does not know
    born, died   days since 1970; NO_DAY: not known
    death_known  microseconds since 1970; NEVER: not known to be dead
    """

    ids: pa.Array
    born: Int32
    died: Int32
    death_known: Int64


def lives_of(person: pa.Table) -> Lives:
    """The people of a person table. A death whose known time is not told is known on its day."""
    told, on_the_day = (micros(person.column(name)) for name in ("death_known", "death_date"))
    born, died = (days(person.column(name)) for name in ("birth_date", "death_date"))
    known = np.where(told == NEVER, on_the_day, told)
    return Lives(whole(person.column("person_id")), born, died, known)


def numbered(lives: Lives, ids: pa.Array) -> tuple[Lives, Int64]:
    """The number of each id's person, and the people with those added whom nothing is known of."""
    who = owners(ids, lives.ids)
    if not (strange := who < 0).any():
        return lives, who
    more = pc.unique(ids.filter(pa.array(strange)))
    nothing = np.full(len(more), NO_DAY, np.int32)
    wider = Lives(
        pa.concat_arrays([lives.ids, more]),
        np.concatenate([lives.born, nothing]),
        np.concatenate([lives.died, nothing]),
        np.concatenate([lives.death_known, np.full(len(more), NEVER)]),
    )
    return wider, owners(ids, wider.ids)


def against(index: Index, lives: Lives, covered: Periods, who: Int64, day: Int32) -> Reasons:
    """Reasons of age and look-back, which all index moments share.

    covered  periods of the people of `lives`;  who, day: person and day of each moment
    """
    born = lives.born[who]
    unknown = born == NO_DAY
    reasons = [("not_born", (born > day) & ~unknown)]
    if index.least_age > 0:
        reasons.append(("birth_unknown", unknown))
        reasons.append(("too_young", _younger(index.least_age, born, day) & ~unknown))
    least = index.look_back_share * index.look_back_days
    if least > 0:
        back = observed(covered, who, day - np.int32(index.look_back_days), day)
        reasons.append(("look_back_not_observed", back < least))
    return reasons


def _younger(years: int, born: Int32, day: Int32) -> Mask:
    """Whether fewer than so many years of life are completed on a day not before the birth.

    A year has 365 or 366 days, so that the calendar is asked for few.
    """
    lived = day.astype(np.int64) - born
    young = lived < 365 * years
    unsure = np.flatnonzero(~young & (lived < 366 * years))
    young[unsure] = ages(born[unsure], day[unsure]) < years
    return young
