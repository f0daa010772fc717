"""Writes a History as FHIR R4 resources, the facts where the reader looks for them.

Codes of contacts are Conditions that their Encounter ranks; cost and DRG are an explanation of
benefit of the Encounter. Times get a "Z", because FHIR wants a zone with every time of day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from features.readers.delays import CODED_AFTER
from features.readers.fhir.codings import SYSTEMS
from features.readers.fhir.places import NHS_METHODS, POS, RACES, SCT
from features.tables.contract import Tables
from tests.exporters.carried import days_after, only, set_column
from tests.fhir_resources import ACT, Resource, concept, to

CARRIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": ("birth_date", "sex", "death_date", "ethnicity", "language"),
        "registration": ("practice_id", "locality"),
        "coverage": ("from_at", "to_at", "kind"),
        "stay": (
            "stay_id", "facility_id", "setting", "admitted_at", "discharged_at",
            "admission_method", "admitted_from", "discharged_to", "day_case", "specialty", "drg",
            "cost",
        ),
        "visit": ("visit_id", "at", "setting", "provider_id", "facility_id", "specialty", "cost"),
        "diagnosis": (
            "stay_id", "visit_id", "at", "known_at", "code_system", "code", "position"
        ),
        "procedure": ("stay_id", "visit_id", "at", "code_system", "code"),
        "dispensing": ("at", "code_system", "code", "days_supply"),
        "measurement": ("at", "known_at", "code_system", "code", "value", "unit", "text"),
    }
)  # fmt: skip
"""Not carried: programme; all registrations but the last, and when it began; coverage of hospital
or inpatient care alone, and that cover of everything is one; that a stay is no day case; when a
diagnosis of no contact was known; positions of procedures; costs of supplies; words beside a
number."""

URIS = {system: uri for uri, system in reversed(SYSTEMS.items())}
HL7 = "http://terminology.hl7.org/CodeSystem/"
NHS_METHOD = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AdmissionMethod"
ORIGIN = "https://www.nubc.org/CodeSystem/PointOfOrigin"
METHODS = {method: code for code, method in reversed(NHS_METHODS.items())}
ORIGINS = {
    "home": (ORIGIN, "1"), "emergency": (ORIGIN, "7"), "acute": (ORIGIN, "4"),
    "nursing_facility": (ORIGIN, "5"), "rehabilitation": (HL7 + "admit-source", "rehab"),
    "other": (HL7 + "admit-source", "other"),
}  # fmt: skip
UB04 = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
LEFT = {
    "home": "01", "home_health": "06", "acute": "02", "nursing_facility": "03",
    "rehabilitation": "62", "psychiatric": "65", "hospice": "50", "died": "20",
    "against_advice": "07", "other": "70",
}  # fmt: skip
STAYS: Mapping[str, tuple[str, str | None]] = {
    "acute": ("ACUTE", None), "emergency": ("EMER", None), "nursing_facility": ("NONAC", "31"),
    "rehabilitation": ("NONAC", "61"), "long_term": ("NONAC", None), "psychiatric": ("IMP", "51"),
    "hospice": ("NONAC", "34"), "home_health": ("HH", None),
}  # fmt: skip
VISITS: Mapping[str, tuple[str, tuple[str, str] | None]] = {
    "outpatient": ("AMB", None), "primary_care": ("AMB", (SCT, "394814009")),
    "telehealth": ("VR", None), "home_visit": ("HH", None), "other": ("FLD", None),
}  # fmt: skip
RACE_CODES = {word: code for code, word in RACES.items()}
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
COVERAGES = {"all": ("medical", "pharmacy"), "medical": ("medical",), "pharmacy": ("pharmacy",)}


def export(tables: Tables, folder: Path) -> Path:
    """A Bulk Data folder: one NDJSON file for each resource type."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    try:
        for resource in resources_of(tables):
            kind = resource["resourceType"]
            if kind not in files:
                files[kind] = (folder / f"{kind}.ndjson").open("wb")
            files[kind].write(orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE))
    finally:
        for file in files.values():
            file.close()
    return folder


