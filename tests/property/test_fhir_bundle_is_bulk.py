"""Whatever resources there are: one bundle in memory and bulk files give the same tables."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from features.readers.fhir import store, tables_of_bundle
from features.readers.fhir.files import Cutter
from features.readers.fhir.join import join, who
from features.readers.fhir.store import Stored
from features.tables.contract import Tables
from features.tables.memory import tables_of
from tests.exporters.carried import TABLES
from tests.fhir_resources import (
    ICD10CM,
    SCT,
    Resource,
    bundle,
    concept,
    condition,
    encounter,
    medicine,
    observation,
    patient,
    to,
    write_bulk,
)  # fmt: skip

pytestmark = pytest.mark.property

PEOPLE = ("p1", "p2", "p3")
DAYS = st.sampled_from(["2020-01-01", "2020-01-01T09:30:00-05:00", "2020-01-03T10:00:00Z", "2021"])
STARTS = st.sampled_from(["2020-01-01", "2020-01-01T09:30:00-05:00", "2020-01-03T10:00:00Z"])
ENDS = st.none() | st.sampled_from(["2020-01-03T18:00:00Z", "2020-01-09"])
NAMES = st.sampled_from(["a", "b", "c", "d"])


def known(person: str, link: str | None) -> Resource:
    other = {"link": [{"other": to("Patient", "p1"), "type": link}]} if link else {}
    return patient(person, **other)


CLASSES = st.sampled_from(["IMP", "EMER", "AMB", "HH", "NONAC", "SS", "PRENC"])
PERSON = st.sampled_from(PEOPLE)
CODES = st.sampled_from([(ICD10CM, "I50.9"), (SCT, "84114007"), ("http://local", "x")])
AT = NAMES.map(lambda name: to("Encounter", name))
ENCOUNTERS = st.builds(
    encounter, NAMES, start=STARTS, end=ENDS, cls=CLASSES, person=PERSON,
    partOf=st.none() | AT,
    status=st.sampled_from(["finished", "planned", "in-progress"]),
    diagnosis=st.none() | st.just([{"condition": to("Condition", "a"), "rank": 1}]),
)  # fmt: skip
CONDITIONS = st.builds(
    condition, NAMES, CODES, person=PERSON, encounter=st.none() | AT, recordedDate=st.none() | DAYS,
    onsetDateTime=DAYS,
)  # fmt: skip
OBSERVATIONS = st.builds(
    observation, NAMES, st.none() | st.floats(-1e6, 1e6), person=PERSON, effectiveDateTime=DAYS,
    component=st.none() | st.just([{"code": concept((SCT, "1")), "valueString": "said"}]),
)  # fmt: skip
SUPPLIES = st.builds(
    medicine, st.sampled_from(["MedicationDispense", "MedicationRequest"]), NAMES, person=PERSON,
    whenHandedOver=DAYS, authoredOn=DAYS, intent=st.just("order"),
)  # fmt: skip
RESOURCES = st.lists(ENCOUNTERS | CONDITIONS | OBSERVATIONS | SUPPLIES, max_size=14)


def in_bulk(resources: list[Resource], folder: Path, parts: int) -> Tables:
    """The tables by way of files, rows on disk and people in parts."""
    found = Stored(folder / "rows")
    for _ in store.store(Cutter(write_bulk(folder / "in", resources)).blocks(), found):
        pass
    everyone = who({n: found.all(n) for n in ("Patient", "Patient.identifier", "Patient.link")})
    if parts > 1:
        found.bring_together(everyone, parts)
    made: dict[str, list[Any]] = {}
    for part in range(parts):
        for name, rows in join(found.part(part), everyone).tables.items():
            made.setdefault(name, []).extend(rows.to_pylist())
    return tables_of({name: rows for name, rows in made.items() if rows})


def outcome(read: Any) -> Tables | str:
    """The tables, or why they were refused."""
    try:
        found: Tables = read()
    except InputError as refused:
        return refused.what
    return found


@settings(max_examples=25)
@given(RESOURCES, st.sampled_from([None, "replaced-by", "seealso"]), st.sampled_from([1, 4]))
def test_bundle_and_bulk_are_the_same(
    resources: list[Resource], link: str | None, parts: int
) -> None:
    every = [known(person, link if person == "p2" else None) for person in PEOPLE] + resources
    folder = Path(tempfile.mkdtemp())
    try:
        online = outcome(lambda: tables_of_bundle(bundle(*every)))
        bulk = outcome(lambda: in_bulk(every, folder, parts))
    finally:
        shutil.rmtree(folder)
    if isinstance(online, str) or isinstance(bulk, str):
        assert online == bulk
    else:
        assert all(online[name].equals(bulk[name]) for name in TABLES)
