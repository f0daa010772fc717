"""Visits of an OMOP source as stays and visits, and what ties a fact to one of them.

Each row of visit_occurrence stays a row: an emergency visit and the admission it led to, as older
conversions keep them, are an emergency stay and an acute one; concept 262 is one acute stay entered
by way of the emergency department. `preceding_visit_occurrence_id` only says what came before in
time, which the times say already, so it is not read.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.omop import words
from features.readers.omop.people import People
from features.readers.omop.vocabulary import Vocabulary, told
from features.readers.omop.words import Kind
from features.readers.workshop import Workshop, counted

TIME = "timestamp(6)"
UNKNOWN_KIND = "visits whose visit_concept_id names no known kind of visit"


@dataclass(frozen=True)
class Visits:
    """Visits with a known kind, computed once.

    rows     id, person, table, setting, via, started, ended, coded_known, and what is told of it
    read     rows of visit_occurrence by canonical table; left: rows of no known kind
    minutes  whether any visit has a time of day
    """

    rows: ir.Table
    read: dict[str, int]
    left: int
    minutes: bool

    @property
    def placed(self) -> ir.Table:
        """The ids of those that become rows."""
        return self.rows.filter(self.rows.table.notnull()).select("id")

    @property
    def ties(self) -> ir.Table:
        """What a fact needs of its visit. A visit id that several rows have ties nothing."""
        single = self.rows.filter(self.rows.alone)
        return single.select(
            tie_visit="id",
            tie_person="person",
            is_stay=single.table == "stay",
            began="started",
            coded="coded_known",
        )


def opened(workshop: Workshop, rows: ir.Table, people: People, vocabulary: Vocabulary) -> Visits:
    """The visits with their kinds, times and places."""
    kinds = _kinds(vocabulary)
    placed = rows.mutate(
        **{c: _kind(rows, kinds, c) for c in ("table", "setting", "via")},
        started=at(rows.visit_start_date, rows.visit_start_datetime),
        finished=at(rows.visit_end_date, rows.visit_end_datetime),
        origin=_place(rows, "admitted_from", words.FROM, vocabulary),
        destination=_place(rows, "discharged_to", words.TO, vocabulary),
    )
    timed = placed.mutate(ended=_ended(placed))
    made = timed.select(
        "table", "setting", "via", "started", "ended", "origin", "destination",
        "provider_id", "care_site_id",
        id="visit_occurrence_id",
        person="person_id",
        coded_known=timed.ended + ibis.interval(days=CODED_AFTER),
        alone=timed.person_id.count().over(ibis.window(group_by="visit_occurrence_id")) == 1
        if _repeated(rows)
        else ibis.literal(True),
    )  # fmt: skip
    kept = workshop.kept("omop_visits", _died(made, people), [])
    by_table = kept.group_by("table").agg(
        number=kept.count(), minutes=(_timed(kept.started) | _timed(kept.ended)).any()
    )
    found = by_table.to_pyarrow().to_pylist()
    return Visits(
        kept,
        {row["table"]: row["number"] for row in found if row["table"]},
        sum(row["number"] for row in found if not row["table"]),
        any(row["minutes"] for row in found),
    )


def at(day: ir.DateValue, time: ir.TimestampValue) -> ir.TimestampValue:
    """The time told, where it lies on the day told; else the day. Days are what everybody fills."""
    return ibis.ifelse(time.date() == day, time, day.cast(TIME)).coalesce(day.cast(TIME))


def _timed(time: ir.TimestampValue) -> ir.BooleanValue:
    return time != time.truncate("D")


def _ended(rows: ir.Table) -> ir.TimestampValue:
    """An end told as a day alone is not before a beginning on that day at some hour."""
    same = rows.visit_start_date == rows.visit_end_date
    untimed = ~_timed(rows.finished)
    return ibis.ifelse(same & untimed, ibis.greatest(rows.started, rows.finished), rows.finished)


def _repeated(rows: ir.Table) -> bool:
    both = rows.agg(rows=rows.count(), ids=rows.visit_occurrence_id.nunique())
    return len(set(both.to_pyarrow().to_pylist()[0].values())) > 1


def _kinds(vocabulary: Vocabulary) -> dict[int, Kind]:
    """Ancestors are asked only for the concepts that neither id nor code tells."""
    concepts = vocabulary.of("visit_occurrence.visit_concept_id")
    direct = {c.concept_id: words.visit_kind(c) for c in concepts}
    rest = vocabulary.ancestors([c for c in concepts if direct[c.concept_id] is None])
    found = direct | {c.concept_id: words.visit_kind(c) for c in rest}
    return {concept: kind for concept, kind in found.items() if kind is not None}


def _kind(rows: ir.Table, kinds: dict[int, Kind], of: str) -> ir.StringValue:
    return told(rows.visit_concept_id, {i: getattr(k, of) for i, k in kinds.items()}, "string")


def _place(
    rows: ir.Table, of: str, allowed: tuple[str, ...], vocabulary: Vocabulary
) -> ir.StringValue:
    concept, said = rows[f"{of}_concept_id"], rows[f"{of}_source_value"]
    by_concept = vocabulary.words(
        f"visit_occurrence.{of}_concept_id", lambda found: words.place(found, allowed)
    )
    by_word = {word: words.place_said(word, allowed) for word in words.PLACE_WORDS}
    return told(concept, by_concept, "string").coalesce(
        told(said.strip().lower(), by_word, "string")
    )


def _died(rows: ir.Table, people: People) -> ir.Table:
    """Who died between the days of admission and discharge died there, unless told otherwise."""
    dead = people.deaths()
    if dead is None:
        return rows
    joined = rows.left_join(dead, rows.person == dead.person_id)
    inside = joined.death_date.between(joined.started.date(), joined.ended.date())
    return joined.select(
        *(c for c in rows.columns if c != "destination"),
        destination=joined.destination.coalesce(
            ibis.ifelse(inside, ibis.literal("died"), ibis.null("string"))
        ),
    )


def stays(
    visits: Visits, people: People, vocabulary: Vocabulary, costs: ir.Table | None
) -> ir.Table:
    rows = _told(visits, "stay", people, vocabulary, costs)
    via = rows.via == "emergency"
    return rows.select(
        "specialty", "cost", "drg", "facility_id", "setting", "coded_known",
        person_id=rows.person.cast("string"),
        stay_id=rows.id.cast("string"),
        admitted_at=rows.started,
        discharged_at=rows.ended,
        admitted_known=rows.started,
        discharged_known=rows.ended,
        admission_method=ibis.ifelse(via.fill_null(False), "emergency", "unknown"),
        admitted_from=rows.via.coalesce(rows.origin),
        discharged_to=rows.destination,
    )  # fmt: skip


def contacts(
    visits: Visits, people: People, vocabulary: Vocabulary, costs: ir.Table | None
) -> ir.Table:
    rows = _told(visits, "visit", people, vocabulary, costs)
    return rows.select(
        "specialty", "cost", "facility_id", "setting",
        person_id=rows.person.cast("string"),
        visit_id=rows.id.cast("string"),
        at=rows.started,
        known_at=rows.started,
        provider_id=rows.provider_id.cast("string"),
    )  # fmt: skip


def _told(
    visits: Visits, table: str, people: People, vocabulary: Vocabulary, costs: ir.Table | None
) -> ir.Table:
    """Rows of one canonical table with facility, specialty, cost and DRG."""
    rows = visits.rows.filter(visits.rows.table == table)
    rows = rows.mutate(facility_id=rows.care_site_id.cast("string"))
    rows = _with_specialty(rows, people, vocabulary)
    if costs is None:
        return rows.mutate(cost=ibis.null("float64"), drg=ibis.null("string"))
    found = rows.left_join(costs, rows.id == costs.event)
    return found.select(*rows.columns, "cost", "drg")


def _with_specialty(rows: ir.Table, people: People, vocabulary: Vocabulary) -> ir.Table:
    """The name of the provider's specialty, else what the source calls it."""
    provider = people.provider
    if provider is None:
        return rows.mutate(specialty=ibis.null("string"))
    concept = provider.specialty_concept_id
    named = told(
        concept,
        vocabulary.words("provider.specialty_concept_id", lambda c: c.name or None),
        "string",
    )
    own = provider.select("provider_id", specialty=named.coalesce(provider.specialty_source_value))
    single = own.group_by("provider_id").agg(specialty=own.specialty.min())
    return rows.left_join(single, "provider_id").drop("provider_id_right")


