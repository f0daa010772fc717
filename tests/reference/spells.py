"""Stays as known at a moment, joined into spells, by rules written out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.reference.days import day
from tests.reference.planned import urgency

if TYPE_CHECKING:
    from tests.reference.moment import Moment

Row = Mapping[str, Any]


@dataclass
class Stay:
    """A stay as known at the index moment; an open one ends on the index day."""

    row: Row
    start: date
    end: date
    ended: bool
    tied: bool = False
    way_in: bool = False

    @property
    def earlier(self) -> bool:
        return not self.tied and not self.way_in

    @property
    def left(self) -> date:
        """The day it ended; the index day where it has not."""
        return self.end

    @property
    def first(self) -> Row:
        """The row that filters ask."""
        return self.row

    @property
    def last(self) -> Stay:
        """The stay that says what is known with a discharge."""
        return self


@dataclass
class Spell:
    """Acute stays in order of admission; `end` is set once all spells are known.

    day    of the index moment
    after  the spell of the person just before it in view
    """

    stays: list[Stay]
    day: date
    after: Spell | None = None
    end: date = date.max
    urgency: str = "undecided"

    @property
    def start(self) -> date:
        return self.stays[0].start

    @property
    def left(self) -> date:
        """The day it ended; the index day where it has not."""
        return self.day if self.open else self.end

    @property
    def first(self) -> Row:
        return self.stays[0].row

    @property
    def reach(self) -> datetime:
        """How far the spell has certainly come: an open stay has come to its own admission."""
        return max(certain(stay) for stay in self.stays)

    @property
    def tail(self) -> Stay:
        """The stay that comes furthest; of several the one admitted last."""
        return [stay for stay in self.stays if certain(stay) == self.reach][-1]

    @property
    def open(self) -> bool:
        """Some stay has not ended, and no later one says the person was moved on from it."""
        places = [i for i, stay in enumerate(self.stays) if not stay.ended]
        later = self.stays[places[-1] + 1 :] if places else []
        return bool(places) and not any(came_by_transfer(stay.row) for stay in later)

    @property
    def tied(self) -> bool:
        return any(stay.tied for stay in self.stays)

    @property
    def last(self) -> Stay:
        """The stay the spell ends with; the open one of an open spell."""
        return [s for s in self.stays if not s.ended][-1] if self.open else self.tail


def certain(stay: Stay) -> datetime:
    when: datetime = stay.row["discharged_at" if stay.ended else "admitted_at"]
    return when


def came_by_transfer(row: Row) -> bool:
    """By its own account; an emergency that comes from a hospital may have been sent home first."""
    if row["admission_method"] == "transfer":
        return True
    return row["admitted_from"] == "acute" and row["admission_method"] != "emergency"


def link(stays: list[Stay], moment: Moment, begins: Stay | None = None) -> Iterator[Spell]:
    """Acute stays in order of admission, joined into spells by the catalogue's rule.

    begins  this stay begins a spell, as it does among more stays
    """
    spells: list[Spell] = []
    for stay in stays:
        if spells and stay is not begins and continues(spells[-1], stay, moment):
            spells[-1].stays.append(stay)
        else:
            spells.append(Spell([stay], moment.day, after=spells[-1] if spells else None))
    for spell in spells:
        spell.end = day(spell.reach)
        spell.urgency = urgency(moment, spell.stays[0])
    if spells and spells[-1].open:
        spells[-1].end = moment.day
    return iter(spells)


def continues(spell: Spell, stay: Stay, moment: Moment) -> bool:
    """Overlapping stays are one spell under both rules; else the gap and the rule decide."""
    admitted = stay.row["admitted_at"]
    if admitted < spell.reach or admitted == spell.stays[-1].row["admitted_at"]:
        return True
    gap = (stay.start - day(spell.reach)).days
    rule = RULES[moment.catalogue.spells]
    return rule(spell.tail, stay, gap, moment)


def moved(before: Stay, stay: Stay) -> bool:
    """Whether either stay says that the person was moved from one to the other."""
    went = before.row["discharged_to"] if before.ended else None
    if came_by_transfer(stay.row) or went == "acute":
        return True
    return stay.row["admitted_from"] == "acute" and went not in ("home", "home_health")


def by_dates(before: Stay, stay: Stay, gap: int, moment: Moment) -> bool:
    """CMS: another hospital within a day, or the same one on the same day for the same cause."""
    places = before.row["facility_id"], stay.row["facility_id"]
    if None in places:
        return gap <= 1 and moved(before, stay)
    if places[0] != places[1]:
        return gap <= 1
    cause = moment.condition(before)
    return gap == 0 and cause is not None and cause == moment.condition(stay)


def by_evidence(before: Stay, stay: Stay, gap: int, _moment: Moment) -> bool:
    """NHS: a transfer by its own account within two days."""
    return gap <= 2 and moved(before, stay)


RULES = {"dates": by_dates, "evidence": by_evidence}
