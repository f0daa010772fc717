"""Coded facts of an OMOP source: which code each has, and which canonical table is its home.

The code is the one that was recorded: that of the source concept where its vocabulary is one the
History names, else that of the standard concept, else the source value as a LOCAL code. No prefix
of a concept id is ever read as a code.

OMOP files a record by the domain of its standard concept, so diagnosis codes (Z99.2, dialysis) may
lie among observations, and procedure codes (a laboratory test billed) among measurements. They go
home by their code system. A measurement without a value says that a test was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.layout import Layout
from features.readers.omop import layout, words
from features.readers.omop.details import with_visit
from features.readers.omop.visits import TIME, Visits, at
from features.readers.omop.vocabulary import Vocabulary, told

NO_CODE = "rows without a concept or a source value"
NO_VALUE = "rows without a value"
GIVEN = "doses given, not supplies"
OPERATORS = "operators beside a value, such as less than"
LOCAL = "codes of a vocabulary that the History does not name, kept as LOCAL"


@dataclass(frozen=True)
class Event:
    """One of the event tables: the prefix of its columns and the day its rows are of."""

    layout: Layout
    prefix: str
    day: str
    time: str | None = None


EVENTS = (
    Event(layout.CONDITION_OCCURRENCE, "condition", "condition_start_date"),
    Event(layout.PROCEDURE_OCCURRENCE, "procedure", "procedure_date"),
    Event(layout.DRUG_EXPOSURE, "drug", "drug_exposure_start_date"),
    Event(layout.MEASUREMENT, "measurement", "measurement_date", "measurement_datetime"),
    Event(layout.OBSERVATION, "observation", "observation_date", "observation_datetime"),
)


@dataclass(frozen=True)
class Facts:
    """Rows of one event table with their code and home.

    rows    the source columns and code_system, code, home (a canonical table, or why it has none)
    counts  home -> rows
    local   rows with a LOCAL code
    bounds  values that are told with an operator other than equals
    """

    event: Event
    rows: ir.Table
    counts: dict[str, int]
    local: int
    bounds: int


def facts(event: Event, rows: ir.Table, vocabulary: Vocabulary) -> Facts:
    """Every row with its code and its home, counted."""
    coded = _coded(event, rows, vocabulary)
    homed = coded.mutate(home=_home(event, coded, vocabulary))
    counts = homed.group_by("home").agg(
        number=homed.count(), local=(homed.code_system == "LOCAL").sum(), bounds=_bounds(homed)
    )
    found = counts.to_pyarrow().to_pylist()
    return Facts(
        event,
        homed,
        {row["home"]: row["number"] for row in found},
        sum(row["local"] or 0 for row in found if row["home"] in HOMES),
        sum(row["bounds"] or 0 for row in found if row["home"] == "measurement"),
    )


EQUALS = (0, 4172703)
"""No operator, and the concept "="."""


def _bounds(rows: ir.Table) -> ir.IntegerScalar:
    if "operator_concept_id" not in rows.columns:
        return ibis.literal(0)
    told = rows.operator_concept_id.notin(EQUALS) & rows.value_as_number.notnull()
    return told.fill_null(False).sum()


HOMES = ("diagnosis", "procedure", "dispensing", "measurement")


def _coded(event: Event, rows: ir.Table, vocabulary: Vocabulary) -> ir.Table:
    recorded, standard = (
        vocabulary.concepts.select(
            **{f"{name}_{c}": c for c in ("concept_id", "system", "code", "concept_class")}
        )
        for name in ("recorded", "standard")
    )
    source = rows[f"{event.prefix}_source_concept_id"]
    joined = rows.left_join(recorded, source == recorded.recorded_concept_id)
    concept = joined[f"{event.prefix}_concept_id"]
    joined = joined.left_join(standard, concept == standard.standard_concept_id)
    by_recorded, by_standard = joined.recorded_system.notnull(), joined.standard_system.notnull()
    local = joined[f"{event.prefix}_source_value"].coalesce(
        joined.recorded_code, joined.standard_code, concept.nullif(0).cast("string")
    )
    return joined.select(
        *rows.columns,
        code_system=joined.recorded_system.coalesce(
            joined.standard_system, ibis.ifelse(local.notnull(), "LOCAL", None)
        ),
        code=ibis.cases(
            (by_recorded, joined.recorded_code), (by_standard, joined.standard_code), else_=local
        ),
        concept_class=ibis.ifelse(
            by_recorded, joined.recorded_concept_class, joined.standard_concept_class
        ),
    )


Rule = tuple[ir.BooleanValue, str]


def _home(event: Event, rows: ir.Table, vocabulary: Vocabulary) -> ir.StringValue:
    """The first rule that fits says where a row goes, and the event's own place if none does."""
    rules, otherwise = RULES[event.prefix]
    return ibis.cases(
        (rows.code.isnull(), NO_CODE), *rules(rows, vocabulary), else_=ibis.literal(otherwise)
    )


