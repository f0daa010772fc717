"""FHIR resources written short: what matters to a test, the rest as a plain server would send it.

    encounter("e1", start="2020-01-01", end="2020-01-05", cls="IMP")

A name is an element; `**more` sets elements as FHIR writes them (None leaves one out).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

from features.readers.fhir import tables_of_bundle
from features.tables.contract import Tables

Resource: TypeAlias = dict[str, Any]

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SCT = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"


def concept(*codings: tuple[str, str], text: str | None = None) -> Resource:
    """A CodeableConcept of (system, code) pairs."""
    found = {"coding": [{"system": system, "code": code} for system, code in codings]}
    return found | ({"text": text} if text else {})


def to(kind: str, name: str) -> Resource:
    return {"reference": f"{kind}/{name}"}


def made(kind: str, name: str | None, given: Mapping[str, Any]) -> Resource:
    resource = {"resourceType": kind, "id": name, **given}
    return {key: value for key, value in resource.items() if value is not None}


def patient(name: str | None = "p1", /, **more: Any) -> Resource:
    return made("Patient", name, {"gender": "female", "birthDate": "1940-01-01", **more})


def encounter(
    name: str | None = "e1", *, start: str | None = "2020-01-01T10:00:00-05:00",
    end: str | None = None, cls: str = "AMB", person: str = "p1", **more: Any,
) -> Resource:  # fmt: skip
    period = {key: at for key, at in (("start", start), ("end", end)) if at is not None}
    base = {
        "status": "finished",
        "class": {"system": ACT, "code": cls},
        "subject": to("Patient", person),
        "period": period,
    }
    return made("Encounter", name, base | more)


def condition(
    name: str | None = "c1", code: tuple[str, str] | Resource = (ICD10CM, "I50.9"), *,
    person: str = "p1", at: str | None = None, **more: Any,
) -> Resource:  # fmt: skip
    base = {
        "subject": to("Patient", person),
        "code": concept(code) if isinstance(code, tuple) else code,
        "encounter": None if at is None else to("Encounter", at),
    }
    return made("Condition", name, base | more)


def observation(
    name: str = "o1", value: float | None = 5.5, *, person: str = "p1", **more: Any
) -> Resource:
    base = {
        "status": "final",
        "subject": to("Patient", person),
        "code": concept((LOINC, "718-7")),
        "effectiveDateTime": "2020-01-01T11:00:00-05:00",
        "valueQuantity": None if value is None else {"value": value, "unit": "g/dL"},
    }
    return made("Observation", name, base | more)


def medicine(kind: str, name: str, code: str = "860975", *, person: str = "p1",
             **more: Any) -> Resource:  # fmt: skip
    base = {
        "status": "completed",
        "subject": to("Patient", person),
        "medicationCodeableConcept": concept((RXNORM, code)),
    }
    return made(kind, name, base | more)


def bundle(*resources: Resource, kind: str = "collection") -> Resource:
    """A Bundle whose entries are named by urn:uuid, and whose references are as they are."""
    entries = [
        {"fullUrl": f"urn:uuid:{r['id']}" if "id" in r else None, "resource": r} for r in resources
    ]
    plain = [{key: value for key, value in entry.items() if value} for entry in entries]
    return {"resourceType": "Bundle", "type": kind, "entry": plain}


def write_ndjson(path: Path, resources: Iterable[Resource]) -> Path:
    """One resource a line; gzipped where so named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(json.dumps(one).encode() + b"\n" for one in resources)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_bulk(folder: Path, resources: Sequence[Resource]) -> Path:
    """A folder as a bulk export leaves it: a file for each resource type."""
    for kind in sorted({one["resourceType"] for one in resources}):
        of_kind = [one for one in resources if one["resourceType"] == kind]
        write_ndjson(folder / f"{kind}.000.ndjson", of_kind)
    return folder


def read(*resources: Resource) -> Tables:
    """The tables of a patient p1 and these resources."""
    own = any(one.get("resourceType") == "Patient" for one in resources)
    return tables_of_bundle(bundle(*(() if own else (patient(),)), *resources))


def told(tables: Tables, name: str, *columns: str) -> list[Any]:
    """The columns of every row, times at midnight as days; one column as plain values."""
    rows = [tuple(_plain(row[c]) for c in columns) for row in tables[name].to_pylist()]
    return [row[0] for row in rows] if len(columns) == 1 else rows


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else value
