"""Broken FHIR: a message that says what, where and the cure, or counted rejects."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import InputError
from features.readers.fhir import files
from features.readers.fhir.files import Cutter
from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import caseload
from tests.fhir_resources import (
    Resource,
    bundle,
    concept,
    condition,
    encounter,
    patient,
    to,
    write_bulk,
    write_ndjson,
)  # fmt: skip
from tests.refused import refused, refused_load

pytestmark = pytest.mark.integration

SECRET = "SECRET-4711"
GOOD: list[Resource] = [
    patient("p1", name=[{"family": SECRET}]), encounter("e1", cls="IMP", end="2020-01-05"),
    condition("c1", at="e1"),
]  # fmt: skip
LINES = b"".join(json.dumps(one).encode() + b"\n" for one in GOOD)


def truncated_zip(folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{SECRET}.json", json.dumps(bundle(*GOOD)))
    (folder / "all.zip").write_bytes(packed.getvalue()[:-60])


def damaged_zip(folder: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{SECRET}.json", json.dumps(bundle(*GOOD)))
    data = bytearray(packed.getvalue())
    data[60:90] = b"\x00" * 30
    (folder / "all.zip").write_bytes(bytes(data))


REFUSED: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "nothing": (lambda f: (f / "readme.txt").write_text("empty"), ("no FHIR file",)),
    "truncated gzip": (
        lambda f: (f / "Patient.ndjson.gz").write_bytes(gzip.compress(LINES * 500)[:-300]),
        ("Patient.ndjson.gz", "cut short"),
    ),
    "no gzip": (lambda f: (f / "a.ndjson.gz").write_bytes(LINES), ("a.ndjson.gz", "damaged")),
    "truncated zip": (truncated_zip, ("all.zip", "cut short")),
    "damaged zip": (damaged_zip, ("all.zip, entry 1", "damaged")),
    "UTF-16": (
        lambda f: (f / "a.ndjson").write_bytes(LINES.decode().encode("utf-16")),
        ("a.ndjson", "UTF-8"),
    ),
    "bad line": (
        lambda f: (f / "a.ndjson").write_bytes(LINES + b'{"resourceType": "Pat' + SECRET.encode()),
        ("no JSON", "cannot be read"),
    ),
    "comma-separated": (
        lambda f: (f / "Patient.ndjson").write_text("id,birthDate\np1,1940-01-01\n"),
        ("no JSON",),
    ),
}  # fmt: skip


AT_THE_COMMAND_LINE = ("truncated gzip", "bad line")
"""Cases run as a user runs them; the others call what the command calls."""


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_source_is_refused_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    make, named = REFUSED[case]
    (tmp_path / "in").mkdir()
    make(tmp_path / "in")
    if case in AT_THE_COMMAND_LINE:
        ran = caseload("ingest", "--from", "fhir", "in", "--out", "h", folder=tmp_path)
        message = refused(ran, (SECRET,))
    else:
        message = refused_load("fhir", tmp_path / "in", (SECRET,))
    assert all(name in message for name in named), message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def rejects(source: Path, out: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Rejected rows by table and reason, and the list of them; every row is accounted for."""
    report = ingest("fhir", source, out, on_error="reject")
    for count in report.tables.values():
        assert count.read == count.kept + count.merged + sum(count.rejected.values())
    found = {name: dict(c.rejected) for name, c in report.tables.items() if c.rejected}
    told = report.rejects_file
    return found, [] if told is None else told.read_text().splitlines()[1:]


def test_lines_that_are_no_resource_are_rejected_by_line_and_the_rest_is_read(
    tmp_path: Path,
) -> None:
    bad = [
        b'{"resourceType": "Pat',
        b"[1, 2]",
        b'{"id": "x"}',
        b'{"resourceType": 7}',
        b"\xff\xfe{",
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "all.ndjson").write_bytes(LINES + b"\n".join(bad) + b"\n\n" + LINES[:0])
    found, listed = rejects(tmp_path / "in", tmp_path / "h")
    assert found == {"person": {"unreadable_value": 5}}
    assert [line.split(",")[1] for line in listed] == [
        f'"all.ndjson line {number}"' for number in range(4, 9)
    ]
    assert History.open(tmp_path / "h").manifest.tables["stay"]["rows"] == 1


def test_a_resource_of_another_type_than_its_file_is_rejected(tmp_path: Path) -> None:
    write_ndjson(tmp_path / "in" / "Patient.ndjson", GOOD[:1])
    write_ndjson(tmp_path / "in" / "Encounter.001.ndjson", [GOOD[1], GOOD[0]])
    found, listed = rejects(tmp_path / "in", tmp_path / "h")
    assert found == {"stay": {"value_not_allowed": 1}}
    assert listed == ['"stay","Encounter.001.ndjson line 2","value_not_allowed","resourceType"']