def _of_condition(rows: ir.Table, _: Vocabulary) -> Sequence[Rule]:
    return [(rows.code_system.isin(words.OF_PROCEDURES), "procedure")]


def _of_procedure(rows: ir.Table, _: Vocabulary) -> Sequence[Rule]:
    return [(rows.code_system.isin(words.OF_DIAGNOSES), "diagnosis")]


def _of_drug(rows: ir.Table, vocabulary: Vocabulary) -> Sequence[Rule]:
    return [(_administered(rows, vocabulary), GIVEN)]


def _of_measurement(rows: ir.Table, _: Vocabulary) -> Sequence[Rule]:
    return [
        (rows.code_system.isin(words.OF_DIAGNOSES), "diagnosis"),
        (_has_value(rows), "measurement"),
        (rows.code_system.isin((*words.OF_PROCEDURES, "SNOMED")), "procedure"),
    ]


def _of_observation(rows: ir.Table, _: Vocabulary) -> Sequence[Rule]:
    finding = (rows.code_system == "SNOMED") & rows.concept_class.isin(words.FINDINGS)
    return [
        (rows.code_system.isin(words.OF_DIAGNOSES), "diagnosis"),
        (_has_value(rows), "measurement"),
        (rows.code_system.isin(words.OF_PROCEDURES), "procedure"),
        (finding.fill_null(False), "diagnosis"),
    ]


RULES: Mapping[str, tuple[Callable[[ir.Table, Vocabulary], Sequence[Rule]], str]] = (
    MappingProxyType(
        {
            "condition": (_of_condition, "diagnosis"),
            "procedure": (_of_procedure, "procedure"),
            "drug": (_of_drug, "dispensing"),
            "measurement": (_of_measurement, NO_VALUE),
            "observation": (_of_observation, NO_VALUE),
        }
    )
)


def _administered(rows: ir.Table, vocabulary: Vocabulary) -> ir.BooleanValue:
    given = vocabulary.words("drug_exposure.drug_type_concept_id", words.administered)
    ids = [concept for concept, found in given.items() if found]
    return rows.drug_type_concept_id.isin(ids).fill_null(False) if ids else ibis.literal(False)


def _has_value(rows: ir.Table) -> ir.BooleanValue:
    concept = rows.value_as_concept_id.nullif(0)
    texts = [rows[c] for c in ("value_as_string", "value_source_value") if c in rows.columns]
    found = rows.value_as_number.notnull() | concept.notnull()
    for text in texts:
        found = found | text.notnull()
    return found


def diagnoses(
    found: Sequence[Facts], visits: Visits, vocabulary: Vocabulary, details: ir.Table | None
) -> ir.Table | None:
    """Diagnoses of every event table; those of a stay are known when it is coded, but an entry of
    a problem list when it is made."""
    return _united(_tied(facts, "diagnosis", visits, vocabulary, details) for facts in found)


def procedures(
    found: Sequence[Facts], visits: Visits, vocabulary: Vocabulary, details: ir.Table | None
) -> ir.Table | None:
    return _united(_tied(facts, "procedure", visits, vocabulary, details) for facts in found)


def _united(tables: Iterable[ir.Table | None]) -> ir.Table | None:
    there = [table for table in tables if table is not None]
    return ibis.union(*there) if len(there) > 1 else there[0] if there else None


