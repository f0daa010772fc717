"""Who is asked about and when: the index moments a definition admits, the rest counted by reason.

Nobody is dropped silently: every possible moment is either a row or counted under one reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.planned import TREATMENTS, operated_on, treated_for
from features.definition import Definition
from features.kernel.columns import ages
from features.observed import days, observed_days
from features.spells import (
    SpellRule,
    find_stays,
    linked,
    nursing_discharges,
    principal_categories,
    principals,
)
from features.tables.buffers import whole
from features.tables.contract import Tables
from features.tables.order import slices
from features.windows import DAY, NEVER, NO_DAY

Mask = npt.NDArray[np.bool_]
Int32 = npt.NDArray[np.int32]
Window = tuple[datetime, datetime]
Span = tuple[date, date]

MOMENTS = pa.schema(
    [
        ("person_id", pa.string()),
        ("index_at", pa.timestamp("us")),
        ("stay_id", pa.string()),
        ("spell_id", pa.string()),
        ("moment", pa.string()),
    ]
)
RECENT_DAYS = 30
"""A discharge is scored on a list for this many days."""


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


def index_moments(
    tables: Tables,
    definition: Definition,
    *,
    window: Window | None = None,
    span: Span | None = None,
) -> Cohort:
    """All index moments of `tables`; with `window`, those in [window[0], window[1]).

    span  first and last day of the extract, between which months are asked about; None: those of
          the facts in `tables`. Parts of one History have to be given the same.
    """
    if definition.monthly:
        moments, reasons = _months(tables, definition, _firsts(*(span or _span(tables)), window))
    else:
        moments, reasons = _ends(tables, definition)
    if window is not None:
        inside = _within(moments, window)
        moments = moments.filter(pa.array(inside))
        reasons = [(name, mask[inside]) for name, mask in reasons]
    reasons += _of_person(tables, definition, moments)
    return _settled(moments, reasons)


def moments_at(tables: Tables, as_of: datetime, definition: Definition) -> pa.Table:
    """The moments a list or a caller asks about on a day, from what is known then.

    Monthly questions: one moment at `as_of` for each person observed that day and not known to be
    dead. Discharge questions: each such person's latest discharge (home from a nursing facility,
    where these are asked about) known in the last 30 days.
    """
    alive = _alive(tables["person"], as_of)
    if definition.monthly:
        at = pa.array([as_of] * alive.num_rows, pa.timestamp("us"))
        moments = _rows(alive.column("person_id"), at, None, None, "month")
        day = np.full(moments.num_rows, _day(as_of), np.int32)
        seen = _known(tables["coverage"], as_of)
        return moments.filter(
            pa.array(observed_days(seen, moments.column("person_id"), day, day + 1) > 0)
        )
    living = pc.is_in(tables["stay"]["person_id"], whole(alive["person_id"]))
    known = dict(tables) | {"person": alive, "stay": tables["stay"].filter(living)}
    moments, reasons = _ends(known, definition, at=as_of)
    latest = _settled(
        moments, [r for r in reasons if r[0] in ("open_stay", "died_in_stay")]
    ).moments
    recent = _within(latest, (_back(as_of), as_of)) | (_micros(latest) == _micro(as_of))
    return _last_each(latest.filter(pa.array(recent)))


def _discharges(
    tables: Tables, definition: Definition, *, at: datetime | None = None
) -> tuple[pa.Table, list[tuple[str, Mask]]]:
    found = linked(tables, SpellRule[definition.spells.upper()], at=at, deciders=())
    spell = found.table
    moments = _rows(
        spell.column("person_id"),
        spell.column("discharged_at"),
        spell.column("last_stay_id"),
        spell.column("spell_id"),
        "discharge",
    )
    open_stay = pc.is_null(spell.column("discharged_at")).to_numpy()
    to = spell.column("discharged_to")
    clinical = {
        "died_in_stay": _true(pc.equal(to, "died")) | _died_by(tables, moments),
        "left_against_advice": _true(pc.equal(to, "against_advice")),
        "day_case": _true(spell.column("day_case")),
        **_treatments(tables, found.last, definition.index.exclude),
    }
    return moments, [
        ("open_stay", open_stay),
        *((name, clinical[name]) for name in definition.index.exclude),
    ]


def _treatments(
    tables: Tables, last: npt.NDArray[np.int64], exclude: tuple[str, ...]
) -> dict[str, Mask]:
    """Spells whose last stay was for one of these (`planned.treated_for`)."""
    asked = [name for name in exclude if name in TREATMENTS]
    if not asked:
        return {}
    row = principals(tables["stay"], tables["diagnosis"])[last]
    category = principal_categories(tables["diagnosis"], row)
    operated = _operated(tables, last)
    return {name: treated_for(name, category, operated) for name in asked}


def _operated(tables: Tables, last: npt.NDArray[np.int64]) -> Mask:
    """Spells in whose last stay there was an operation."""
    stay, procedure = tables["stay"], tables["procedure"]
    place = np.full(len(stay) + 1, -1, np.int64)  # the last for a procedure of no stay
    place[last] = np.arange(len(last))
    own = find_stays(stay, whole(procedure["person_id"]), whole(procedure["stay_id"]))
    codes = (whole(procedure[name]) for name in ("code_system", "code"))
    return operated_on(len(last), place[own], *codes)


def _ways_home(
    tables: Tables, definition: Definition, *, at: datetime | None = None
) -> tuple[pa.Table, list[tuple[str, Mask]]]:
    """Discharges home from a nursing facility; those still open have no destination yet."""
    home = nursing_discharges(tables, at=at)
    moments = _rows(
        home.column("person_id"),
        home.column("at"),
        home.column("stay_id"),
        None,
        "nursing_facility_discharge",
    )
    reasons = {"died_in_stay": _died_by(tables, moments)}
    return moments, [(name, reasons[name]) for name in definition.index.exclude]


def _ends(
    tables: Tables, definition: Definition, *, at: datetime | None = None
) -> tuple[pa.Table, list[tuple[str, Mask]]]:
    """Possible moments of a question about discharges, and the reasons against each."""
    found = _ways_home if definition.index.moments == "nursing_discharge" else _discharges
    return found(tables, definition, at=at)


def _died_by(tables: Tables, moments: pa.Table) -> Mask:
    """Discharges on or after the day of death: the stay ended in death, whatever it says."""
    return days(moments.column("index_at")) >= _of(tables, moments, "death_date")


def _months(
    tables: Tables, definition: Definition, months: list[date]
) -> tuple[pa.Table, list[tuple[str, Mask]]]:
    """The first days of `months` of each person, thinned as the definition says."""
    person = tables["person"]
    every = definition.index.every_months
    phase = slices(person.column("person_id")).astype(np.int64) % every
    number = np.array([m.year * 12 + m.month for m in months], np.int64)
    who, when = np.nonzero((number[None, :] + phase[:, None]) % every == 0)
    at = np.array(months, dtype="datetime64[us]")[when]
    moments = _rows(
        person.column("person_id").take(pa.array(who)), pa.array(at), None, None, "month"
    )
    day = days(moments.column("index_at"))
    observed = observed_days(tables["coverage"], moments.column("person_id"), day, day + 1) > 0
    known = _of_each(moments, person, deaths_known(person))
    known = np.asarray(pc.fill_null(known.cast(pa.int64()), NEVER).to_numpy(), dtype=np.int64)
    return moments, [("known_dead", known <= _micros(moments)), ("not_observed", ~observed)]


def _of_person(tables: Tables, definition: Definition, moments: pa.Table) -> list[tuple[str, Mask]]:
    """Reasons of age and look-back, which all index moments share."""
    index, day = definition.index, days(moments.column("index_at"))
    day = np.where(day == NO_DAY, 0, day).astype(np.int32)
    born = _of(tables, moments, "birth_date")
    age = ages(born, day)
    back = observed_days(
        tables["coverage"], moments.column("person_id"), day - index.look_back_days, day
    )
    return [
        ("not_born", (born > day) & (born != NO_DAY)),
        ("birth_unknown", (born == NO_DAY) & (index.least_age > 0)),
        ("too_young", (age < index.least_age) & (born != NO_DAY)),
        ("look_back_not_observed", back < index.look_back_share * index.look_back_days),
    ]


def _settled(moments: pa.Table, reasons: list[tuple[str, Mask]]) -> Cohort:
    """Kept moments, and each other one under the first reason that holds."""
    left = np.ones(moments.num_rows, dtype=np.bool_)
    excluded: dict[str, int] = {}
    for name, holds in reasons:
        count = int((left & holds).sum())
        if count:
            excluded[name] = count
        left &= ~holds
    kept = moments.filter(pa.array(left))
    return Cohort(kept, excluded)


def _rows(
    person: pa.ChunkedArray,
    at: pa.Array | pa.ChunkedArray,
    stay: pa.ChunkedArray | None,
    spell: pa.ChunkedArray | None,
    moment: str,
) -> pa.Table:
    none = pa.nulls(len(person), pa.string())
    kind = pa.repeat(pa.scalar(moment, pa.string()), len(person))
    columns = [person, at, none if stay is None else stay, none if spell is None else spell, kind]
    return pa.table(columns, names=MOMENTS.names).cast(MOMENTS)


def _of(tables: Tables, moments: pa.Table, column: str) -> Int32:
    """A date of each moment's person as a day; NO_DAY where null."""
    return days(_of_each(moments, tables["person"], tables["person"].column(column)))


