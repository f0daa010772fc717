"""Reads an OMOP Common Data Model, versions 5.2 to 5.4, into canonical rows.

The source is a folder of CSV or Parquet files, a DuckDB file, or a PostgreSQL database by URL. Only
the table person must be there. Every row that is read becomes a row of the History or is counted
under `left_out` with the reason; a date or number that cannot be read rejects its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import ibis.expr.types as ir

from features.errors import InputError
from features.readers.delays import CODED_AFTER
from features.readers.omop import facts, layout, people, visits
from features.readers.omop.details import only_detail, visit_of_detail
from features.readers.omop.facts import EVENTS, Event, Facts
from features.readers.omop.people import People
from features.readers.omop.place import Place, place
from features.readers.omop.visits import Visits
from features.readers.omop.vocabulary import Named, Vocabulary, absent, named_in, vocabulary
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.workshop import Workshop, counted

DELAYS = {
    "person.death_known": "on the day of death",
    "registration.known_at": "on the first day",
    "coverage.known_at": "on the first day",
    "stay.admitted_known": "at admission, as an admission feed would tell",
    "stay.discharged_known": "at discharge, as an admission feed would tell",
    "stay.coded_known": f"{CODED_AFTER} days after discharge",
    "visit.known_at": "at the visit",
    "diagnosis.known_at": "with the codes of the stay; of a visit or problem list, when recorded",
    "procedure.known_at": "with the codes of the stay; of a visit, when recorded",
    "dispensing.known_at": "on the day of supply",
    "measurement.known_at": "when measured",
}


def read(workshop: Workshop, given: Source) -> Reading:
    """Raises InputError where there is no table person, or a table lacks a column it must have."""
    source = place(workshop, given)
    found = people.opened(source, _needed(source, given))
    rows = source.table(layout.VISIT_OCCURRENCE)
    events = [(event, source.table(event.layout)) for event in EVENTS]
    there = [(event, table) for event, table in events if table is not None]
    cost = source.table(layout.COST)
    known = vocabulary(workshop, source, _named(found, rows, there, cost))
    seen = visits.opened(
        workshop, absent(layout.VISIT_OCCURRENCE) if rows is None else rows, found, known
    )
    coded = [facts.facts(event, table, known) for event, table in there]
    return _reading(workshop, source, found, known, seen, coded, cost)


def _needed(source: Place, given: Source) -> ir.Table:
    person = source.table(layout.PERSON)
    if person is None:
        raise InputError(
            "the table person is missing",
            where=str(given),
            cure="name the folder or schema of the OMOP tables: person.csv, person.csv.gz or "
            "person.parquet must be there",
        )
    return person


def _named(
    found: People,
    rows: ir.Table | None,
    events: Sequence[tuple[Event, ir.Table]],
    cost: ir.Table | None,
) -> Named:
    """Every column that names concepts."""
    others = {"visit_occurrence": rows, "cost": cost} | {e.layout.name: t for e, t in events}
    return dict(found.concepts) | {
        column: ids
        for name, table in others.items()
        if table is not None
        for column, ids in named_in(name, table).items()
    }


def _reading(
    workshop: Workshop,
    source: Place,
    found: People,
    known: Vocabulary,
    seen: Visits,
    coded: Sequence[Facts],
    cost: ir.Table | None,
) -> Reading:
    details = _details(workshop, source, coded)
    priced = visits.costs(cost, "visit", known)
    last = found.last()
    tables = {
        "person": people.persons(found, known),
        "registration": people.registrations(found),
        "coverage": people.coverages(found, last),
        "stay": visits.stays(seen, found, known, priced),
        "visit": visits.contacts(seen, found, known, priced),
        "diagnosis": facts.diagnoses(coded, seen, known, details),
        "procedure": facts.procedures(coded, seen, known, details),
        "dispensing": facts.dispensings(coded, visits.costs(cost, "drug", known)),
        "measurement": facts.measurements(coded, known),
    }
    return Reading(
        source="omop",
        tables={name: rows for name, rows in tables.items() if rows is not None},
        precision=_precision(seen),
        delays=DELAYS,
        last=last,
        read=_read(found),
        left_out=_left_out(found, seen, coded, cost),
    )


def _details(workshop: Workshop, source: Place, coded: Sequence[Facts]) -> ir.Table | None:
    """Visits by detail, where any fact needs them."""
    tied = [f.rows for f in coded if "visit_detail_id" in f.rows.columns]
    if not any(only_detail(rows) for rows in tied):
        return None
    detail = source.table(layout.VISIT_DETAIL)
    return None if detail is None else visit_of_detail(workshop, detail)


def _precision(seen: Visits) -> dict[str, str]:
    days = ("person", "registration", "coverage", "diagnosis", "procedure", "dispensing")
    times = "minute" if seen.minutes else "day"
    return {**dict.fromkeys(days, "day"), "stay": times, "visit": times, "measurement": times}


def _read(found: People) -> dict[str, int]:
    """Spans of plans that were joined count as read and merged."""
    spans = people.unobserved(found)
    if spans is None or not counted(spans):
        return {}
    own = 0 if found.observed is None else counted(found.observed)
    return {"coverage": own + counted(spans)}


def _left_out(
    found: People, seen: Visits, coded: Sequence[Facts], cost: ir.Table | None
) -> dict[str, dict[str, int]]:
    """Rows that became no row, by the canonical table they might have been of."""
    left: dict[str, Counter[str]] = {}
    for of in coded:
        own = left.setdefault(of.event.layout.table, Counter())
        for home, number in of.counts.items():
            if home not in facts.HOMES:
                own[f"{of.event.layout.name}: {home}"] += number
        own[f"{of.event.layout.name}: {facts.LOCAL}"] += of.local
        own[f"{of.event.layout.name}: {facts.OPERATORS}"] += of.bounds
    left.setdefault("visit", Counter()).update(
        {
            visits.UNKNOWN_KIND: seen.left,
            "costs of other events than visits and drug exposures": visits.unplaced_costs(cost),
            **visits.lost_costs(cost, "visit", seen.placed),
        }
    )
    left.setdefault("dispensing", Counter()).update(_lost_costs_of_drugs(coded, cost))
    left["person"] = Counter({"deaths told again, or of nobody": _spare_deaths(found)})
    left["coverage"] = Counter(
        {"spans of plans of people with an observation period": _spare(found)}
    )
    plain = {table: {why: n for why, n in own.items() if n} for table, own in left.items()}
    return {table: own for table, own in plain.items() if own}


def _lost_costs_of_drugs(coded: Sequence[Facts], cost: ir.Table | None) -> dict[str, int]:
    supplied = [of.rows for of in coded if of.event.prefix == "drug"]
    return {
        why: number
        for rows in supplied
        for why, number in visits.lost_costs(
            cost, "drug", rows.filter(rows.home == "dispensing").select(id="drug_exposure_id")
        ).items()
    }


def _spare_deaths(found: People) -> int:
    dead = found.deaths()
    if found.death is None or dead is None:
        return 0
    return counted(found.death) - counted(dead.semi_join(found.person, "person_id"))


def _spare(found: People) -> int:
    spans = people.unobserved(found)
    if found.payer is None or spans is None:
        return 0
    return counted(found.payer) - counted(spans)


READER = Reader("omop", "OMOP CDM 5.2 to 5.4: a folder, a DuckDB file or a PostgreSQL URL", read)
