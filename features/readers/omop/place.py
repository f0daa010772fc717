"""Where an OMOP source lies: a folder of files, a DuckDB file, or a PostgreSQL database.

Each opens a table by its layout and gives the same relation, so the mapping does not know which it
reads. In a database the tables may lie in any schema, and those of the vocabulary in another:
`?schema=cdm&vocabulary=vocab` after the URL says so where there is a choice. Nothing is written
into a source.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, unquote

import duckdb
import ibis.expr.types as ir
from ibis.common.exceptions import TableNotFound

from features.errors import InputError
from features.readers.files import header, table_files
from features.readers.layout import Layout
from features.readers.omop.layout import VOCABULARY
from features.readers.omop.postgres import Database
from features.readers.opened import names_of, open_if_there, typed_rows
from features.readers.source import Source
from features.readers.workshop import Workshop

POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
DUCKDB_MAGIC = b"DUCK"
CHOICES = ("schema", "vocabulary")


class Place(Protocol):
    """A source of tables."""

    def table(self, layout: Layout) -> ir.Table | None:
        """Rows with the columns of the layout, typed; None where there is no such table."""


def place(workshop: Workshop, given: Source) -> Place:
    """The place that was named. Raises InputError where there is none or it cannot be opened."""
    if given.scheme in POSTGRESQL:
        return _postgres(workshop, given)
    if given.scheme == "duckdb":
        named = given.place.partition("://")[2].partition("?")[0]
        return _duckdb(workshop, Source(unquote(named)).path, _chosen(given))
    path = given.path
    if path.is_file() and _is_duckdb(path):
        return _duckdb(workshop, path, {})
    return Folder(workshop, path)


@dataclass(frozen=True)
class Folder:
    """Files named after the tables, CSV or Parquet; vocabulary files tab-delimited as Athena's."""

    workshop: Workshop
    path: Path

    def table(self, layout: Layout) -> ir.Table | None:
        if layout in VOCABULARY and self._tabbed(layout.name):
            return open_if_there(self.workshop, self.path, layout, delimiter="\t", quote="")
        return open_if_there(self.workshop, self.path, layout)

    def _tabbed(self, name: str) -> bool:
        texts = [f for f in table_files(self.path, name) if f.suffix != ".parquet"]
        return bool(texts) and "\t" in header(texts[0])[0]


@dataclass(frozen=True)
class Attached:
    """A DuckDB file attached for reading; `schemas` say where each table lies."""

    workshop: Workshop
    path: Path
    schemas: Mapping[str, tuple[str, str]]

    def table(self, layout: Layout) -> ir.Table | None:
        if layout.name not in self.schemas:
            return None
        self.workshop.tell(f"reading {layout.name}", None)
        schema, name = self.schemas[layout.name]
        where = f"{self.path}, table {schema}.{name}"
        try:
            rows = self.workshop.connection.table(name, database=("source", schema))
            names_of(layout, rows.columns, where)
            return typed_rows(self.workshop, rows, layout)
        except (TableNotFound, duckdb.Error):
            raise InputError(
                "the table cannot be read",
                where=where,
                cure="if it is a view, check that what it is made of is in this file",
            ) from None


@dataclass(frozen=True)
class Copied:
    """Tables of a PostgreSQL database, copied into the workshop as they are asked for."""

    workshop: Workshop
    database: Database
    schemas: Mapping[str, tuple[str, str]]

    def table(self, layout: Layout) -> ir.Table | None:
        if layout.name not in self.schemas:
            return None
        self.workshop.tell(f"copying {layout.name}", None)
        file = self.workshop.folder / f"{layout.name}.parquet"
        self.database.copy(*self.schemas[layout.name], layout, file)
        return typed_rows(self.workshop, self.workshop.parquet([file]), layout, [file])


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == DUCKDB_MAGIC


def _duckdb(workshop: Workshop, path: Path, chosen: Mapping[str, str]) -> Attached:
    connection = workshop.connection.con
    try:
        connection.execute(
            f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS source (READ_ONLY)"
        )
    except duckdb.Error:
        raise InputError(
            "the DuckDB file cannot be opened",
            where=str(path),
            cure="check that it is whole, of a version that is not newer, and open nowhere else",
        ) from None
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = 'source'"
    ).fetchall()
    return Attached(workshop, path, located(found, chosen, f"duckdb://{path}", str(path)))


def _postgres(workshop: Workshop, given: Source) -> Copied:
    database = Database(_without_choices(given), str(given))
    workshop.closing.callback(database.close)
    chosen = _chosen(given)
    return Copied(workshop, database, located(database.tables(), chosen, str(given), str(given)))


def located(
    tables: Collection[tuple[str, str]], chosen: Mapping[str, str], url: str, where: str
) -> Mapping[str, tuple[str, str]]:
    """Table in small letters -> the schema and name it has.

    tables  every schema and table there is
    Raises InputError where no schema or several have a table person, and none was chosen.
    """
    own = _schema(tables, "person", chosen.get("schema"), "schema", url, where)
    words = chosen.get("vocabulary")
    if words is not None or (own, "concept") in _small(tables):
        vocabulary = words or own
    elif any(name == "concept" for _, name in _small(tables)):
        vocabulary = _schema(tables, "concept", None, "vocabulary", url, where)
    else:
        vocabulary = own
    names = [layout.name for layout in VOCABULARY]
    found = {n.lower(): (s, n) for s, n in tables if s == own and n.lower() not in names}
    return found | {n.lower(): (s, n) for s, n in tables if s == vocabulary and n.lower() in names}


def _small(tables: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(schema, name.lower()) for schema, name in tables}


def _schema(
    tables: Collection[tuple[str, str]],
    table: str,
    wanted: str | None,
    parameter: str,
    url: str,
    where: str,
) -> str:
    having = sorted({schema for schema, name in _small(tables) if name == table})
    if wanted is not None:
        having = [schema for schema in having if schema == wanted]
    if len(having) == 1:
        return having[0]
    raise InputError(
        f"several schemas have a table {table}" if having else f"the table {table} is missing",
        where=where if wanted is None else f"{where}, schema {wanted}",
        cure=f"say which: {url}?{parameter}=NAME, NAME one of {', '.join(having)}"
        if having
        else f"name a source that has it; ?{parameter}=NAME after the URL names a schema",
    )


def _chosen(given: Source) -> Mapping[str, str]:
    return {k: v for k, v in parse_qsl(given.query) if k in CHOICES}


def _without_choices(given: Source) -> str:
    """The URL as libpq takes it."""
    base = given.place.partition("://")[2].removesuffix(given.query).removesuffix("?")
    kept = "&".join(part for part in given.query.split("&") if part.split("=")[0] not in CHOICES)
    return f"postgresql://{base}" + (f"?{kept}" if kept else "")
