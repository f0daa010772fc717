"""Spark carries the same kernel: no bit of a feature and no byte of the file hangs on the carrier.

One Spark session, four tasks at a time, on loopback. 600 people; 10,000 under CASELOAD_FULL=1.
"""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from features.carriers import local, spark
from features.carriers.build import Build
from features.carriers.part import Asked
from features.carriers.parts import write_part
from features.carriers.single import features_of
from features.carriers.spark_session import session
from features.catalogue import load_catalogue
from features.definition import load_definition
from features.errors import InputError
from features.matrix import Matrix, build
from features.tables.contract import Tables
from features.tables.history import History
from features.tables.parquet import file_of
from features.tables.schema import TABLES
from tests.bucketed import population
from tests.command import ROOT, caseload_here
from tests.java import skip_without_java

pytestmark = pytest.mark.integration

BUCKETS = 4
RECIPES = ("readmission", "complexity")
"""One asks at discharges, the other every month."""
RECIPE = {"recipe": "drawn", "recipe_text": ""}
LISTENS = "0A"
"""State of a socket in /proc/net/tcp."""

Floats = npt.NDArray[np.float64]


@pytest.fixture(params=RECIPES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def executors() -> Iterator[SparkSession]:
    skip_without_java()
    with session(f"local[{BUCKETS}]") as started:
        yield started


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory, full: bool) -> History:
    folder = tmp_path_factory.mktemp("everybody")
    return History.open(population(folder, 10_000 if full else 600, seed=29, buckets=BUCKETS))


def of_all(history: History) -> Tables:
    parts = [history.bucket(number) for number in range(history.buckets)]
    return {name: pa.concat_tables([part[name] for part in parts]) for name in TABLES}


def asked_of(history: History, name: str) -> Asked:
    """Every feature there is, at the moments of a recipe."""
    return Asked(load_definition(name), load_catalogue()).about(history)


def alone(history: History, matrix: Matrix, asked: Asked) -> Floats:
    """The features of everybody, each person's computed from their own tables and nothing else."""
    tables = of_all(history)
    people = tables["person"]["person_id"].combine_chunks()
    places = {name: _starts(rows, people) for name, rows in tables.items()}
    moments = _starts(matrix.rows, people)
    blocks = []
    for p in np.flatnonzero(np.diff(moments)):
        own = {name: _from_to(rows, places[name], p) for name, rows in tables.items()}
        one = _from_to(matrix.rows, moments, p)
        blocks.append(features_of(own, one, asked.catalogue, mode=asked.mode))
    return np.concatenate(blocks)


def _starts(rows: pa.Table, people: pa.Array) -> npt.NDArray[np.int64]:
    """Where the rows of each person begin, and where the last one's end."""
    place = pc.index_in(rows["person_id"], value_set=people).to_numpy()
    return np.searchsorted(place, np.arange(len(people) + 1))


def _from_to(rows: pa.Table, starts: npt.NDArray[np.int64], person: int) -> pa.Table:
    return rows.slice(starts[person], starts[person + 1] - starts[person])


@pytest.mark.sized
def test_a_task_has_the_bits_of_a_machine_and_of_one_person(
    name: str, everybody: History, executors: SparkSession
) -> None:
    asked = asked_of(everybody, name)
    here, labels = build(everybody, asked.definition, asked.catalogue, mode=asked.mode)
    assert len(here) > len(everybody_in(here)) > 100
    rows = spark.frame(executors, everybody, asked, partitions=BUCKETS).toArrow()
    for column in (*here.rows.column_names, *labels.column_names):
        told = here.rows if column in here.rows.column_names else labels
        assert rows[column].equals(told[column].cast(rows[column].type)), column
    for other in (asked.schema.encode(rows), alone(everybody, here, asked)):
        assert np.array_equal(np.isnan(other), np.isnan(here.X))
        assert np.nanmax(np.abs(other - here.X)) == 0.0
        assert other.tobytes() == here.X.tobytes()


def everybody_in(matrix: Matrix) -> pa.Array:
    return pc.unique(matrix.rows["person_id"])


def test_the_file_is_the_same_to_the_byte(
    name: str, everybody: History, executors: SparkSession, tmp_path: Path
) -> None:
    for carrier in ("local", "spark"):
        ran = caseload_here(
            "matrix", name, "--history", everybody.path, "--out", tmp_path / carrier,
            "--carrier", carrier, "--json", folder=tmp_path,
        )  # fmt: skip
        assert ran.status == 0, ran.err
        assert json.loads(ran.out)["resumed_buckets"] == 0
    assert (tmp_path / "spark").read_bytes() == (tmp_path / "local").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["local", "spark"]


def test_spark_goes_on_with_what_this_machine_began(
    everybody: History, executors: SparkSession, tmp_path: Path
) -> None:
    asked = asked_of(everybody, "readmission")
    with Build(tmp_path / "whole", everybody, asked, recipe=RECIPE) as whole:
        local.fill(everybody, asked, whole)
        whole.assemble()
    with Build(tmp_path / "mixed", everybody, asked, recipe=RECIPE) as begun:
        part = local.part_of(everybody, asked, 2)
        write_part(begun.folder, 2, part, asked.schema, begun.of)
    with Build(tmp_path / "mixed", everybody, asked, recipe=RECIPE) as mixed:
        assert mixed.missing == (0, 1, 3)
        spark.fill(executors, everybody, asked, mixed, partitions=2)
        mixed.assemble()
    assert (tmp_path / "mixed").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_damaged_bucket_is_told_by_its_executor(
    everybody: History, executors: SparkSession, tmp_path: Path
) -> None:
    shutil.copytree(everybody.path, tmp_path / "history")
    file_of(tmp_path / "history", "stay", 3).write_bytes(b"no Parquet")
    ran = caseload_here(
        "matrix", "readmission", "--history", tmp_path / "history", "--out", tmp_path / "out",
        "--carrier", "spark", folder=tmp_path,
    )  # fmt: skip
    assert ran.status == 2
    assert "stay, bucket 3 cannot be read" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out").exists()


def test_the_python_of_the_how_to_runs(
    everybody: History, executors: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "how-to" / "spark.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "history").symlink_to(everybody.path)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(block, found)
    assert found["rows"].columns[0] == "person_id"


def test_executors_with_another_version_are_refused(
    everybody: History, executors: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_of(everybody, "readmission")
    monkeypatch.setattr(spark, "code_digest", lambda: "of the driver")
    with (
        Build(tmp_path / "out", everybody, asked, recipe=RECIPE) as build_,
        pytest.raises(InputError, match="the Caseload of a Spark executor is not that of the"),
    ):
        spark.fill(executors, everybody, asked, build_)


def test_spark_on_this_machine_listens_on_loopback_alone(executors: SparkSession) -> None:
    assert executors.sparkContext.uiWebUrl is None
    pid = executors.sparkContext._gateway.proc.pid
    addresses = listening(pid)
    assert len(addresses) >= 2
    assert {address for address in addresses if not address.is_loopback} == set()


def listening(pid: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Addresses at which a process awaits connections."""
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            address, state, inode = (line.split()[place] for place in (1, 3, 9))
            if state == LISTENS and f"socket:[{inode}]" in links:
                found.append(_address(address.split(":")[0]))
    return found


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as the kernel prints it: words of four bytes, each the wrong way round."""
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    address = ipaddress.ip_address(b"".join(words))
    return getattr(address, "ipv4_mapped", None) or address
