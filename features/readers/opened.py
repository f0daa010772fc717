"""Tables of a source opened by their layout: columns by name in any case, values in their types.

A file is CSV, gzipped or not, or Parquet. Text is read once and kept in the workshop; a value that
cannot be read as its type rejects its row, which is counted and named by its key. Parquet that has
the types already is not copied: it streams from its files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.readers.files import header, is_parquet, table_files, unreadable
from features.readers.layout import Layout, Type
from features.readers.workshop import Loaded, Workshop, counted, told_rejects

CASTS: Mapping[Type, str] = {
    "text": "string",
    "whole": "int64",
    "number": "float64",
    "date": "date",
    "time": "timestamp(6)",
}


OFFSET = r"^(.+[T ]\d{2}:\d{2}\S*?)\s*([zZ]|[+-]\d{2}(:?\d{2})?)$"
"""A time and the offset written after it, which is dropped: History holds the facility's clock."""


def open_table(
    workshop: Workshop, source: Path, layout: Layout, *, delimiter: str = ","
) -> ir.Table:
    """As `open_if_there`; raises InputError where there is no file of that table."""
    rows = open_if_there(workshop, source, layout, delimiter=delimiter)
    if rows is None:
        raise InputError(
            f"the table {layout.name} is missing",
            where=str(source),
            cure=f"give {layout.name}.csv, {layout.name}.csv.gz or {layout.name}.parquet, "
            f"or such files in a folder {layout.name}",
        )
    return rows


def open_if_there(
    workshop: Workshop, source: Path, layout: Layout, *, delimiter: str = ",", quote: str = '"'
) -> ir.Table | None:
    """Rows of the table below `source` with exactly the columns of the layout, typed.

    quote  what a value of a text file may stand in ("": values stand as they are)

    None where the table has no file. A header line without rows is a table without rows. Raises
    InputError where a file cannot be read or lacks a column.
    """
    files = table_files(source, layout.name)
    if not files:
        return None
    workshop.tell(f"reading {layout.name}", None)
    parquet = [path for path in files if is_parquet(path)]
    if parquet and len(parquet) < len(files):
        raise InputError(
            f"the table {layout.name} comes both as Parquet and as text",
            where=", ".join(map(str, files)),
            cure="keep one of them",
        )
    for path in files:
        names_of(layout, parquet_header(path) if parquet else header(path, delimiter), path)
    rows = workshop.parquet(files) if parquet else workshop.csv(files, delimiter, quote)
    return typed_rows(workshop, rows, layout, files, stored=not parquet)


def typed_rows(
    workshop: Workshop,
    rows: ir.Table,
    layout: Layout,
    files: Sequence[Path] = (),
    *,
    stored: bool = False,
) -> ir.Table:
    """`rows` of any relation with the columns of the layout, typed; unreadable rows set aside.

    stored  the relation is slow to read, so it is read once and kept
    """
    where = files[0] if files else Path(layout.name)
    found = names_of(layout, rows.columns, where)
    given = rows.select(
        **{
            c: _plain(rows[n], layout.types[c], f"{where}, column {n}") if n
            else ibis.null(CASTS[layout.types[c]])
            for c, n in found.items()
        }
    )  # fmt: skip
    texts = [c for c in layout.types if given[c].type().is_string() and layout.types[c] != "text"]
    if stored and texts:
        return _kept_rows(workshop, given, layout, texts, files)
    if stored:
        given = workshop.kept(f"{layout.name}_given", given, files)
    number, rejected = counted(given), None
    if texts:
        judged = _judged(given, layout, texts)
        rejected = told_rejects(judged.filter(judged.fault.notnull()), layout.key, layout.table)
        given = judged.filter(judged.fault.isnull()).drop("fault", "column")
    workshop.loaded[layout.name] = Loaded(layout.table, given, number, 0, rejected)
    return given.mutate(**{c: _cast(given[c], t) for c, t in layout.types.items()})