SHAPES: dict[str, Resource] = {
    "a list for a text": {"subject": to("Patient", "p1") | {"reference": ["Patient/p1"]}},
    "a text for an object": {"period": "2020"},
    "a number for a text": {"status": 7},
    "an object for a list": {"diagnosis": {"rank": 1}},
    "a text for a number": {"diagnosis": [{"rank": "first"}]},
    "a text for a concept": {"type": ["AMB"]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_resource_of_another_shape_is_rejected(tmp_path: Path, shape: str) -> None:
    source = write_bulk(tmp_path / "in", [*GOOD, encounter("bad", **SHAPES[shape])])
    found, listed = rejects(source, tmp_path / "h")
    assert found == {"stay": {"unreadable_value": 1}}
    assert listed == ['"stay","Encounter.000.ndjson line 2","unreadable_value","Encounter"']


def test_missing_ids_wrong_dates_and_unknown_people_are_rejected(tmp_path: Path) -> None:
    rows = [
        patient("p1"), patient(None), patient("p2", birthDate="05/03/1940"),
        patient("p3", birthDate="1940-02-30"),
        encounter("e1"), encounter(None), encounter("e2", person="nobody"),
        encounter("e3", start="01/02/2020"), encounter("e4", start=None),
        encounter("e5", cls="IMP", end="2019-01-01"), encounter("e6", subject=None),
    ]  # fmt: skip
    found, listed = rejects(write_bulk(tmp_path / "in", rows), tmp_path / "h")
    assert found == {
        "person": {"missing_value": 1, "impossible_date": 2},
        "stay": {"ends_before_start": 1},
        "visit": {"missing_value": 3, "unknown_person": 1, "impossible_date": 1},
    }
    assert not any("1940" in line or "2020" in line for line in listed)


def test_mixed_forms_of_dates_are_one_time_and_a_mark_is_no_fault(tmp_path: Path) -> None:
    forms = ("2020-01-01T09:00:00Z", "2020-01-01T09:00:00.000-05:00", "2020-01-01T09:00",
             "2020-01-01T09:00+01:00")  # fmt: skip
    rows = [patient(), *(encounter(f"e{n}", start=form) for n, form in enumerate(forms))]
    write_ndjson(tmp_path / "in" / "all.ndjson", rows)
    path = tmp_path / "in" / "all.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    found, _ = rejects(tmp_path / "in", tmp_path / "h")
    assert found == {}
    visit = History.open(tmp_path / "h").bucket(0)["visit"]
    assert len(set(visit["at"].to_pylist())) == 1


def test_codes_of_ten_thousand_signs_are_rows(tmp_path: Path) -> None:
    rows = [*GOOD, condition("long", ("http://local", "x" * 10_000), at="e1")]
    found, _ = rejects(write_bulk(tmp_path / "in", rows), tmp_path / "h")
    assert found == {}
    codes = History.open(tmp_path / "h").bucket(0)["diagnosis"]["code"].to_pylist()
    assert max(map(len, codes)) == 10_000


def test_encounters_round_in_a_ring_are_counted_and_kept(tmp_path: Path) -> None:
    ring = {"a": "b", "b": "a", "c": "c"}
    rows = [patient(), *(encounter(n, cls="IMP", partOf=to("Encounter", up))
                         for n, up in ring.items())]  # fmt: skip
    report = ingest("fhir", write_bulk(tmp_path / "in", rows), tmp_path / "h")
    assert report.tables["stay"].kept == 3
    assert sum(report.conflicts["stay"].values()) >= 3


def test_an_archive_is_never_unpacked_and_archives_inside_it_stay_closed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.json", b" " * 10_000_000)
    with zipfile.ZipFile(tmp_path / "in" / "all.zip", "w") as archive:
        archive.writestr("../../outside.json", json.dumps(bundle(*GOOD)))
        archive.writestr(str(tmp_path / "absolute.ndjson"), LINES)
        archive.writestr("nested.zip", inner.getvalue())
        archive.writestr("notes.txt", "not FHIR")
    report = ingest("fhir", tmp_path / "in", tmp_path / "h")
    assert report.tables["stay"].kept == 1
    assert sum(n for what, n in report.left_out["resources"].items() if "archive" in what) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h", "in"]
    assert not (tmp_path.parent / "outside.json").exists()


def test_a_text_without_end_is_refused_before_it_fills_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LONGEST", 1 << 20)
    monkeypatch.setattr(files, "BLOCK", 1 << 16)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"[" * (64 << 20))
    write_ndjson(tmp_path / "line.ndjson.gz", [{"resourceType": "X" * (4 << 20)}])
    for name in ("bomb.zip", "line.ndjson.gz"):
        with pytest.raises(InputError, match="longer than"):
            list(Cutter(tmp_path / name).blocks())


def test_bundles_in_bundles_are_opened_so_deep_and_no_deeper(tmp_path: Path) -> None:
    inner = bundle(*GOOD)
    for _ in range(2):
        inner = bundle(inner)
    write_ndjson(tmp_path / "in" / "three.ndjson", [inner])
    assert rejects(tmp_path / "in", tmp_path / "h") == ({}, [])
    write_ndjson(tmp_path / "deep" / "four.ndjson", [bundle(inner), *GOOD])
    found, _ = rejects(tmp_path / "deep", tmp_path / "h2")
    assert found == {"person": {"unreadable_value": 1}}


def test_a_refused_source_leaves_the_history_that_was_there(tmp_path: Path) -> None:
    ingest("fhir", write_bulk(tmp_path / "good", GOOD), tmp_path / "h")
    before = History.open(tmp_path / "h").digest
    bad = condition("c2", at="e1", code=concept(("http://local", "x")), recordedDate="yesterday")
    source = write_bulk(tmp_path / "bad", [*GOOD, bad])
    with pytest.raises(InputError, match="diagnosis, column known_at"):
        ingest("fhir", source, tmp_path / "h")
    assert History.open(tmp_path / "h").digest == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good", "h"]
