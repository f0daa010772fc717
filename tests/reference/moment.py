"""What a plain reading sees of one person at one index moment: facts, stays and spells.

Shares with the product the catalogue, the code sets and nothing else: no window, guard or linking
rule of the kernel is used here. Days are counted as sets of days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from features.catalogue import Catalogue, Feature
from tests.reference.days import Window, day
from tests.reference.spells import Spell, Stay, link

Row = Mapping[str, Any]
Value = float | str | None


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
        self._seen: dict[tuple[frozenset[str], date, date], int] = {}

    # ------------------------------------------------------------ what is in view

    def known(self, time: datetime | None) -> bool:
        return time is not None and time <= self.at

    def in_view(self, known: datetime | None, on: date, *, tied: bool = False) -> bool:
        """A fact is in view if it was known by the index moment and is of an earlier day; one of
        the index spell may be of the index day itself."""
        if not self.known(known):
            return False
        return on < self.day or (tied and on == self.day)

    def facts(self, table: str, window: Window) -> Iterator[tuple[Row, date]]:
        """Rows of a table of one-day facts, in view and in the window, in order."""
        for row in self.rows[table]:
            on = day(row["at"])
            tied = row.get("stay_id") is not None and row["stay_id"] in self.tied
            inside = window.tied if tied else on in window
            if inside and self.in_view(self._fact_known(row), on, tied=tied):
                yield row, on

    def _fact_known(self, row: Row) -> datetime | None:
        """Codes of a stay are not known before its discharge is; in mode claims, from then on."""
        stay = next((s for s in self.rows["stay"] if s["stay_id"] == row.get("stay_id")), None)
        return row["known_at"] if stay is None else self.coded(row["known_at"], stay)

    def coded(self, known: datetime | None, stay: Row) -> datetime | None:
        """When what became known of a stay at `known` counts as known."""
        left = stay["discharged_known"]
        left = left and max(left, stay["admitted_known"])
        if self.mode == "claims" or left is None:
            return left
        return None if known is None else max(known, left)

    def is_coded(self, stay: Stay) -> bool:
        """Whether a stay counts as coded by now."""
        return self.known(self.coded(stay.row["coded_known"], stay.row))

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

    # ------------------------------------------------------------ stays and spells

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
        """An emergency visit that ended in the index spell is no earlier stay."""
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

    @property
    def index_spell(self) -> list[Stay]:
        """The stays of the index spell in view; none where there is no such spell."""
        return [stay for stay in self.stays if stay.tied]

    # ------------------------------------------------------------ what could be observed

    def observed(self, feature: Feature, window: Window) -> int:
        """Days of the window that coverage in view, of kinds that see the feature's rows, holds."""
        kinds = self._seen_by(feature)
        asked = kinds, window.start, window.end
        if asked not in self._seen:
            seen = list(self._covered(kinds))
            held = [on for on in window.days if any(start <= on < end for start, end in seen)]
            self._seen[asked] = len(held)
        return self._seen[asked]

    def _seen_by(self, feature: Feature) -> frozenset[str]:
        """Kinds of coverage that see the feature's tables together, or else its first table; with a
        filter by setting those that see each of the settings."""
        observed = self.catalogue.observed
        whole = observed.get("+".join(feature.tables), observed.get(feature.table, ()))
        settings = dict(feature.where).get("setting", ())
        each = [observed.get(f"{feature.table}:{setting}", whole) for setting in settings]
        return frozenset(whole if not each else set(each[0]).intersection(*each))

    def _covered(self, kinds: frozenset[str]) -> Iterator[tuple[date, date]]:
        for row in self.rows["coverage"]:
            start = day(row["from_at"])
            if row["kind"] in kinds and self.in_view(row["known_at"], start):
                yield start, date.max if row["to_at"] is None else day(row["to_at"])