def costs(cost: ir.Table | None, domain: str, vocabulary: Vocabulary) -> ir.Table | None:
    """One row per event of a domain: what was paid, else what it cost; never what was charged.

    Sums of several currencies are unknown.
    """
    if cost is None:
        return None
    rows = cost.filter(cost.cost_domain_id.lower().strip() == domain)
    drg = told(rows.drg_concept_id, vocabulary.words("cost.drg_concept_id", _drg), "string")
    priced = rows.select(
        "cost_event_id",
        "currency_concept_id",
        amount=rows.total_paid.coalesce(rows.total_cost),
        drg=rows.drg_source_value.coalesce(drg),
    )
    exact = priced.amount.try_cast("decimal(38, 6)").sum().cast("float64")  # in any order of rows
    return priced.group_by(event="cost_event_id").agg(
        cost=ibis.cases(
            (priced.currency_concept_id.nunique() > 1, None),
            (priced.amount.count() == 1, priced.amount.max()),
            else_=exact,
        ),
        drg=priced.drg.max(),
    )


def _drg(concept: words.Concept) -> str | None:
    return concept.code if concept.vocabulary in ("DRG", "APR-DRG") else None


def lost_costs(cost: ir.Table | None, domain: str, events: ir.Table) -> dict[str, int]:
    """Rows of cost of a domain that no row carries, by reason. `events` has their `id`."""
    if cost is None:
        return {}
    rows = cost.filter(cost.cost_domain_id.lower().strip() == domain)
    known = rows.semi_join(events, rows.cost_event_id == events.id)
    several = known.group_by("cost_event_id").agg(
        rows=known.count(), currencies=known.currency_concept_id.nunique()
    )
    return {
        f"costs of a {domain} that became no row": counted(rows) - counted(known),
        f"costs of a {domain} in several currencies": int(
            several.filter(several.currencies > 1).rows.sum().to_pyarrow().as_py() or 0
        ),
    }


def unplaced_costs(cost: ir.Table | None) -> int:
    """Rows of cost that neither a visit nor a drug exposure is the event of."""
    if cost is None:
        return 0
    domain = cost.cost_domain_id.lower().strip()
    return counted(cost.filter(~domain.isin(["visit", "drug"]).fill_null(False)))
