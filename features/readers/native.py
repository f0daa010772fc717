"""Reads a folder of canonical tables: files named after the tables, Parquet or CSV, in any order.

`stay.csv`, `stay.csv.gz` and `stay.parquet` are the table stay; so are all such files in a folder
`stay/`. Columns are those of docs/reference/history.md; one that the contract lets be null may be
absent, and an unknown one is refused, because it may be a misspelt one. Who tells of deaths or
discharges tells when they became known. The table person must be there. A `manifest.json`, as every
History has one, may say `precision`, `delays`, `last` and `last_known`; without it no date may lie
more than a year ahead of today. A History was held against its contract when it was written, and a
period in it may end long after all that was known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.readers.files import (
    SUFFIXES,
    below,
    empty,
    header,
    is_parquet,
    require,
    unreadable,
)  # fmt: skip
from features.readers.reader import Reader, Reading
from features.readers.source import Source
from features.readers.workshop import FILE, Workshop, counted
from features.tables.contract import Table
from features.tables.manifest import NAME
from features.tables.memory import refuse_unknown
from features.tables.schema import CONTRACT, TABLES

ENDINGS = (*SUFFIXES, ".parquet")
AHEAD = timedelta(days=366)
TOLD = {"person": ("death_date", "death_known"), "stay": ("discharged_at", "discharged_known")}
"""A time and when it became known: without the second column all discharges would read as open."""
OTHERS = ("truth",)
"""Folders of a History that hold no canonical table."""


def read(workshop: Workshop, given: Source) -> Reading:
    """The canonical tables in the folder given.

    Raises InputError where the table person or a column is missing, a table or column is unknown,
    a time comes without when it became known, or a table has no rows (one in a History may be
    empty).
    """
    source = given.path
    if not source.is_dir():
        raise InputError(
            "the source is no folder", where=str(source), cure="name the folder of the tables"
        )
    files = _files(source)
    if "person" not in files:
        raise InputError(
            "the table person is missing",
            where=str(source),
            cure="give a file person.csv or person.parquet with one row per person",
        )
    told = _manifest(source)
    tables = {n: _table(workshop, TABLES[n], found, "tables" in told) for n, found in files.items()}
    end = told.get("last_known")
    today = datetime.now(UTC).date()
    return Reading(
        source=str(told.get("source", "native")),
        tables={name: rows for name, rows in tables.items() if rows is not None},
        precision=told.get("precision", {}),  # type: ignore[arg-type]
        delays=told.get("delays", {}),  # type: ignore[arg-type]
        last=told.get("last"),  # type: ignore[arg-type]
        last_known=end,  # type: ignore[arg-type]
        latest=None
        if "tables" in told
        else (end.date() if isinstance(end, datetime) else today) + AHEAD,
    )


READER = Reader("native", "a folder of canonical tables, Parquet or CSV", read)


def _files(source: Path) -> Mapping[str, list[Path]]:
    """Files of each table that is there, in contract order."""
    found: dict[str, list[Path]] = {}
    for path in below(source):
        inside = path.relative_to(source).parts
        ending = next((e for e in ENDINGS if path.name.endswith(e)), None)
        if ending is None or inside[0] in OTHERS:
            continue
        table = inside[0].removesuffix(ending) if len(inside) == 1 else inside[0]
        if table not in TABLES:
            raise InputError(
                f"{table} is no table", where=str(path), cure=f"use {', '.join(TABLES)}"
            )
        found.setdefault(table, []).append(path)
    return {name: found[name] for name in TABLES if name in found}


def _table(
    workshop: Workshop, table: Table, files: Sequence[Path], may_be_empty: bool
) -> ir.Table | None:
    parquet = [path for path in files if is_parquet(path)]
    texts = [path for path in files if not is_parquet(path)]
    if parquet and texts:
        raise InputError(
            f"the table {table.name} comes both as Parquet and as CSV",
            where=", ".join(map(str, (parquet[0], texts[0]))),
            cure="keep one of them",
        )
    rows = {path: _columns(table, path) for path in files}
    if not any(rows.values()):
        if may_be_empty and table.name != "person":
            return None
        raise empty(files[0])
    if parquet:
        found = workshop.parquet([path for path in parquet if rows[path]])
    else:
        found = workshop.kept(f"native_{table.name}", workshop.csv(texts), texts)
        if not counted(found):
            raise empty(texts[0])
    return found.drop(FILE)


def _columns(table: Table, path: Path) -> int:
    """Checks the columns of a file; its rows, or 1 for a CSV file, whose end is not in sight."""
    if is_parquet(path):
        try:
            metadata = pq.read_metadata(path)
        except (OSError, pa.ArrowInvalid):
            raise unreadable(path) from None
        names, count = tuple(metadata.schema.to_arrow_schema().names), metadata.num_rows
    else:
        names, count = header(path), 1
    require(names, (c.name for c in table.columns if not c.nullable), path)
    refuse_unknown(table, names, str(path))
    happened, known = TOLD.get(table.name, ("", ""))
    if happened in names and known not in names:
        raise InputError(
            f"there is {happened} but no {known}",
            where=f"{path}, header line",
            cure=f"add {known}; where the source knows at once, copy {happened}",
        )
    return int(count)


def _manifest(source: Path) -> Mapping[str, object]:
    """What a manifest.json in the folder says of the source; nothing where there is none."""
    path = source / NAME
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.get("contract", CONTRACT) != CONTRACT:
            raise ValueError
        if "last" in told:
            told["last"] = date.fromisoformat(told["last"])
        if "last_known" in told:
            told["last_known"] = datetime.fromisoformat(told["last_known"])
    except (ValueError, AttributeError, TypeError):
        raise InputError(
            "manifest.json does not fit",
            where=str(path),
            cure=f"give contract {CONTRACT}, `last` and `last_known` as ISO dates, or leave it out",
        ) from None
    return dict(told)