def resources_of(tables: Tables) -> Iterator[Resource]:
    """Every resource of the tables, patients first."""
    now = {row["person_id"]: row for row in _last_registration(tables["registration"]).to_pylist()}
    for row in tables["person"].to_pylist():
        yield _patient(row, now.get(row["person_id"]))
    number = count(1)
    named: dict[tuple[str, str], list[Resource]] = {}
    for row in tables["diagnosis"].to_pylist():
        yield _condition(row, f"{row['person_id']}-dx{next(number)}", named)
    for row in tables["stay"].to_pylist():
        yield from _contact(row, row["stay_id"], _stay(row), named)
    for row in tables["visit"].to_pylist():
        yield from _contact(row, row["visit_id"], _visit(row), named)
    for name, make in OTHERS.items():
        for row in tables[name].to_pylist():
            yield from make(row, f"{row['person_id']}-{name[:2]}{next(number)}")


def carried(tables: Tables) -> Tables:
    """The tables as FHIR has them, known when the reader declares."""
    kept = dict(only(tables, CARRIES))
    stay, visit, coverage = kept["stay"], kept["visit"], _coverage(kept["coverage"])
    moved = pc.and_(
        pc.equal(stay["admission_method"], "unknown"), pc.equal(stay["admitted_from"], "acute")
    )
    moved = pc.fill_null(moved, False)
    stay = set_column(
        stay, "admission_method", pc.if_else(moved, "transfer", stay["admission_method"])
    )
    case = pc.and_(stay["day_case"], pc.equal(stay["setting"], "acute"))
    stay = set_column(stay, "day_case", pc.if_else(pc.fill_null(case, False), True, None))
    for column, of, days in (
        ("admitted_known", "admitted_at", 0), ("discharged_known", "discharged_at", 0),
        ("coded_known", "discharged_at", CODED_AFTER),
    ):  # fmt: skip
        stay = set_column(stay, column, days_after(stay[of], days))
    visit = set_column(visit, "known_at", visit["at"])
    kept |= {"stay": stay, "visit": visit, "coverage": coverage}
    kept["diagnosis"] = _diagnosis(kept["diagnosis"], stay, visit)
    kept["procedure"] = _procedure(kept["procedure"], stay)
    kept["registration"] = _registration(tables["registration"], kept)
    kept["dispensing"] = set_column(kept["dispensing"], "known_at", kept["dispensing"]["at"])
    told = kept["measurement"]
    later = pc.max_element_wise(told["known_at"], told["at"])
    told = set_column(told, "known_at", later)
    bare = pc.if_else(pc.is_valid(told["value"]), None, told["text"])
    kept["measurement"] = set_column(told, "text", bare)
    return kept


def _last_registration(rows: pa.Table) -> pa.Table:
    rows = rows.sort_by([("person_id", "ascending"), ("from_at", "ascending")])
    names = ("practice_id", "locality")
    options = pc.ScalarAggregateOptions(skip_nulls=False)
    last = rows.group_by("person_id", use_threads=False).aggregate(
        [(name, "last", options) for name in names]
    )
    return last.rename_columns([name.removesuffix("_last") for name in last.column_names])


def _registration(rows: pa.Table, kept: Mapping[str, pa.Table]) -> pa.Table:
    """The last practice and locality, from the first day the person was seen."""
    days = [
        kept[name].select(["person_id", column]).rename_columns(["person_id", "from_at"])
        for name, column in (("stay", "admitted_at"), ("visit", "at"), ("coverage", "from_at"))
    ]
    seen = pa.concat_tables(days).group_by("person_id").aggregate([("from_at", "min")])
    told = _last_registration(rows)
    said = pc.or_(pc.is_valid(told["practice_id"]), pc.is_valid(told["locality"]))
    made = told.filter(said).join(seen, "person_id", join_type="inner")
    day = pc.floor_temporal(made["from_at_min"], unit="day")
    made = made.drop_columns(["from_at_min"])
    return made.append_column("from_at", day).append_column("known_at", day)


def _coverage(rows: pa.Table) -> pa.Table:
    made = [
        row | {"kind": kind} for row in rows.to_pylist() for kind in COVERAGES.get(row["kind"], ())
    ]
    found = pa.Table.from_pylist(made, schema=rows.schema)
    return set_column(found, "known_at", found["from_at"])


def _looked_up(facts: pa.Table, contacts: pa.Table, key: str, column: str) -> pa.Array:
    """`column` of the contact that each fact is of; null where it is of none."""
    own = pc.binary_join_element_wise(facts["person_id"], facts[key], "/")
    among = pc.binary_join_element_wise(contacts["person_id"], contacts[key], "/")
    place = pc.index_in(own, value_set=among.combine_chunks()).combine_chunks()
    return contacts[column].combine_chunks().take(place)


