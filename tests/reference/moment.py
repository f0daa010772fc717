"""What a plain reading sees of one person at one index moment: facts, stays and spells.

Shares with the product the catalogue, the code sets and nothing else: no window, guard or linking
rule of the kernel is used here. Days are counted as sets of days.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from features.catalogue import Catalogue, Feature
from features.codes.ccs import DATA, ccs_map

Row = Mapping[str, Any]
Value = float | str | None

METHODS = {
    "emergency": "unplanned",
    "elective": "planned",
    "maternity": "planned",
    "newborn": "planned",
}


PLANNED_LISTS: dict[tuple[str, str], set[int]] = {}
with (DATA / "planned.csv").open(newline="", encoding="utf-8") as _file:
    for _row in csv.DictReader(_file):
        _key = (_row["list"].removesuffix("_all_payer"), _row["kind"])
        PLANNED_LISTS.setdefault(_key, set()).add(int(_row["category"]))


def on_list(name: str, kind: str, category: int | None) -> bool:
    return category in PLANNED_LISTS[name, kind]


def category_of(row: Row) -> int | None:
    """CCS category of a diagnosis or procedure row."""
    if row["code_system"] not in ("ICD-9-CM", "ICD-10-CM", "ICD-9-PCS", "ICD-10-PCS"):
        return None
    return ccs_map(row["code_system"]).get(row["code"])


def day(time: datetime | date) -> date:
    return time.date() if isinstance(time, datetime) else time


def window_days(index: date, length: int) -> set[date]:
    return {index - timedelta(days=n) for n in range(1, length + 1)}


def span(start: date, end: date) -> set[date]:
    return {start + timedelta(days=n) for n in range((end - start).days)}


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


@dataclass
class Spell:
    """Acute stays in order of admission; `until` is set once all spells are known."""

    stays: list[Stay] = field(default_factory=list)
    until: date = date.max
    urgency: str = "undecided"

    @property
    def start(self) -> date:
        return self.stays[0].start

    @property
    def end(self) -> date:
        return self.until

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
    def final(self) -> Stay:
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


class Moment:
    """Everything in view of one person at one index moment."""

    def __init__(
        self, rows: Mapping[str, list[Row]], moment: Row, catalogue: Catalogue, mode: str
    ) -> None:
        self.moment, self.catalogue, self.mode = moment, catalogue, mode
        self.at: datetime = moment["index_at"]
        self.day = day(self.at)
        self.rows = rows
        self.stays, self.spells = self._stays()
        self.tied = {stay.row["stay_id"] for stay in self.stays if stay.tied}

    # ------------------------------------------------------------ what is in view

    def known(self, time: datetime | None) -> bool:
        return time is not None and time <= self.at

    def in_view(self, known: datetime | None, on: date, *, tied: bool = False) -> bool:
        if not self.known(known):
            return False
        return on < self.day or (tied and on == self.day)

    def _stays(self) -> tuple[list[Stay], list[Spell]]:
        """Stays in view and their spells. A stay of the index day is in view only if it belongs,
        through the links of what is known, to the spell of the index stay."""
        index = self.moment["stay_id"]
        ordered = [row for row in self.rows["stay"] if self.known(row["admitted_known"])]
        ordered = [row for row in ordered if row["admitted_at"] <= self.at]
        acute = any(r["stay_id"] == index and r["setting"] == "acute" for r in self.rows["stay"])

        def may_belong(row: Row) -> bool:
            return row["stay_id"] == index or (acute and row["setting"] == "acute")

        here = [r for r in ordered if day(r["admitted_at"]) < self.day or may_belong(r)]
        stays = [self._stay(row) for row in here]
        acutes = [stay for stay in stays if stay.row["setting"] == "acute"]
        own = next(
            (s.stays for s in link(acutes, self) if index in [t.row["stay_id"] for t in s.stays]),
            [stay for stay in stays if stay.row["stay_id"] == index],
        )
        for stay in own:
            stay.tied = True
        stays = [stay for stay in stays if stay.tied or stay.start < self.day]
        acutes = [stay for stay in stays if stay.row["setting"] == "acute"]
        spells = list(link(acutes, self, begins=own[0] if own else None))
        self._mark_way_in(stays, spells)
        return stays, spells

    def _stay(self, row: Row) -> Stay:
        left = row["discharged_at"]
        ended = self.known(row["discharged_known"]) and left is not None and left <= self.at
        return Stay(row, day(row["admitted_at"]), day(left) if ended else self.day, ended)

    @staticmethod
    def _mark_way_in(stays: list[Stay], spells: list[Spell]) -> None:
        for spell in spells:
            if not spell.tied:
                continue
            for stay in stays:
                left = stay.end if stay.ended else stay.start
                stay.way_in = (
                    stay.row["setting"] == "emergency"
                    and stay.row["admitted_at"] <= spell.stays[0].row["admitted_at"]
                    and left >= spell.start - timedelta(days=1)
                )

    def facts(self, table: str, window: int) -> Iterator[tuple[Row, date]]:
        """Rows of a table of one-day facts, in view and in the window, in order."""
        inside = window_days(self.day, window)
        for row in self.rows[table]:
            on = day(row["at"])
            tied = row.get("stay_id") is not None and row["stay_id"] in self.tied
            if self.in_view(self._fact_known(row), on, tied=tied) and (tied or on in inside):
                yield row, on

    def _fact_known(self, row: Row) -> datetime | None:
        """Codes of a stay are not known before its discharge is; in mode claims, from then on."""
        stay = next((s for s in self.rows["stay"] if s["stay_id"] == row.get("stay_id")), None)
        return row["known_at"] if stay is None else self.coded(row["known_at"], stay)

    def coded(self, known: datetime | None, stay: Row) -> datetime | None:
        left = stay["discharged_known"]
        left = left and max(left, stay["admitted_known"])
        if self.mode == "claims" or left is None:
            return left
        return None if known is None else max(known, left)

    def condition(self, stay: Stay) -> str | None:
        """Category of the principal diagnosis, of several the first that came, if it is known."""
        own = [
            row
            for row in self.rows["diagnosis"]
            if row["stay_id"] == stay.row["stay_id"] and row["position"] == 1
        ]
        if not own:
            return None
        first = min(own, key=lambda row: row["known_at"])
        if not self.known(self._fact_known(first)):
            return None
        icd = first["code_system"].startswith("ICD")
        return f"{first['code_system']} {first['code'][:3] if icd else first['code']}"

    def urgency(self, stay: Stay) -> str:
        """Planned or unplanned, by the first of the catalogue's rules that can say."""
        said = {
            "method": METHODS.get(stay.row["admission_method"]),
            "codes": self._by_codes(stay.row),
            "no_procedure": self._by_silence(stay.row),
        }
        return next((said[w] for w in self.catalogue.urgency if said[w]), "undecided")

    def _coded(self, table: str, stay: Row) -> list[Row]:
        """What had been coded of a stay when it counted as coded; nothing before that."""
        by = self.coded(stay["coded_known"], stay)
        if not self.known(by):
            return []
        own = [row for row in self.rows[table] if row["stay_id"] == stay["stay_id"]]
        return [row for row in own if self.coded(row["known_at"], stay) <= by]

    def _cause(self, stay: Row) -> int | None:
        """Category of the principal diagnosis: of several the first that ever came."""
        own = [
            row
            for row in self.rows["diagnosis"]
            if row["stay_id"] == stay["stay_id"] and row["position"] == 1
        ]
        first = min(own, key=lambda row: row["known_at"], default=None)
        return category_of(first) if first in self._coded("diagnosis", stay) else None

    def _by_codes(self, stay: Row) -> str | None:
        done, cause = self._coded("procedure", stay), self._cause(stay)
        kinds = [category_of(row) for row in done if row["code_system"].endswith("PCS")]
        if any(on_list("always", "procedure", kind) for kind in kinds):
            return "planned"
        if on_list("always", "diagnosis", cause):
            return "planned"
        if on_list("acute", "diagnosis", cause):
            return "unplanned"
        if cause is None or not kinds:
            return None
        if any(on_list("potentially", "procedure", kind) for kind in kinds):
            return "planned"
        return None if None in kinds else "unplanned"

    def _by_silence(self, stay: Row) -> str | None:
        cause = self._cause(stay)
        usual = on_list("always", "diagnosis", cause) or on_list("acute", "diagnosis", cause)
        silent = cause is not None and not usual and not self._coded("procedure", stay)
        return "unplanned" if silent else None

    def observed(self, table: str, window: int, until: date | None = None) -> int:
        """Days of the window that coverage in view, of kinds that see the table, holds."""
        kinds = self.catalogue.observed.get(table, ())
        inside = window_days(until or self.day, window)
        seen: set[date] = set()
        for row in self.rows["coverage"]:
            start = day(row["from_at"])
            if row["kind"] in kinds and self.in_view(row["known_at"], start):
                end = self.day if row["to_at"] is None else min(day(row["to_at"]), self.day)
                seen |= span(max(start, min(inside)), end)
        return len(seen & inside)

    def zero(self, feature: Feature) -> Value:
        """Nothing was seen: zero where use was observed, else unknown."""
        return 0.0 if self.observed(feature.table, feature.window or 0) else None

    def admitted(self) -> date | None:
        """First day of the index spell."""
        own = self.index_spell()
        return own[0].start if own else None

    def index_spell(self) -> list[Stay]:
        return [stay for stay in self.stays if stay.tied]


def link(stays: list[Stay], moment: Moment, begins: Stay | None = None) -> Iterator[Spell]:
    """Acute stays in order of admission, joined into spells by the catalogue's rule.

    begins  this stay begins a spell, as it does among more stays
    """
    spells: list[Spell] = []
    for stay in stays:
        if spells and stay is not begins and continues(spells[-1], stay, moment):
            spells[-1].stays.append(stay)
        else:
            spells.append(Spell([stay]))
    for spell in spells:
        spell.until = day(spell.reach)
        spell.urgency = moment.urgency(spell.stays[0])
    if spells and spells[-1].open:
        spells[-1].until = moment.day
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
