"""The feature engine in plain Python: one moment, one feature, one row at a time.

It shares with the product the catalogue, the code sets and nothing else, and no null rule of the
kernel is used here. It is the oracle that the compiled kernel is compared with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from features.catalogue import Catalogue, Feature
from features.catalogue.sets import grouping
from features.tables.contract import Tables
from tests.reference.moment import Moment, Row, Spell, Stay, Value, day, span, window_days


def periods(moment: Moment, feature: Feature, table: str) -> Iterator[Any]:
    """Earlier spells or stays that meet the feature's filter."""
    asked = dict(feature.where)
    if table == "spell":
        for spell in moment.spells:
            first = spell.stays[0].row
            urgent = spell.urgency in asked.get("urgency", (spell.urgency,))
            if not spell.tied and urgent and meets(first, asked):
                yield spell
    else:
        yield from (s for s in moment.stays if s.earlier and meets(s.row, asked))


def meets(row: Row, asked: Mapping[str, tuple[str, ...]]) -> bool:
    return all(row[column] in values for column, values in asked.items() if column != "urgency")


def matching(moment: Moment, feature: Feature, table: str) -> list[tuple[Row, date]]:
    asked = dict(feature.where)
    return [(r, on) for r, on in moment.facts(table, feature.window or 0) if meets(r, asked)]


def undecided(moment: Moment, feature: Feature) -> bool:
    """A choice by urgency cannot be made while an undecided spell lies in the window."""
    asked = dict(feature.where)
    if "urgency" not in asked or "undecided" in asked["urgency"]:
        return False
    inside = window_days(moment.day, feature.window or 0)
    return any(
        s.urgency == "undecided" and s.start in inside and meets(s.stays[0].row, asked)
        for s in moment.spells
        if not s.tied
    )


def count(moment: Moment, feature: Feature) -> Value:
    if undecided(moment, feature):
        return None
    if feature.table in ("spell", "stay"):
        until = moment.day if feature.anchor == "index" else moment.admitted()
        if until is None:
            return None
        inside = window_days(until, feature.window or 0)
        found = [p for p in periods(moment, feature, feature.table) if p.start in inside]
        if feature.anchor == "admission" and not found:
            return 0.0 if moment.observed(feature.table, feature.window or 0, until) else None
    else:
        found = matching(moment, feature, feature.table)
    return float(len(found)) if found else moment.zero(feature)


def total(moment: Moment, feature: Feature) -> Value:
    """Tables are summed one after the other, each in its own order."""
    rows, known, whole = 0, 0, 0.0
    inside = window_days(moment.day, feature.window or 0)
    for table in feature.tables:
        values: list[float | None] = []
        if table == "stay":
            for stay in periods(moment, feature, table):
                if stay.start in inside:
                    coded = moment.known(moment.coded(stay.row["coded_known"], stay.row))
                    values.append(stay.row[feature.column] if coded else None)
        else:
            values = [row[feature.column] for row, _ in matching(moment, feature, table)]
        part = 0.0
        for value in values:
            if value is not None:
                part += value
                known += 1
        rows += len(values)
        whole += part
    if not rows:
        return moment.zero(feature)
    return whole if known else None


def days(moment: Moment, feature: Feature) -> Value:
    if undecided(moment, feature):
        return None
    inside = window_days(moment.day, feature.window or 0)
    spent: set[date] = set()
    for period in periods(moment, feature, feature.table):
        spent |= span(period.start, period.end) & inside
    return float(len(spent)) if spent else moment.zero(feature)


def left(period: Stay | Spell, moment: Moment) -> date:
    """Day a period ended; the index day where it has not."""
    still = period.open if isinstance(period, Spell) else not period.ended
    return moment.day if still else period.end


def days_since(moment: Moment, feature: Feature) -> Value:
    inside = window_days(moment.day, feature.window or 0)
    if feature.table in ("spell", "stay"):
        by_end = feature.column == "discharged_at"
        found = periods(moment, feature, feature.table)
        dates = [left(p, moment) if by_end else p.start for p in found]
        dates = [on for on in dates if on in inside]
    else:
        dates = [on for _, on in matching(moment, feature, feature.table)]
    return float(min((moment.day - on).days for on in dates)) if dates else None


def last(moment: Moment, feature: Feature) -> Value:
    if feature.table == "registration":
        return last_registration(moment, feature)
    if feature.table == "spell":
        inside = window_days(moment.day, feature.window or 0)
        ended = [s for s in periods(moment, feature, "spell") if left(s, moment) in inside]
        return ended[-1].final.row["discharged_to"] if ended else None
    values = [row[feature.column] for row, _ in matching(moment, feature, feature.table)]
    known = [value for value in values if value is not None]
    return known[-1] if known else None


def last_registration(moment: Moment, feature: Feature) -> Value:
    for row in reversed(moment.rows["registration"]):
        holds = row["to_at"] is None or day(row["to_at"]) >= moment.day
        if moment.in_view(row["known_at"], day(row["from_at"])) and holds:
            value = row[feature.column]
            return float(value) if isinstance(value, bool) else value
    return None


def key(row: Row, feature: Feature) -> object:
    return (row["code_system"], row["code"]) if feature.column == "code" else row[feature.column]