def _kept_rows(
    workshop: Workshop, given: ir.Table, layout: Layout, texts: Sequence[str], files: Sequence[Path]
) -> ir.Table:
    """Typed rows of text, kept so that no later query reads a value of it again."""
    judged = _judged(given, layout, texts)
    typed = {c: _cast(judged[c], t) for c, t in layout.types.items()}
    told = {f"told_{c}": ibis.ifelse(judged.fault.notnull(), judged[c], None) for c in layout.key}
    kept = workshop.kept(
        f"{layout.name}_given", judged.select("fault", "column", **typed, **told), files
    )
    counts = kept.agg(rows=kept.count(), bad=kept.fault.count()).to_pyarrow().to_pylist()[0]
    rows, rejected = kept, None
    if counts["bad"]:
        bad = kept.filter(kept.fault.notnull())
        named = bad.select("fault", "column", **{c: bad[f"told_{c}"] for c in layout.key})
        rejected = told_rejects(named, layout.key, layout.table)
        rows = kept.filter(kept.fault.isnull())
    rows = rows.select(*layout.types)
    workshop.loaded[layout.name] = Loaded(layout.table, rows, counts["rows"], 0, rejected)
    return rows


def names_of(layout: Layout, header: Sequence[str], where: object) -> Mapping[str, str | None]:
    """Column of the layout -> name in the file; None where an optional one is absent."""
    there = {name.strip().lower(): name for name in header}
    found: dict[str, str | None] = {}
    for column in layout.types:
        spellings = (column, *layout.also.get(column, ()))
        found[column] = next((there[s.lower()] for s in spellings if s.lower() in there), None)
        if found[column] is None and column in layout.columns:
            raise InputError(
                f"the column {column} is missing",
                where=f"{where}, header line",
                cure=f"add the column {column}, or check that this is the right file",
            )
    return found


def parquet_header(path: Path) -> tuple[str, ...]:
    """Column names of a Parquet file."""
    try:
        return tuple(pq.read_schema(path).names)
    except (OSError, pa.ArrowInvalid):
        raise unreadable(path) from None


def _plain(value: ir.Value, kind: Type, where: str) -> ir.Value:
    """The value in a type that its kind is read from: dates written as numbers (20200131) as text,
    ids and codes that another program made floating numbers without their ".0".

    Raises InputError for a type of Parquet that cannot hold the kind.
    """
    held = value.type()
    if isinstance(value, ir.IntegerValue) and kind in ("date", "time"):
        return value.cast("string")
    if isinstance(value, ir.FloatingValue) and kind == "text":
        exact = (value.abs() < 2.0**53) & (value == value.floor())
        text = ibis.ifelse(exact, value.cast("int64").cast("string"), value.cast("string"))
        return ibis.ifelse(value.isnan(), None, text)
    if held.is_null() or held.is_string() or isinstance(held, HOLD[kind]):
        return value
    raise InputError(
        f"a column of the type {held} cannot hold a {kind}",
        where=where,
        cure=f"write the column as {CASTS[kind]}, or as text",
    )


HOLD: Mapping[Type, tuple[type[dt.DataType], ...]] = {
    "text": (dt.Primitive, dt.Decimal, dt.Temporal, dt.Binary, dt.UUID, dt.Unknown),
    "whole": (dt.Numeric, dt.Boolean),
    "number": (dt.Numeric,),
    "date": (dt.Date, dt.Timestamp),
    "time": (dt.Date, dt.Timestamp),
}
"""Types of Parquet that a kind is read from, besides text."""


def _judged(given: ir.Table, layout: Layout, texts: Sequence[str]) -> ir.Table:
    """Rows with the `fault` and the `column` of each that cannot be read (null: it can)."""
    faults = [(_blank(given[c]), "missing_value", c) for c in layout.key]
    faults += [(_lost(given[c], layout.types[c]), _reason(layout.types[c]), c) for c in texts]
    return given.mutate(
        fault=ibis.cases(*((bad, reason) for bad, reason, _ in faults), else_=None),
        column=ibis.cases(*((bad, column) for bad, _, column in faults), else_=None),
    )


def _reason(kind: Type) -> str:
    return "impossible_date" if kind in ("date", "time") else "unreadable_value"


def _blank(value: ir.Value) -> ir.BooleanValue:
    return value.isnull() | (value == "") if value.type().is_string() else value.isnull()


def _lost(text: ir.StringValue, kind: Type) -> ir.BooleanValue:
    return text.notnull() & (text.strip() != "") & _cast(text, kind).isnull()


def _cast(value: ir.Value, kind: Type) -> ir.Value:
    """The value in its type; text that cannot be read becomes null, and so does empty text."""
    if not value.type().is_string():
        return value.cast(CASTS[kind]) if value.type() != ibis.dtype(CASTS[kind]) else value
    if kind == "text":
        return value.nullif("")
    text = value.strip()
    if kind in ("date", "time"):
        text = text.re_replace(r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")
    if kind == "time":
        text = text.re_replace(OFFSET, r"\1")
    return text.try_cast(CASTS[kind])
