"""Tables of a PostgreSQL database, copied column by column into Parquet files.

One read-only transaction serves the whole reading, so that all tables are of one moment and nothing
can be written. The mapping does not run there: Ibis writes an attempted cast for PostgreSQL as a
plain one, and a single unreadable value would end the query instead of rejecting its row. Messages
name the place without user and password, and never repeat the server's own, which may hold values.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from psycopg import sql

from features.errors import InputError
from features.readers.layout import Layout
from features.readers.opened import names_of

BLOCK = 4 << 20
INTEGERS = ("smallint", "integer", "bigint")
NUMBERS = ("numeric", "real", "double precision")
ZONED = "timestamp with time zone"


@dataclass
class Database:
    """A connection that only reads.

    url    as libpq takes it
    where  what messages call it

    Raises InputError where no connection can be made.
    """

    url: str
    where: str
    _connection: psycopg.Connection[tuple[object, ...]] = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._connection = psycopg.connect(self.url, client_encoding="utf8", connect_timeout=15)
            self._connection.read_only = True
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.execute("SET LOCAL datestyle TO 'ISO'")
        except (psycopg.Error, ValueError):
            raise InputError(
                "the database cannot be reached",
                where=self.where,
                cure="check host, port, database, user and password: "
                "postgresql://USER:PASSWORD@HOST/DATABASE?schema=SCHEMA",
            ) from None

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[tuple[str, str]]:
        """Schema and name of every table and view, materialized ones too: one that this user may
        not read is named as well, so that nobody takes it for absent."""
        found = self._connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND n.nspname NOT IN ('information_schema', 'pg_catalog')"
        )
        return [(str(schema), str(name)) for schema, name in found]

    def copy(self, schema: str, table: str, layout: Layout, file: Path) -> None:
        """Write the columns of the layout that are there to a Parquet file, some rows at a time.

        Dates and times are written as text, so that one that is no day of the calendar (infinity,
        a year before Christ) rejects its row. Raises InputError where the table cannot be read.
        """
        where = f"{self.where}, table {schema}.{table}"
        types = self._types(schema, table)
        names = names_of(layout, list(types), where)
        there = {column: name for column, name in names.items() if name is not None}
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)").format(
            sql.SQL(", ").join(_selected(n, types[n]) for n in there.values()),
            sql.Identifier(schema, table),
        )
        read_as = {c: _type(layout.types[c], types[name]) for c, name in there.items()}
        try:
            with self._connection.cursor().copy(query) as copied:
                _write(_Stream(copied), read_as, file)
        except (psycopg.Error, pa.ArrowInvalid):
            raise InputError(
                "the table cannot be read",
                where=where,
                cure="check that the user may SELECT from it, that its text is UTF-8 and that the "
                "connection lasts",
            ) from None

    def _types(self, schema: str, table: str) -> Mapping[str, str]:
        found = self._connection.execute(
            "SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) "
            "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped "
            "ORDER BY a.attnum",
            (schema, table),
        )
        return {str(name): str(kind) for name, kind in found}


def _selected(name: str, kind: str) -> sql.Composable:
    """A time with a zone is told as the database's own clock shows it."""
    column = sql.Identifier(name)
    return sql.SQL("{}::timestamp").format(column) if kind == ZONED else column


def _type(wanted: str, kind: str) -> pa.DataType:
    if kind in INTEGERS:
        return pa.int64()
    return pa.float64() if kind in NUMBERS and wanted == "number" else pa.string()


class _Stream(io.RawIOBase):
    """What a COPY sends, as a file that can be read."""

    def __init__(self, copied: psycopg.Copy) -> None:
        self._copied, self._left = copied, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = memoryview(self._copied.read())
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


def _write(stream: io.RawIOBase, types: Mapping[str, pa.DataType], file: Path) -> None:
    """An empty text stands in quotes and a null does not, so the two stay apart."""
    schema = pa.schema(list(types.items()))
    with pq.ParquetWriter(file, schema, compression="lz4") as writer:
        buffered = io.BufferedReader(stream, BLOCK)
        if not buffered.peek(1):
            return
        rows = pv.open_csv(
            buffered,
            read_options=pv.ReadOptions(column_names=list(types), block_size=BLOCK),
            parse_options=pv.ParseOptions(newlines_in_values=True),
            convert_options=pv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in rows:
            writer.write_batch(batch)