def _of_each(moments: pa.Table, person: pa.Table, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The value of each moment's person, of one value per row of `person`."""
    at = pc.index_in(moments.column("person_id"), value_set=whole(person["person_id"]))
    return values.take(at)


def deaths_known(person: pa.Table) -> pa.ChunkedArray:
    """When each death became known: on its day where the source does not say; null: no death."""
    on_the_day = person.column("death_date").cast(pa.timestamp("us"))
    return pc.coalesce(person.column("death_known"), on_the_day)


def _alive(person: pa.Table, as_of: datetime) -> pa.Table:
    """People born and not known to be dead, their deaths (not known yet) left out."""
    dead = pc.less_equal(deaths_known(person), pa.scalar(as_of, pa.timestamp("us")))
    born = pc.greater(person.column("birth_date"), pa.scalar(as_of.date(), pa.date32()))
    gone = pc.or_(pc.fill_null(dead, False), pc.fill_null(born, False))
    alive = person.filter(pc.invert(gone))
    for name in ("death_date", "death_known"):
        place, one = alive.schema.get_field_index(name), alive.schema.field(name)
        alive = alive.set_column(place, one, pa.nulls(len(alive), one.type))
    return alive


def _known(rows: pa.Table, as_of: datetime) -> pa.Table:
    return rows.filter(pc.less_equal(rows.column("known_at"), pa.scalar(as_of, pa.timestamp("us"))))


def _last_each(moments: pa.Table) -> pa.Table:
    ids = moments.column("person_id").to_numpy()
    return moments.filter(
        pa.array(np.r_[ids[1:] != ids[:-1], True] if len(ids) else [], pa.bool_())
    )


def _within(moments: pa.Table, window: Window) -> Mask:
    at = _micros(moments)
    return (at >= _micro(window[0])) & (at < _micro(window[1]))


def _micros(moments: pa.Table) -> npt.NDArray[np.int64]:
    at = pc.fill_null(moments.column("index_at").cast(pa.int64()), np.iinfo(np.int64).max)
    return np.asarray(at.to_numpy(), dtype=np.int64)


def _micro(moment: datetime) -> int:
    return int(np.datetime64(moment, "us").astype(np.int64))


def _back(as_of: datetime) -> datetime:
    return datetime.fromordinal(as_of.toordinal() - RECENT_DAYS)


def _day(moment: datetime) -> int:
    return _micro(moment) // DAY


def _true(mask: pa.ChunkedArray) -> Mask:
    return np.asarray(pc.fill_null(mask, False).to_numpy(), dtype=np.bool_)


def _span(tables: Tables) -> Span:
    """First covered day, and the last day any coverage or use is recorded for."""
    coverage = tables["coverage"]
    starts = pc.min(coverage.column("from_at")).as_py()
    ends = [pc.max(coverage.column("to_at")).as_py()]
    for name, column in (("stay", "admitted_at"), ("visit", "at"), ("diagnosis", "at")):
        ends.append(pc.max(tables[name].column(column)).as_py())
    known = [end.date() for end in ends if end is not None]
    first = starts.date() if starts is not None else date(1970, 1, 1)
    return first, max(known, default=first)


def _firsts(first: date, end: date, window: Window | None) -> list[date]:
    """First days of months in [first, end], and in the window [from, to) where there is one."""
    months = range(first.year * 12 + first.month - 1, end.year * 12 + end.month)
    listed = [date(m // 12, m % 12 + 1, 1) for m in months]
    here = [day for day in listed if first <= day <= end]
    if window is None:
        return here
    return [day for day in here if window[0] <= datetime.combine(day, time()) < window[1]]