def distinct(moment: Moment, feature: Feature) -> Value:
    found = [row for row, _ in matching(moment, feature, feature.table)]
    if feature.code_set:
        if not found:
            return moment.zero(feature)
        if not readable(moment, feature, found):
            return None
        found = [row for row in found if reads(feature.code_set, row)]
        if feature.group:
            found = [row for row in found if feature.group in groups_of(feature.code_set, row)]
        keys = {key(row, feature) for row in found}
        return float(len(keys)) if keys else moment.zero(feature)
    keys = {key(row, feature) for row in found} - {None}
    if not found:
        return moment.zero(feature)
    return float(len(keys)) if keys else None


def top_share(moment: Moment, feature: Feature) -> Value:
    found = Counter(key(row, feature) for row, _ in matching(moment, feature, feature.table))
    del found[None]
    return max(found.values()) / sum(found.values()) if found else None


def groups_of(code_set: str, row: Row) -> set[str]:
    codes = grouping(code_set)
    bits = int(codes.bits(row["code_system"], [row["code"]])[0])
    return {group for place, group in enumerate(codes.groups) if bits >> place & 1}


def reads(code_set: str, row: Row) -> bool:
    return bool(grouping(code_set).reads_codes(row["code_system"], [row["code"]])[0])


def readable(moment: Moment, feature: Feature, found: list[Row]) -> bool:
    read = sum(reads(feature.code_set, row) for row in found)
    return read >= moment.catalogue.least_share * len(found)


def grouped(moment: Moment, feature: Feature) -> Value:
    found = [row for row, _ in moment.facts(feature.table, feature.window or 0)]
    present = set[str]().union(*(groups_of(feature.code_set, row) for row in found))
    if feature.measure == "flag" and feature.group in present:
        return 1.0
    if found and not readable(moment, feature, found):
        return None
    if feature.measure == "flag" or not present:
        return moment.zero(feature)
    codes = grouping(feature.code_set)
    if feature.hierarchy:
        present -= {weak for strong, weak in codes.hierarchy if strong in present}
    if feature.measure == "groups":
        return float(len(present))
    weights = codes.weights[feature.scheme]
    return float(sum(weights.get(group, 0.0) for group in codes.groups if group in present))


def readable_share(moment: Moment, feature: Feature) -> Value:
    found = [row for row, _ in moment.facts(feature.table, feature.window or 0)]
    read = sum(reads(feature.code_set, row) for row in found)
    return read / len(found) if found else None


def observed_share(moment: Moment, feature: Feature) -> Value:
    window = feature.window or 0
    return moment.observed(feature.table, window) / window


def fact(moment: Moment, feature: Feature) -> Value:
    return FACTS[feature.column](moment)


def age(moment: Moment) -> Value:
    born = next((row["birth_date"] for row in moment.rows["person"]), None)
    if born is None or born > moment.day:
        return None
    before = (moment.day.month, moment.day.day) < (born.month, born.day)
    return float(moment.day.year - born.year - before)


def sex(moment: Moment) -> Value:
    known = next((row["sex"] for row in moment.rows["person"]), "unknown")
    return None if known == "unknown" else known


def nights(moment: Moment) -> Value:
    own = moment.index_spell()
    spell = next((s for s in moment.spells if s.tied), None)
    if not own:
        return None
    return float(((own[0].end if spell is None else spell.end) - own[0].start).days)


def unplanned(moment: Moment) -> Value:
    spell = next((s for s in moment.spells if s.tied), None)
    return None if spell is None else {"unplanned": 1.0, "planned": 0.0}.get(spell.urgency)


def went_to(moment: Moment) -> Value:
    stay = next((s for s in moment.stays if s.row["stay_id"] == moment.moment["stay_id"]), None)
    return stay.row["discharged_to"] if stay is not None and stay.ended else None


def joined(moment: Moment) -> Value:
    own = moment.index_spell()
    return float(len(own)) if own else None


FACTS = {
    "age": age,
    "sex": sex,
    "moment": lambda moment: moment.moment["moment"],
    "nights": nights,
    "unplanned": unplanned,
    "discharged_to": went_to,
    "stays": joined,
}
MEASURES = {
    "count": count,
    "sum": total,
    "days": days,
    "days_since": days_since,
    "last": last,
    "distinct": distinct,
    "top_share": top_share,
    "flag": grouped,
    "groups": grouped,
    "index": grouped,
    "readable_share": readable_share,
    "observed_share": observed_share,
    "fact": fact,
}


def features_of(
    tables: Tables, moments: pa.Table, catalogue: Catalogue, *, mode: str = "adt"
) -> list[list[Value]]:
    """One list of values per moment, in the catalogue's order; None is null."""
    rows = {name: of_people(table) for name, table in tables.items()}
    views = (
        Moment(
            {n: held.get(row["person_id"], []) for n, held in rows.items()}, row, catalogue, mode
        )
        for row in moments.to_pylist()
    )
    return [[MEASURES[f.measure](view, f) for f in catalogue] for view in views]


def of_people(table: pa.Table) -> Mapping[str, list[Row]]:
    """The rows of a table by person, in order."""
    found: dict[str, list[Row]] = {}
    for row in table.to_pylist():
        found.setdefault(row["person_id"], []).append(row)
    return found


def same(value: Value, found: Value) -> bool:
    return value == found and (value is None) == (found is None)


def differences(
    expected: Iterable[list[Value]], decoded: pa.Table, names: tuple[str, ...]
) -> list[tuple[int, str, Value, Value]]:
    """Where a decoded matrix does not say exactly what was expected."""
    rows = decoded.to_pylist()
    return [
        (i, name, value, rows[i][name])
        for i, values in enumerate(expected)
        for name, value in zip(names, values, strict=True)
        if not same(value, rows[i][name])
    ]
