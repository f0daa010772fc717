"""A load told to end, or killed: the History there stays, and no rows of patients beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from features.tables.leftovers import clear_leftovers
from tests.command import environment
from tests.fhir_resources import encounter, patient, write_ndjson

pytestmark = pytest.mark.integration

PEOPLE = 20_000


def begun(source: Path, out: Path) -> subprocess.Popen[str]:
    """A load in a process of its own that has begun to read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "caseload", "ingest", "--from", "fhir", source, "--out", out],
        cwd=out.parent, env=environment(out.parent), stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert any("reading FHIR resources" in line for line in process.stderr)
    return process


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """So many people that a load of them is not over before it is ended."""
    (tmp_path / "in").mkdir()
    people = [patient(f"p{n}") for n in range(PEOPLE)]
    stays = [encounter(f"e{n}", person=f"p{n}", cls="IMP", end="2020-01-05") for n in range(PEOPLE)]
    return write_ndjson(tmp_path / "in" / "all.ndjson", [*people, *stays])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_ended_load_leaves_the_history_there_and_no_rows_for_long(
    tmp_path: Path, source: Path, how: signal.Signals
) -> None:
    small = write_ndjson(tmp_path / "small.ndjson", [patient()])
    ingest("fhir", small, tmp_path / "h")
    before = {path: path.read_bytes() for path in (tmp_path / "h").rglob("*") if path.is_file()}
    process = begun(source, tmp_path / "h")
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGTERM else -how)
    after = {path: path.read_bytes() for path in (tmp_path / "h").rglob("*") if path.is_file()}
    assert after == before
    left = list(tmp_path.glob(".h.*"))
    assert bool(left) == (how == signal.SIGKILL)
    ingest("fhir", small, tmp_path / "h")
    assert not list(tmp_path.glob(".h.*"))


def test_work_of_a_process_that_lives_and_other_outputs_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / f".h.{os.getpid()}.reading"
    others = [tmp_path / ".other.999999999.reading", tmp_path / ".h.notes", mine]
    for path in (*others, tmp_path / ".h.999999999.writing"):
        path.mkdir()
    clear_leftovers(tmp_path / "h")
    assert sorted(tmp_path.iterdir()) == sorted(others)
