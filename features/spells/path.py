"""Where an acute spell led: its path through bedded settings; ways home from a nursing facility.

Bedded are acute spells and stays in rehabilitation, long-term, psychiatric and nursing care and in
a hospice; emergency departments and care at home are not. Steps follow one another while the next
begins before the last has ended, on the same day or the day after, whatever a discharge says of its
destination. A stay inside another is a step there and back. Of a stay not known to have ended only
its admission is certain, as in `link.py`; the person is there until seen elsewhere. The path ends

    home, died, against_advice   as the last stay says (home with home health is home; a death known
                                 by the last discharge counts, whatever the stay says)
    unknown                      it does not say; or it names a setting in which no stay is seen,
                                 which is then the step before; or the stay was left open and the
                                 person was seen elsewhere later
    (nothing)                    the person is still there

    acute > nursing_facility > acute > nursing_facility > home

Paths are told as known at a moment; nothing known later takes part.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from features.spells.columns import discharges_known, times
from features.spells.link import EVERYTHING, Bools, SpellRule
from features.spells.table import linked
from features.tables.buffers import whole
from features.tables.contract import Tables
from features.tables.owners import owners
from features.tables.schema import TABLES
from features.windows import DAY, NEVER, Int64, compiled

SETTINGS = TABLES["stay"].column("setting").allowed
BEDDED = ("acute", "rehabilitation", "long_term", "psychiatric", "nursing_facility", "hospice")
STEPS = (*SETTINGS, "home", "died", "against_advice", "unknown")
HOME, DIED, AGAINST_ADVICE, UNKNOWN = range(len(SETTINGS), len(STEPS))
_LEADS = {
    "home": HOME,
    "home_health": HOME,
    "died": DIED,
    "against_advice": AGAINST_ADVICE,
    **{name: SETTINGS.index(name) for name in BEDDED},
}
ACUTE, NURSING = SETTINGS.index("acute"), SETTINGS.index("nursing_facility")

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


class Beds(NamedTuple):
    """Acute spells and other bedded stays, by person, then admission.

    person    number of the person, rising
    begins, ends  microseconds; ends is the admission where the end is not known
    ended     known to have ended
    setting   place in SETTINGS
    leads     place in STEPS of where the end leads
    row       row of the spell table, or of the stay table
    """

    person: Int64
    begins: Int64
    ends: Int64
    ended: Bools
    setting: Int64
    leads: Int64
    row: Int64


def journeys(
    tables: Tables,
    rule: SpellRule,
    *,
    at: datetime | None = None,
    deciders: tuple[str, ...] | None = None,
) -> pa.Table:
    """`spells` with two more columns: path (text, see above), and path_ended_at, the discharge that
    ends it (null: still there, or left open). `tables` need person besides what `spells` needs."""
    moment = _moment(at)
    found = linked(tables, rule, at=at, deciders=deciders)
    stay, spell = tables["stay"], found.table
    number = owners(whole(spell["person_id"]), whole(tables["person"]["person_id"]))
    ended = pc.is_valid(spell["discharged_at"]).to_numpy()
    acute = Beds(
        person=number,
        begins=times(spell, "admitted_at"),
        ends=np.where(ended, times(spell, "discharged_at"), times(stay, "admitted_at")[found.last]),
        ended=ended,
        setting=np.full(len(spell), ACUTE),
        leads=_leads(whole(spell["discharged_to"])),
        row=np.arange(len(spell)),
    )
    beds = _sorted(acute, _beds(tables, moment, BEDDED[1:]))
    death = _deaths(tables["person"], moment)
    where = np.full(len(spell), -1, np.int64)
    mine = np.flatnonzero(beds.setting == ACUTE)
    where[beds.row[mine]] = mine
    steps, offsets, until = _paths(beds, where, death)
    words = pa.array(STEPS).take(pa.array(steps))
    listed = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), words)
    ends = pa.array(until, mask=until == NEVER).cast(pa.timestamp("us"))
    return spell.append_column("path", pc.binary_join(listed, " > ")).append_column(
        "path_ended_at", ends
    )


def nursing_discharges(tables: Tables, *, at: datetime | None = None) -> pa.Table:
    """Ends of nursing-facility stays that lead home (`homecomings`): person_id, stay_id, at."""
    stay = tables["stay"].select(["person_id", "stay_id", "discharged_at"])
    own = stay.take(pa.array(homecomings(tables, at=at)))
    return pa.table(
        [own["person_id"], own["stay_id"], own["discharged_at"]],
        names=["person_id", "stay_id", "at"],
    )


def homecomings(tables: Tables, *, at: datetime | None = None) -> Int64:
    """Rows of the stay table that are ends of nursing-facility stays that lead home.

    The stay says home, and no other bedded stay lasts beyond that time. What begins afterwards, be
    it minutes later, does not take part: it is what one asks about at such a moment.
    at  as known at that moment (None: everything known)
    """
    beds = _sorted(_beds(tables, _moment(at), BEDDED))
    home = (beds.setting == NURSING) & beds.ended & (beds.leads == HOME)
    rows: Int64 = np.sort(beds.row[home & ~_goes_on(beds)])
    return rows


def _moment(at: datetime | None) -> int:
    return EVERYTHING if at is None else int(np.datetime64(at, "us").astype(np.int64))


def _beds(tables: Tables, moment: int, settings: tuple[str, ...]) -> Beds:
    """Stays of these settings whose admission is known and past at the moment."""
    stay = tables["stay"]
    setting = pc.index_in(whole(stay["setting"]), value_set=pa.array(SETTINGS)).to_numpy()
    begins, ends = times(stay, "admitted_at"), times(stay, "discharged_at")
    ended = (discharges_known(stay) <= moment) & (ends <= moment)
    here = (times(stay, "admitted_known") <= moment) & (begins <= moment)
    here &= np.isin(setting, [SETTINGS.index(name) for name in settings])
    person = owners(whole(stay["person_id"]), whole(tables["person"]["person_id"]))
    return Beds(
        person[here],
        begins[here],
        np.where(ended, ends, begins)[here],
        ended[here],
        setting.astype(np.int64)[here],
        _leads(whole(stay["discharged_to"]))[here],
        np.flatnonzero(here),
    )


def _leads(to: pa.Array) -> Int64:
    place = pc.index_in(to, value_set=pa.array(list(_LEADS)))
    known = np.array([*_LEADS.values(), UNKNOWN], np.int64)
    found: Int64 = known[pc.fill_null(place, len(_LEADS)).to_numpy(zero_copy_only=False)]
    return found


def _sorted(*parts: Beds) -> Beds:
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    beds = Beds(*columns)
    order = np.lexsort((beds.ends, beds.begins, beds.person))
    return Beds(*(column[order] for column in columns))


def _deaths(person: pa.Table, moment: int) -> Int64:
    """Day of each person's death, NEVER where none is known by the moment."""
    died = whole(person["death_date"]).cast(pa.timestamp("us"))
    known = pc.coalesce(whole(person["death_known"]), died).cast(pa.int64())
    day = pc.fill_null(died.cast(pa.int64()), NEVER).to_numpy(zero_copy_only=False)
    there = pc.fill_null(known, NEVER).to_numpy(zero_copy_only=False) <= moment
    return np.where(there, day // DAY, NEVER)


@_compiled
def _paths(beds: Beds, where: Int64, death: Int64) -> tuple[Int64, Int64, Int64]:
    """Steps of each spell end to end, where each spell's begin, and the time each path ended."""
    size = len(beds.row)
    steps = np.empty(64 + 8 * len(where), np.int64)
    offsets = np.zeros(len(where) + 1, np.int64)
    until = np.full(len(where), NEVER, np.int64)
    n = 0
    for s in range(len(where)):
        i = where[s]
        end = i + 1
        while end < size and beds.person[end] == beds.person[i]:
            end += 1
        while n + 2 * (end - i) + 4 > len(steps):
            steps = np.concatenate((steps, np.empty(len(steps), np.int64)))
        n, until[s] = _follow(beds, i, end, death[beds.person[i]], steps, n)
        offsets[s + 1] = n
    return steps[:n], offsets, until


@compiled
def _follow(beds: Beds, i: int, end: int, died: int, steps: Int64, n: int) -> tuple[int, int]:
    """Writes the steps from bed i on, of the person's beds up to `end`, to steps[n:]; returns where
    they end and the time of the discharge that ends the path."""
    steps[n] = beds.setting[i]
    now, reach, n = i, beds.ends[i], n + 1
    around = _around(beds, i)
    if around >= 0:
        now, reach = around, beds.ends[around]
        steps[n] = beds.setting[now]
        n += 1
    j = i + 1
    while j < end and (beds.begins[j] < reach or beds.begins[j] // DAY - reach // DAY <= 1):
        steps[n] = beds.setting[j]
        n += 1
        if beds.ends[j] >= reach or not beds.ended[j]:
            now, reach = j, max(reach, beds.ends[j])
        else:
            steps[n] = beds.setting[now]
            n += 1
        j += 1
    if not beds.ended[now]:
        if j < end or died != NEVER:
            steps[n] = UNKNOWN if j < end else DIED
            n += 1
        return n, NEVER
    last = DIED if died <= reach // DAY else beds.leads[now]
    steps[n] = last
    n += 1
    if last < HOME:
        steps[n] = UNKNOWN
        n += 1
    return n, reach


@compiled
def _around(beds: Beds, i: int) -> int:
    """The stay around bed i that lasts longest, of several the one begun last; -1 for none."""
    found = -1
    k = i - 1
    while k >= 0 and beds.person[k] == beds.person[i]:
        if beds.ends[k] > beds.ends[i] and (found < 0 or beds.ends[k] > beds.ends[found]):
            found = k
        k -= 1
    return found


@_compiled
def _goes_on(beds: Beds) -> Bools:
    """Whether another stay of the person that began earlier lasts beyond each one's end."""
    found = np.zeros(len(beds.row), np.bool_)
    for i in range(len(found)):
        k = i
        while k > 0 and beds.person[k - 1] == beds.person[i]:
            k -= 1
        while k < len(found) and beds.person[k] == beds.person[i] and not found[i]:
            lasts = beds.ends[k] > beds.ends[i] or (beds.ends[k] == beds.ends[i] and k > i)
            found[i] = k != i and beds.begins[k] < beds.ends[i] and lasts
            k += 1
    return found