def _tied(
    facts: Facts, home: str, visits: Visits, vocabulary: Vocabulary, details: ir.Table | None
) -> ir.Table | None:
    """Rows of one home with the stay or visit of the same person that they name."""
    if not facts.counts.get(home):
        return None
    own = facts.rows.filter(facts.rows.home == home)
    rows = with_visit(_placed(facts.event, own, vocabulary), details)
    ties = visits.ties
    found = rows.left_join(
        ties, [rows.visit_occurrence_id == ties.tie_visit, rows.person_id == ties.tie_person]
    )
    visit = found.tie_visit.cast("string")
    day = found.day.cast(TIME)
    coded = found.coded.coalesce(found.began + ibis.interval(days=CODED_AFTER))
    told_late = found.is_stay.fill_null(False) & ~found.live
    return found.select(
        "code_system", "code", "position",
        person_id=found.person_id.cast("string"),
        stay_id=ibis.ifelse(found.is_stay, visit, None),
        visit_id=ibis.ifelse(found.is_stay, None, visit),
        at=day,
        known_at=ibis.ifelse(
            told_late, ibis.greatest(coded, day), ibis.greatest(found.began, day).coalesce(day)
        ),
    )  # fmt: skip


def _placed(event: Event, rows: ir.Table, vocabulary: Vocabulary) -> ir.Table:
    """Rows with day, position in the list of codes, and whether recorded as it happened."""
    place, live = ibis.null("int32"), ibis.literal(False)
    if event.prefix in ("condition", "procedure"):
        column = f"{event.prefix}_type_concept_id"
        kind, named = rows[column], f"{event.layout.name}.{column}"
        place = told(kind, vocabulary.words(named, words.position), "int32")
        live = told(kind, vocabulary.words(named, words.recorded_live), "boolean").fill_null(False)
    if event.prefix == "condition":
        column = "condition_status_concept_id"
        ranked = vocabulary.words(f"{event.layout.name}.{column}", words.position)
        place = told(rows[column], ranked, "int32").coalesce(place)
    if event.prefix in ("measurement", "observation"):
        live = ibis.literal(True)
    return rows.select(
        "person_id", "visit_occurrence_id", "visit_detail_id", "code_system", "code",
        day=rows[event.day], position=place, live=live,
    )  # fmt: skip


def dispensings(found: Sequence[Facts], costs: ir.Table | None) -> ir.Table | None:
    """Medicines supplied, known on the day."""
    return _united(_supplied(facts, costs) for facts in found)


def _supplied(facts: Facts, costs: ir.Table | None) -> ir.Table | None:
    if not facts.counts.get("dispensing"):
        return None
    rows = facts.rows.filter(facts.rows.home == "dispensing")
    if costs is None:
        rows = rows.mutate(cost=ibis.null("float64"))
    else:
        priced = rows.left_join(costs, rows.drug_exposure_id == costs.event)
        rows = priced.select(*rows.columns, "cost")
    day = rows[facts.event.day].cast(TIME)
    return rows.select(
        "code_system", "code", "days_supply", "cost",
        person_id=rows.person_id.cast("string"), at=day, known_at=day,
    )  # fmt: skip


def measurements(found: Sequence[Facts], vocabulary: Vocabulary) -> ir.Table | None:
    """Values with their units (those of UCUM where the source names one), known at once."""
    return _united(_measured(facts, vocabulary) for facts in found)


def _measured(facts: Facts, vocabulary: Vocabulary) -> ir.Table | None:
    if not facts.counts.get("measurement"):
        return None
    rows, name = facts.rows.filter(facts.rows.home == "measurement"), facts.event.layout.name
    unit = told(rows.unit_concept_id, vocabulary.words(f"{name}.unit_concept_id", _unit), "string")
    concept = rows.value_as_concept_id
    named = told(
        concept, vocabulary.words(f"{name}.value_as_concept_id", lambda c: c.name or None), "string"
    )
    said = named.coalesce(rows.value_source_value)
    text = ibis.ifelse(rows.value_as_number.isnull(), said, ibis.null("string"))
    if "value_as_string" in rows.columns:
        text = rows.value_as_string.coalesce(text)
    when = at(rows[facts.event.day], rows[facts.event.time])
    return rows.select(
        "code_system", "code",
        person_id=rows.person_id.cast("string"),
        at=when,
        known_at=when,
        value=rows.value_as_number,
        unit=unit.coalesce(rows.unit_source_value),
        text=text,
    )  # fmt: skip


def _unit(concept: words.Concept) -> str | None:
    return concept.code if concept.vocabulary == "UCUM" else None
