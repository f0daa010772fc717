"""What `caseload matrix` is asked for and cannot be: said once, with nothing written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.carriers.build import Build
from features.carriers.disk import hold
from features.carriers.local import fill, part_of
from features.carriers.part import Asked
from features.carriers.parts import write_part
from features.errors import InputError
from features.tables.history import History
from tests.bucketed import population
from tests.command import ROOT, Ran, caseload_here, environment
from training.matrix import _sha256
from training.question import ask

pytestmark = pytest.mark.integration

BUCKETS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("populations")


@pytest.fixture(scope="module")
def history(folder: Path) -> Path:
    return population(folder / "one", 200, seed=31, buckets=BUCKETS)


@pytest.fixture(scope="module")
def other(folder: Path) -> Path:
    return population(folder / "other", 160, seed=32, buckets=BUCKETS)


def matrix(history: Path, out: object, folder: Path, recipe: object = "readmission") -> Ran:
    arguments = ("matrix", recipe, "--history", history, "--out", out, "--json")
    return caseload_here(*arguments, folder=folder)


def begun(history: Path, out: Path, buckets: int) -> None:
    """A build of the shipped recipe that ended after so many buckets."""
    opened = History.open(history)
    question = ask("readmission").about(opened)
    asked = Asked(question.definition, question.catalogue, mode=question.recipe.mode)
    told = {"recipe": question.recipe.name, "recipe_text": _sha256(question.text)}
    with Build(out, opened, asked, recipe=told) as build:
        for bucket in build.missing[:buckets]:
            part = part_of(opened, asked, bucket)
            write_part(build.folder, bucket, part, asked.schema, build.of)


def test_a_part_that_comes_late_from_another_build_is_in_no_file(
    history: Path, tmp_path: Path
) -> None:
    """A task of Spark may outlive its driver, and be done when the next build has begun."""
    opened = History.open(history)
    question = ask("readmission").about(opened)
    asked = Asked(question.definition, question.catalogue, mode=question.recipe.mode)
    out = tmp_path / "m.parquet"
    with Build(out, opened, asked, recipe={"recipe": "late", "recipe_text": ""}) as late:
        pass
    with Build(out, opened, asked, recipe={"recipe": "next", "recipe_text": ""}) as build:
        fill(opened, asked, build)
        write_part(build.folder, 0, part_of(opened, asked, 0), asked.schema, late.of)
        with pytest.raises(InputError, match="an earlier build was still at work on this file"):
            build.assemble()
    assert not out.exists()
    with Build(out, opened, asked, recipe={"recipe": "next", "recipe_text": ""}) as build:
        assert build.missing == (0,)


def test_an_unknown_recipe_is_refused(history: Path, tmp_path: Path) -> None:
    ran = matrix(history, "m.parquet", tmp_path, recipe="no-such-recipe")
    assert ran.status == 2
    assert "there is no recipe no-such-recipe" in ran.err
    assert not list(tmp_path.iterdir())


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    assert matrix(tmp_path, "m.parquet", tmp_path).status == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("out", "what"),
    [
        ("taken", "there is a folder of that name"),
        ("missing/m.parquet", "there is no such folder"),
        ("notes.txt", "there is a file of that name that is no matrix"),
        ("other.parquet", "there is a file of that name that is no matrix"),
        ("history/m.parquet", "the matrix would lie inside the History"),
    ],
)
def test_a_place_that_is_taken_or_missing_is_refused(
    out: str, what: str, history: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    pq.write_table(pa.table({"mine": [1]}), tmp_path / "other.parquet")
    (tmp_path / "history").symlink_to(history)
    before = sorted(tmp_path.iterdir())
    where = history / "m.parquet" if out.startswith("history") else out
    ran = matrix(history, where, tmp_path)
    assert ran.status == 2
    assert what in ran.err
    assert "cure:" in ran.err
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_refused(history: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if os.access(closed, os.W_OK):  # who may do everything meets a file system that is closed
        closed = Path("/proc/self")
    ran = matrix(history, closed / "m.parquet", tmp_path)
    assert ran.status == 2
    assert "the matrix cannot be written" in ran.err
    assert "Traceback" not in ran.err


def test_two_builds_of_one_file_at_once_are_refused(history: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.parquet"
    with hold(out.with_name(".m.parquet.parts"), out):
        ran = matrix(history, out, tmp_path)
        assert ran.status == 2
        assert "another process is making this matrix" in ran.err
        assert not out.exists()
    assert matrix(history, out, tmp_path).status == 0


def test_parts_of_another_history_are_not_gone_on_with(
    history: Path, other: Path, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "m.parquet", tmp_path / "fresh.parquet"
    begun(history, out, 3)
    ran = matrix(other, out, tmp_path)
    assert "starting anew: what is there is of another History" in ran.err
    assert ran.answer["resumed_buckets"] == 0
    assert matrix(other, fresh, tmp_path).status == 0
    assert out.read_bytes() == fresh.read_bytes()


def test_parts_of_another_recipe_are_not_gone_on_with(history: Path, tmp_path: Path) -> None:
    out, mine = tmp_path / "m.parquet", tmp_path / "mine.toml"
    text = (ROOT / "training" / "recipes" / "readmission.toml").read_text(encoding="utf-8")
    mine.write_text(text.replace('mode = "adt"', 'mode = "claims"'), encoding="utf-8")
    begun(history, out, 3)
    ran = matrix(history, out, tmp_path, recipe=mine)
    assert "starting anew: what is there is of another recipe" in ran.err
    assert ran.answer["resumed_buckets"] == 0


def test_parts_of_the_same_are_gone_on_with_even_where_one_is_broken(
    history: Path, tmp_path: Path
) -> None:
    out, fresh = tmp_path / "m.parquet", tmp_path / "fresh.parquet"
    begun(history, out, 3)
    part = tmp_path / ".m.parquet.parts" / "bucket=001.arrow"
    part.write_bytes(part.read_bytes()[:-100])
    ran = matrix(history, out, tmp_path)
    assert f"going on: 2 of {BUCKETS} parts are there" in ran.err
    assert ran.answer["resumed_buckets"] == 2
    assert matrix(history, fresh, tmp_path).answer == {
        **ran.answer, "file": str(fresh), "resumed_buckets": 0
    }  # fmt: skip
    assert out.read_bytes() == fresh.read_bytes()


def test_a_matrix_takes_the_place_of_another(history: Path, other: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.parquet"
    assert matrix(history, out, tmp_path).status == 0
    first = out.read_bytes()
    assert matrix(other, out, tmp_path).status == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize("when", ["in a part", "in the file"])
def test_a_full_disk_is_said_and_the_next_run_goes_on(
    when: str, history: Path, tmp_path: Path
) -> None:
    """The machine refuses files that grow over a limit, as a full disk refuses any that grow."""
    out, fresh = tmp_path / "m.parquet", tmp_path / "fresh.parquet"
    assert matrix(history, fresh, tmp_path).status == 0
    begun(history, out, BUCKETS)
    parts = list((tmp_path / ".m.parquet.parts").glob("bucket=*"))
    largest, whole = max(part.stat().st_size for part in parts), fresh.stat().st_size
    assert largest < whole
    if when == "in a part":
        parts[0].unlink()
    size = 4096 if when == "in a part" else (largest + whole) // 2
    arguments = ["matrix", "readmission", "--history", str(history), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "caseload", *arguments], cwd=tmp_path, env=environment(tmp_path),
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "the matrix cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
    again = matrix(history, out, tmp_path)
    assert again.answer["resumed_buckets"] == BUCKETS - (when == "in a part")
    assert out.read_bytes() == fresh.read_bytes()
