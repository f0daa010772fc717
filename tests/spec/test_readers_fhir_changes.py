"""FHIR resources that change, go or are told again in, what is left of them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from tests.fhir_resources import bundle, encounter, patient, read, told, write_ndjson

pytestmark = pytest.mark.spec


def asked(method: str, url: str, **more: Any) -> dict[str, Any]:
    return {"request": {"method": method, "url": url}, **more}


def left_out(folder: Path, *entries: dict[str, Any]) -> tuple[dict[str, int], int]:
    """What of resources was left out of a Bundle of a stay and these entries; the stays."""
    changes = bundle(patient(), encounter(cls="IMP", end="2020-01-05"))
    changes["entry"] += entries
    report = ingest("fhir", write_ndjson(folder / "a.ndjson", [changes]), folder / "out")
    return dict(report.left_out.get("resources", {})), report.tables["stay"].kept


def test_of_versions_the_last_by_the_moment_counts_whatever_their_offsets() -> None:
    older = encounter(cls="EMER", meta={"lastUpdated": "2020-02-01T09:00:00+09:00"})
    newer = encounter(cls="IMP", meta={"lastUpdated": "2020-02-01T05:00:00Z"})
    for rows in ((older, newer), (newer, older)):
        assert told(read(*rows), "stay", "setting") == ["acute"]


def test_an_entry_that_asks_for_deletion_removes_what_it_holds_or_names(tmp_path: Path) -> None:
    second = encounter("e2", cls="IMP", end="2020-01-05")
    gone = asked("DELETE", "Encounter/e2", resource=second)
    assert left_out(tmp_path / "holds", gone) == ({}, 1)
    assert (
        left_out(tmp_path / "names", {"resource": second}, asked("DELETE", "Encounter/e2"))[1] == 1
    )


def test_deletions_by_search_and_entries_that_hold_nothing_are_counted(tmp_path: Path) -> None:
    entries = (
        asked("DELETE", "Encounter?status=planned"),
        asked("GET", "Encounter/e1"),
        {"response": {"status": "200"}},
    )
    assert left_out(tmp_path, *entries) == (
        {
            "deletions of what a search would find": 1,
            "entries of a Bundle that hold none": 2,
        },
        1,
    )


def test_an_identifier_of_two_people_finds_nobody(tmp_path: Path) -> None:
    number = [{"system": "urn:mrn", "value": "1"}]
    people = [patient("a", identifier=number), patient("b", identifier=number)]
    stay = encounter(cls="IMP", end="2020-01-05", subject={"identifier": number[0]})
    source = write_ndjson(tmp_path / "a.ndjson", [*people, stay])
    report = ingest("fhir", source, tmp_path / "out", on_error="reject")
    assert report.tables["stay"].rejected == {"missing_value": 1}


def test_an_identifier_of_one_person_twice_finds_that_person(tmp_path: Path) -> None:
    number = [{"system": "urn:mrn", "value": "1"}]
    link = [{"other": {"reference": "Patient/b"}, "type": "replaced-by"}]
    people = [patient("a", identifier=number, link=link), patient("b", identifier=number)]
    stay = encounter(cls="IMP", end="2020-01-05", subject={"identifier": number[0]})
    source = write_ndjson(tmp_path / "a.ndjson", [*people, stay])
    assert ingest("fhir", source, tmp_path / "out").tables["stay"].kept == 1


def test_text_that_is_gzipped_and_not_named_so_is_refused(tmp_path: Path) -> None:
    packed = write_ndjson(tmp_path / "a.ndjson.gz", [patient()]).rename(tmp_path / "a.ndjson")
    with pytest.raises(InputError, match="gzipped and not named"):
        ingest("fhir", packed, tmp_path / "out")
