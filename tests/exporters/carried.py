"""A History less what a layout cannot carry, and whether another says the same.

An exporter declares `CARRIES`: table -> its columns that the layout has a place for. What is not
carried is null, and the times when facts were known are those the reader declares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.catalogue import load_catalogue
from features.definition import load_definition
from features.matrix import Matrix, build
from features.readers.ingest import ingest
from features.readers.stated import Observed
from features.spells import SpellRule, spells
from features.tables.contract import Tables
from features.tables.history import History
from features.tables.schema import TABLES

Carries = Mapping[str, Sequence[str]]


def everybody(history: History) -> Tables:
    """All rows of a History in memory."""
    parts = [history.bucket(number) for number in range(history.buckets)]
    return {name: pa.concat_tables([part[name] for part in parts]) for name in TABLES}


def only(tables: Tables, carries: Carries) -> Tables:
    """The tables with all columns, those not carried null; tables not carried are empty."""
    return {name: _only(name, tables[name], carries.get(name)) for name in TABLES}


def _only(name: str, rows: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    if columns is None:
        return TABLES[name].schema.empty_table()
    kept = ("person_id", *columns)
    made = {
        column.name: rows[column.name] if column.name in kept else pa.nulls(len(rows), column.type)
        for column in TABLES[name].columns
    }
    return pa.table(made)


def set_column(rows: pa.Table, name: str, values: object) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, values)


def days_after(times: pa.ChunkedArray, days: int) -> pa.ChunkedArray:
    """The times so many days later; null stays null."""
    return pc.add(
        times.cast(pa.timestamp("us")), pa.scalar(days * 86_400_000_000, pa.duration("us"))
    )


def as_history(tables: Tables, folder: Path, observed: Sequence[Observed] = ()) -> History:
    """The tables as a History of their own, by way of the native format."""
    for name, rows in tables.items():
        if len(rows):
            path = folder / "native" / name / "rows.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, path)
    ingest("native", folder / "native", folder / "carried", observed=observed)
    return History.open(folder / "carried")


def matrix_of(history: History) -> tuple[Matrix, pa.Table]:
    """The features and labels of the shipped question of readmission."""
    return build(history, load_definition("readmission"), load_catalogue())


def _differing(ours: pa.Table, theirs: pa.Table) -> list[str]:
    """What is not the same, without any value."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} rows and not {len(theirs)}"]
    return [name for name in ours.column_names if not ours[name].equals(theirs[name])]


def assert_same(found: History, expected: History) -> Matrix:
    """Rows, spells under both rules, features and labels are the same; returns the features."""
    ours, theirs = everybody(found), everybody(expected)
    for name in TABLES:
        assert _differing(ours[name], theirs[name]) == [], f"table {name}"
    assert found.digest == expected.digest
    for rule in SpellRule:
        assert spells(ours, rule).equals(spells(theirs, rule))
    (matrix, labels), (other, other_labels) = matrix_of(found), matrix_of(expected)
    assert matrix.rows.equals(other.rows)
    assert matrix.X.tobytes() == other.X.tobytes()
    assert labels.equals(other_labels)
    return matrix