def _diagnosis(rows: pa.Table, stay: pa.Table, visit: pa.Table) -> pa.Table:
    """Of the day of its contact, and known no sooner; of no contact: known that day."""
    began = pc.coalesce(
        _looked_up(rows, stay, "stay_id", "admitted_at"), _looked_up(rows, visit, "visit_id", "at")
    )
    known = pc.max_element_wise(began, rows["known_at"].combine_chunks())
    own = rows["at"].combine_chunks()
    tied = pc.is_valid(began)
    day = pc.floor_temporal(pc.coalesce(began, own), unit="day")
    rows = set_column(rows, "at", day)
    return set_column(rows, "known_at", pc.if_else(tied, known, day))


def _procedure(rows: pa.Table, stay: pa.Table) -> pa.Table:
    """Known when its stay is coded, or as long after where that is open; else at once."""
    at = rows["at"].combine_chunks()
    coded = _looked_up(rows, stay, "stay_id", "coded_known")
    late = pc.add(at, pa.scalar(CODED_AFTER * 86_400_000_000, pa.duration("us")))
    settled = pc.if_else(
        pc.is_valid(rows["stay_id"]).combine_chunks(), pc.coalesce(coded, late), at
    )
    return set_column(rows, "known_at", pc.max_element_wise(settled, at))


def _iso(value: date | None) -> str | None:
    """A day as a date, a time of day with a zone."""
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat() + "Z"
    return None if value is None else str(value)


def _given(kind: str, name: str, **elements: Any) -> Resource:
    found = {"resourceType": kind, "id": name, **elements}
    return {key: value for key, value in found.items() if value is not None}


def _code(row: Mapping[str, Any]) -> Resource:
    system = row["code_system"]
    return concept((URIS.get(system, "urn:caseload:local"), row["code"]))


def _person(row: Mapping[str, Any]) -> Resource:
    return to("Patient", row["person_id"])


def _patient(row: Mapping[str, Any], now: Mapping[str, Any] | None) -> Resource:
    now = now or {}
    practice, locality = now.get("practice_id"), now.get("locality")
    spoken = row["language"] and [{"language": {"coding": [{"code": row["language"]}]}}]
    return _given(
        "Patient", row["person_id"],
        gender=row["sex"],
        birthDate=_iso(row["birth_date"]),
        deceasedDateTime=_iso(row["death_date"]),
        extension=_ethnicity(row["ethnicity"]),
        communication=spoken or None,
        generalPractitioner=[to("Organization", practice)] if practice else None,
        address=[{"use": "home", "state": locality}] if locality else None,
    )  # fmt: skip


def _ethnicity(word: str | None) -> list[Resource] | None:
    if word is None:
        return None
    told: Resource = {"url": "text", "valueString": word}
    parts = [told]
    if word in RACE_CODES:
        coding = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": RACE_CODES[word]}
        parts = [{"url": "ombCategory", "valueCoding": coding}, told]
    kind = "ethnicity" if word == "hispanic" else "race"
    return [{"url": US_CORE + kind, "extension": parts}]


def _condition(
    row: Mapping[str, Any], name: str, named: dict[tuple[str, str], list[Resource]]
) -> Resource:
    contact = row["stay_id"] or row["visit_id"]
    if contact is not None:
        entry = {"condition": to("Condition", name), "rank": row["position"]}
        plain = {key: value for key, value in entry.items() if value is not None}
        named.setdefault((row["person_id"], contact), []).append(plain)
    return _given(
        "Condition", name,
        subject=_person(row),
        code=_code(row),
        encounter=to("Encounter", contact) if contact else None,
        recordedDate=_iso(row["known_at"] if contact else row["at"]),
    )  # fmt: skip


