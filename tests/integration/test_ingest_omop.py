"""The OMOP sample of OHDSI: its counts, and the same History from files, DuckDB and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import psycopg
import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from features.readers.omop.postgres import Database
from features.tables.history import History, verify
from tests.command import caseload
from tests.omop_files import as_duckdb, as_parquet, as_postgres, folder_tables, write_omop
from tests.postgres import Server, postgres

pytestmark = pytest.mark.integration

__all__ = ["postgres"]


@pytest.fixture(scope="module")
def sample(third_party: Path) -> Path:
    return third_party / "omop_synthea27nj"


@pytest.fixture(scope="module")
def loaded(
    sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[History, dict[str, object]]:
    out = tmp_path_factory.mktemp("omop") / "history"
    report = ingest("omop", sample, out).to_json()
    return History.open(out), report


def test_every_row_of_the_sample_is_accounted_for(
    loaded: tuple[History, dict[str, object]],
) -> None:
    history, report = loaded
    assert report["people"] == 28
    tables: dict[str, dict[str, object]] = report["tables"]  # type: ignore[assignment]
    assert {name: (count["read"], count["merged"]) for name, count in tables.items()} == {
        "person": (28, 0), "registration": (0, 0), "coverage": (28, 0),
        "stay": (69, 0), "visit": (1722, 0),
        "diagnosis": (470 + 412, 0),  # conditions, and findings filed among observations
        "procedure": (1649 + 885, 2),  # procedures, and tests without a value
        "dispensing": (883, 0),
        "measurement": (10_040 - 885, 20),
        "programme": (0, 0),
    }  # fmt: skip
    assert not any(count["rejected"] for count in tables.values())
    assert report["left_out"] == {"measurement": {"observation: rows without a value": 8099 - 412}}
    inputs: dict[str, int] = report["inputs"]  # type: ignore[assignment]
    assert (inputs["visit_occurrence"], inputs["observation"]) == (1791, 8099)
    verify(history)


def test_the_visits_of_the_sample_are_13_admissions_and_56_emergencies(
    loaded: tuple[History, dict[str, object]],
) -> None:
    stays = [
        row for n in range(loaded[0].buckets) for row in loaded[0].bucket(n)["stay"].to_pylist()
    ]
    assert Counter(row["setting"] for row in stays) == {"acute": 13, "emergency": 56}
    assert all(row["discharged_at"] and row["admission_method"] == "unknown" for row in stays)


def test_parquet_duckdb_and_postgresql_give_the_history_that_the_files_give(
    sample: Path, loaded: tuple[History, dict[str, object]], postgres: Server, tmp_path: Path
) -> None:
    tables = folder_tables(sample)
    url = postgres.database("sample")
    as_postgres(tables, url)
    sources = {
        "parquet": str(as_parquet(tables, tmp_path / "parquet")),
        "duckdb": str(as_duckdb(tables, tmp_path / "sample.duckdb", "cdm")),
        "postgresql": f"{url}&schema=cdm",
    }
    reports = {}
    for name, source in sources.items():
        reports[name] = ingest("omop", source, tmp_path / f"history {name}").to_json()
        assert History.open(tmp_path / f"history {name}").digest == loaded[0].digest, name
    for report in reports.values():
        assert {k: v for k, v in report.items() if k != "rejects_file"} == {
            k: v for k, v in loaded[1].items() if k != "rejects_file"
        }
    assert not list(tmp_path.glob(".*.reading"))


def test_a_database_with_several_schemas_asks_which(postgres: Server, tmp_path: Path) -> None:
    tables = folder_tables(
        write_omop(tmp_path / "in", concept="id name vocabulary code\n1 x SNOMED 2")
    )
    url = postgres.database("several")
    for schema in ("first", "second"):
        as_postgres({"person": tables["person"]}, url, schema)
    as_postgres({"concept": tables["concept"]}, url, "vocab")
    with pytest.raises(InputError, match=r"(?s)several schemas.*\?schema=NAME.*first, second"):
        ingest("omop", url, tmp_path / "h")
    chosen = f"{url}&schema=second"
    assert ingest("omop", chosen, tmp_path / "h").inputs["concept"] == 1
    with pytest.raises(InputError, match="person is missing"):
        ingest("omop", f"{url}&schema=vocab", tmp_path / "h")


def test_the_source_database_is_not_written_to(postgres: Server, tmp_path: Path) -> None:
    database = Database(postgres.url("postgres"), "here")
    try:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            database._connection.execute("CREATE TABLE written (a int)")
    finally:
        database.close()


def test_a_password_is_never_printed(tmp_path: Path) -> None:
    ran = caseload(
        "ingest", "--from", "omop", "postgresql://nurse:s3cr3t@127.0.0.1:1/cdm?schema=s3cr3t",
        "--out", "h", folder=tmp_path,
    )  # fmt: skip
    assert ran.status == 2
    assert "127.0.0.1:1/cdm" in ran.err
    assert "cure:" in ran.err
    assert "s3cr3t" not in ran.err
    assert "nurse" not in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "source",
    [
        "Postgresql://nurse:s3cr3t@127.0.0.1:1/cdm",
        "postgresql://nurse:[s3cr3t@127.0.0.1:1/cdm?schema=cdm",
        "postgresql://nurse:s3cr3t\N{ACCOUNT OF}@127.0.0.1:1/cdm",
        "postgresql:nurse:s3cr3t@127.0.0.1:1/cdm",
        "host=127.0.0.1 user=nurse password=s3cr3t",
    ],
)
def test_a_password_is_not_printed_of_a_place_written_otherwise(
    source: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        ingest("omop", source, tmp_path / "h")
    assert "s3cr3t" not in str(refused.value)
    assert "nurse" not in str(refused.value)


def test_a_table_that_may_not_be_read_is_not_taken_for_absent(
    postgres: Server, tmp_path: Path
) -> None:
    tables = folder_tables(write_omop(tmp_path / "in", death="person  death_date\n1 2020-01-01"))
    url = postgres.database("guarded")
    as_postgres(tables, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE analyst LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA cdm TO analyst")
        connection.execute("GRANT SELECT ON cdm.person TO analyst")
    with pytest.raises(InputError, match=r"(?s)cannot be read.*death.*may SELECT"):
        ingest("omop", url.replace("postgres@", "analyst@"), tmp_path / "h")


def test_a_materialized_view_is_a_table(postgres: Server, tmp_path: Path) -> None:
    url = postgres.database("views")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE MATERIALIZED VIEW person AS "
            "SELECT 1 AS person_id, 8507 AS gender_concept_id, 1950 AS year_of_birth"
        )
    assert ingest("omop", url, tmp_path / "h").people == 1


def test_a_view_of_what_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    tables = folder_tables(write_omop(tmp_path / "in", death="person  death_date\n1 2020-01-01"))
    file = as_duckdb(tables, tmp_path / "source.duckdb", "raw")
    with duckdb.connect(file) as connection:
        connection.execute("CREATE SCHEMA cdm")
        connection.execute("CREATE VIEW cdm.person AS FROM raw.person")
        connection.execute("CREATE VIEW cdm.death AS FROM raw.death")
    url = f"duckdb://{file}?schema=cdm"
    assert ingest("omop", url, tmp_path / "h").inputs == {"person": 1, "death": 1}
    with duckdb.connect(file) as connection:
        connection.execute("DROP TABLE raw.death")
    with pytest.raises(InputError, match=r"(?s)cannot be read.*cdm\.death.*view"):
        ingest("omop", url, tmp_path / "h")
