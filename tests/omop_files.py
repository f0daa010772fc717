"""Small OMOP sources drawn as text, and one source handed on in other forms.

    write_omop(folder, visit_occurrence='''
        id  concept  start       end
        1   9201     2020-01-01  2020-01-05
    ''')

A dash is an empty cell. Person 1 is there unless a table person is drawn; `SHORT` lists short names
by table, `DEFAULTS` what a row has that the drawing does not say.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from psycopg import sql

from features.readers.layout import Layout
from features.readers.omop import layout
from tests.drawn import draw

Drawn = Mapping[str, str]

LAYOUTS = MappingProxyType(
    {found.name: found for found in vars(layout).values() if isinstance(found, Layout)}
)
DOMAINS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "visit_occurrence": ("visit", "visit"),
        "condition_occurrence": ("condition", "condition"),
        "procedure_occurrence": ("procedure", "procedure"),
        "drug_exposure": ("drug", "drug_exposure"),
        "measurement": ("measurement", "measurement"),
        "observation": ("observation", "observation"),
        "observation_period": ("", "observation_period"),
        "payer_plan_period": ("", "payer_plan_period"),
    }
)
DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "person": {"gender_concept_id": "8532", "year_of_birth": "1940"},
        "visit_occurrence": {"visit_concept_id": "9201", "visit_start_date": "2020-01-01"},
        "condition_occurrence": {"condition_concept_id": "0", "condition_start_date": "2020-01-01"},
        "procedure_occurrence": {"procedure_concept_id": "0", "procedure_date": "2020-01-01"},
        "drug_exposure": {"drug_concept_id": "0", "drug_exposure_start_date": "2020-01-01"},
        "measurement": {"measurement_concept_id": "0", "measurement_date": "2020-01-01"},
        "observation": {"observation_concept_id": "0", "observation_date": "2020-01-01"},
        "cost": {"cost_domain_id": "Visit"},
        "concept": {"concept_name": "-"},
    }
)


def write_omop(folder: Path, **tables: str) -> Path:
    """CSV files of the tables drawn, and a table person."""
    folder.mkdir(parents=True)
    for name, text in {"person": "id\n1", **tables}.items():
        rows = [_row(name, row) for row in draw(text)]
        names = list(dict.fromkeys(c for row in rows for c in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def _row(table: str, drawn: Mapping[str, object]) -> dict[str, object]:
    row: dict[str, object] = {_column(table, name): value for name, value in drawn.items()}
    if table not in ("concept", "concept_ancestor", "cost", "location", "care_site", "provider"):
        row.setdefault("person_id", "1")
    if table == "visit_detail":
        row.pop("person_id")
    for name, value in DEFAULTS.get(table, {}).items():
        row.setdefault(name, value)
    return {name: "" if value is None else value for name, value in row.items()}


def _column(table: str, name: str) -> str:
    """The column that a short name stands for."""
    types = LAYOUTS[table].types
    if name in types:
        return name
    prefix, dated = DOMAINS.get(table, (table, table))
    tries = {
        "id": f"{table}_id",
        "person": "person_id",
        "visit_id": "visit_occurrence_id",
        "detail": "visit_detail_id",
        "concept": f"{prefix}_concept_id",
        "source": f"{prefix}_source_concept_id",
        "value": f"{prefix}_source_value",
        "type": f"{prefix}_type_concept_id",
        "name": "concept_name",
        "vocabulary": "vocabulary_id",
        "code": "concept_code",
        "class": "concept_class_id",
        "event": "cost_event_id",
        "domain": "cost_domain_id",
        "number": "value_as_number",
        "text": "value_as_string",
    }
    found = tries.get(name, "")
    if found in types or table == "observation_period":
        return found if found in types else f"{dated}_{name}_date"
    if name not in ("start", "end", "date"):
        return found or name
    days = [f"{dated}_{name}_date", f"{dated}_{name}", f"{dated}_date", f"{dated}_start_date"]
    return next((day for day in days if day in types), found or name)


def folder_tables(source: Path, names: Iterable[str] = ()) -> dict[str, pa.Table]:
    """The tables of a folder of CSV files as Arrow, numbers and dates in their types."""
    wanted = set(names)
    found = {}
    for path in sorted(source.glob("*.csv*")):
        name = path.name.split(".")[0].lower()
        if name not in LAYOUTS or (wanted and name not in wanted):
            continue
        raw = path.read_bytes()
        data = gzip.decompress(raw) if path.suffix == ".gz" else raw
        types = {c: ARROW[t] for c, t in LAYOUTS[name].types.items()}
        found[name] = pv.read_csv(
            pa.BufferReader(data),
            convert_options=pv.ConvertOptions(
                column_types=types, strings_can_be_null=True, null_values=[""]
            ),
        )
    return found


ARROW = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
}


def as_parquet(tables: Mapping[str, pa.Table], folder: Path) -> Path:
    """Parquet files whose names and columns are written in mixed case."""
    folder.mkdir()
    for name, rows in tables.items():
        pq.write_table(
            rows.rename_columns(_mixed(rows.column_names)), folder / f"{name.title()}.parquet"
        )
    return folder


def as_duckdb(tables: Mapping[str, pa.Table], file: Path, schema: str = "main") -> Path:
    """A DuckDB file with the tables in one schema."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for name, rows in tables.items():
            connection.register("given", rows)
            connection.execute(f"CREATE TABLE {schema}.{name.upper()} AS SELECT * FROM given")
            connection.unregister("given")
    return file


SQL = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}


def as_postgres(tables: Mapping[str, pa.Table], url: str, schema: str = "cdm") -> None:
    """The tables in a schema of a PostgreSQL database."""
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        for name, rows in tables.items():
            own = sql.Identifier(schema, name)
            columns = [
                sql.SQL("{} {}").format(
                    sql.Identifier(f.name.lower()), sql.SQL(SQL.get(f.type, "text"))
                )
                for f in rows.schema
            ]
            connection.execute(
                sql.SQL("CREATE TABLE {} ({})").format(own, sql.SQL(", ").join(columns))
            )
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(own)) as copy:
                for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                    copy.write_row(row)


def _mixed(names: Iterable[str]) -> list[str]:
    return [name.title() if number % 2 else name.upper() for number, name in enumerate(names)]