def _contact(
    row: Mapping[str, Any], name: str, elements: Resource,
    named: Mapping[tuple[str, str], list[Resource]],
) -> Iterator[Resource]:  # fmt: skip
    """The encounter, and an explanation of benefit where there is cost or a DRG."""
    yield _given(
        "Encounter", name,
        subject=_person(row),
        diagnosis=named.get((row["person_id"], name)),
        serviceProvider=to("Organization", row["facility_id"]) if row["facility_id"] else None,
        serviceType={"text": row["specialty"]} if row["specialty"] else None,
        **elements,
    )  # fmt: skip
    if row["cost"] is None and row.get("drg") is None:
        return
    told = {"sequence": 1, "category": concept((HL7 + "claiminformationcategory", "info")),
            "code": concept(("https://bluebutton.cms.gov/resources/variables/clm_drg_cd",
                             row.get("drg")))}  # fmt: skip
    amount = {"category": concept((HL7 + "adjudication", "submitted")),
              "amount": {"value": row["cost"]}}  # fmt: skip
    yield _given(
        "ExplanationOfBenefit", f"eob-{name}",
        status="active", use="claim", type=concept((HL7 + "claim-type", "institutional")),
        patient=_person(row),
        supportingInfo=[told] if row.get("drg") else None,
        total=None if row["cost"] is None else [amount],
        item=[{"sequence": 1, "encounter": [to("Encounter", name)]}],
    )  # fmt: skip


def _class(code: str) -> Resource:
    return {"system": ACT, "code": code}


def _stay(row: Mapping[str, Any]) -> Resource:
    code, place = STAYS[row["setting"]]
    code = "SS" if row["setting"] == "acute" and row["day_case"] else code
    start, end = _iso(row["admitted_at"]), _iso(row["discharged_at"])
    origin, went = row["admitted_from"], row["discharged_to"]
    hospital = {
        "admitSource": concept(ORIGINS[origin]) if origin else None,
        "dischargeDisposition": concept((UB04, LEFT[went])) if went else None,
    }
    method = METHODS.get(row["admission_method"])
    urged = {"url": NHS_METHOD, "valueCodeableConcept": concept((HL7 + "nhs", method or ""))}
    return {
        "status": "finished" if end else "in-progress",
        "class": _class(code),
        "type": [concept((POS, place))] if place else None,
        "period": {k: at for k, at in (("start", start), ("end", end)) if at},
        "extension": [urged] if method else None,
        "hospitalization": {k: v for k, v in hospital.items() if v} or None,
    }


def _visit(row: Mapping[str, Any]) -> Resource:
    code, kind = VISITS[row["setting"]]
    at, seen = _iso(row["at"]), row["provider_id"]
    return {
        "status": "finished",
        "class": _class(code),
        "type": [concept(kind)] if kind else None,
        "period": {"start": at, "end": at},
        "participant": [{"individual": to("Practitioner", seen)}] if seen else None,
    }


def _cover(row: Mapping[str, Any], name: str) -> Iterator[Resource]:
    end = row["to_at"] and _iso(row["to_at"] - timedelta(days=1))
    period = {k: v for k, v in (("start", _iso(row["from_at"])), ("end", end)) if v}
    for kind in COVERAGES.get(row["kind"], ()):
        drugs = concept((ACT, "DRUGPOL")) if kind == "pharmacy" else concept((ACT, "EHCPOL"))
        yield _given("Coverage", f"{name}-{kind}", status="active", beneficiary=_person(row),
                     type=drugs, period=period)  # fmt: skip


def _procedure_of(row: Mapping[str, Any], name: str) -> Iterator[Resource]:
    contact = row["stay_id"] or row["visit_id"]
    yield _given(
        "Procedure", name,
        status="completed", subject=_person(row), code=_code(row),
        encounter=to("Encounter", contact) if contact else None,
        performedDateTime=_iso(row["at"]),
    )  # fmt: skip


def _dispense(row: Mapping[str, Any], name: str) -> Iterator[Resource]:
    days = row["days_supply"]
    yield _given(
        "MedicationDispense", name,
        status="completed", subject=_person(row), medicationCodeableConcept=_code(row),
        whenHandedOver=_iso(row["at"]),
        daysSupply=None if days is None else {"value": days, "unit": "day", "code": "d"},
    )  # fmt: skip


def _observation(row: Mapping[str, Any], name: str) -> Iterator[Resource]:
    quantity = {"value": row["value"]} | ({"unit": row["unit"]} if row["unit"] else {})
    known = row["known_at"]
    yield _given(
        "Observation", name,
        status="final", subject=_person(row), code=_code(row),
        effectiveDateTime=_iso(row["at"]),
        issued=known.isoformat() + "Z",
        valueQuantity=None if row["value"] is None else quantity,
        valueString=row["text"] if row["value"] is None else None,
    )  # fmt: skip


OTHERS: Mapping[str, Callable[[Mapping[str, Any], str], Iterator[Resource]]] = {
    "coverage": _cover,
    "procedure": _procedure_of,
    "dispensing": _dispense,
    "measurement": _observation,
}
