"""Paths of spells say what a plain reading of a person's beds says, one bed after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.spells import BEDDED, SpellRule, journeys, spells
from features.tables.memory import tables_of
from tests.crowds import START, crowd

pytestmark = pytest.mark.property

Row = dict[str, Any]
HOME = ("home", "home_health")
ENDS = ("home", "died", "against_advice", "unknown")


@dataclass
class Bed:
    """Where someone lay; of an open stay `end` is what is certain, its admission."""

    setting: str
    begin: datetime
    end: datetime
    open: bool
    to: str | None
    spell: str | None = None


def beds(row: Row, stays: list[Row], spell_rows: list[Row]) -> list[Bed]:
    """A person's acute spells and other beds, by admission, then by end."""
    found = [
        Bed(s["setting"], s["admitted_at"], s["discharged_at"] or s["admitted_at"],
            s["discharged_at"] is None, s["discharged_to"])
        for s in stays
        if s["setting"] in BEDDED and s["setting"] != "acute"
    ]  # fmt: skip
    admitted = {s["stay_id"]: s["admitted_at"] for s in stays}
    acute = [
        Bed("acute", s["admitted_at"], s["discharged_at"] or admitted[s["last_stay_id"]],
            s["discharged_at"] is None, s["discharged_to"], s["spell_id"])
        for s in spell_rows
    ]  # fmt: skip
    return sorted([*acute, *found], key=lambda bed: (bed.begin, bed.end))


def path(own: list[Bed], first: Bed, death: date | None) -> str:
    place = next(k for k, bed in enumerate(own) if bed is first)
    steps, now, reach = ["acute"], first, first.end
    around = [bed for bed in own[:place] if bed.end > first.end]
    if around:
        now = max(reversed(around), key=lambda bed: bed.end)  # of several the one begun last
        reach = now.end
        steps.append(now.setting)
    rest = own[place + 1 :]
    while rest and rest[0].begin < datetime.combine(reach, datetime.min.time()) + timedelta(days=2):
        bed = rest.pop(0)
        steps.append(bed.setting)
        if bed.open or bed.end >= reach:
            now, reach = bed, max(reach, bed.end)
        else:
            steps.append(now.setting)  # there and back
    return " > ".join(steps + last_steps(now, reach, bool(rest), death))


def last_steps(now: Bed, reach: datetime, seen_later: bool, death: date | None) -> list[str]:
    if now.open:
        return ["unknown"] if seen_later else ["died"] if death else []
    if death is not None and death <= reach.date():
        return ["died"]
    if now.to in HOME:
        return ["home"]
    if now.to in ("died", "against_advice"):
        return [str(now.to)]
    return [str(now.to), "unknown"] if now.to in BEDDED else ["unknown"]


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), rule=st.sampled_from(list(SpellRule)))
def test_paths(seed: int, rule: SpellRule) -> None:
    tables = dict(crowd(seed, 80))
    person = tables["person"].to_pylist()
    for row in person[::5]:
        row |= {"death_date": (START + timedelta(days=seed % 20)).date()}
    stay = tables["stay"].to_pylist()
    for number, row in enumerate(stay):
        if row["setting"] == "emergency" and number % 3:
            row["setting"] = "rehabilitation"
    tables = tables_of({**tables, "person": person, "stay": stay})
    told = journeys(tables, rule).to_pylist()
    ordered, joined = tables["stay"].to_pylist(), spells(tables, rule).to_pylist()
    seen = set[str]()
    for row in person:
        mine = [[r for r in rows if r["person_id"] == row["person_id"]]
                for rows in (ordered, joined, told)]  # fmt: skip
        own = beds(row, mine[0], mine[1])
        for spell in mine[2]:
            first = next(bed for bed in own if bed.spell == spell["spell_id"])
            assert spell["path"] == path(own, first, row["death_date"]), spell
            steps = spell["path"].split(" > ")
            assert not set(steps[:-1]) & set(ENDS)
            seen |= set(steps)
    assert seen >= {"acute", "nursing_facility", "rehabilitation", *ENDS} - {"against_advice"}
