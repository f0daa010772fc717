"""The files of a mapping opened: their rows as text, less those that say a thing again.

A row left out here is counted under the reason the mapping gives. Refused: a source that has none
of the files, a file that lacks a column the mapping reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import ibis
import ibis.expr.types as ir

from features.errors import InputError
from features.readers.files import TABLE_SUFFIXES, below, header, is_parquet, require
from features.readers.layout import Layout
from features.readers.opened import names_of, parquet_header, typed_rows
from features.readers.table.mapping import File, LeaveOut, MappingHead, Once
from features.readers.table.parts import Condition, Value
from features.readers.table.values import cell, columns_of, held
from features.readers.workshop import Workshop, counted

ROW = "row_of_the_file"
SAID = 12
"""Names of columns that are said before "and so many more"."""


@dataclass
class Opened:
    """A file of the mapping as it lies there.

    rows      its columns that the mapping reads, all text, and those derived
    read      rows in the files
    left_out  why -> how many rows or columns are not carried
    """

    name: str
    file: File
    rows: ir.Table
    read: int
    left_out: Counter[str] = field(default_factory=Counter)


def opened_files(workshop: Workshop, source: Path, mapping: MappingHead) -> dict[str, Opened]:
    """The files that are there. Raises InputError where one is missing that may not be."""
    found = {name: _paths(source, file, len(mapping.files)) for name, file in mapping.files.items()}
    if not any(found.values()):
        named = ", ".join(dict.fromkeys(m for file in mapping.files.values() for m in file.match))
        raise InputError(
            "there is none of the files the mapping names",
            where=str(source),
            cure=f"give files named like {named}, or change `match` in the mapping",
        )
    for name, file in mapping.files.items():
        if not found[name] and not file.may_lack:
            raise InputError(
                f"there is no file {name}",
                where=str(source),
                cure=f"give a file named like {' or '.join(file.match)}; or say may_lack = true "
                f"under files.{name}",
            )
    return {n: _opened(workshop, mapping, n, paths) for n, paths in found.items() if paths}


def used_columns(mapping: MappingHead, name: str) -> list[str]:
    """Columns of the file that the mapping looks at, in order of first mention."""
    file = mapping.files[name]
    said: list[str] = []
    for value in file.derive.values():
        said += columns_of(value)
    for left in file.leave_out:
        said += (condition.column for condition in left.where)
    for once in file.once:
        said += (*once.by, *(c.column for c in once.cancelled))
        said += (column for value in once.order for column in columns_of(value))
    for _, block in mapping.blocks():
        if block.file == name:
            said += (condition.column for condition in block.where)
            for value in (*block.order, *block.columns.values()):
                said += columns_of(value)
            said += (*getattr(block, "codes", ()), *getattr(block, "code_dates", ()))
    return [column for column in dict.fromkeys(said) if column not in file.derive]


def _paths(source: Path, file: File, files: int) -> list[Path]:
    tables = [path for path in below(source) if path.name.lower().endswith(TABLE_SUFFIXES + TEXTS)]
    if source.is_file() and files == 1:
        return tables or [source]
    patterns = [pattern.lower() for pattern in file.match]

    def fits(path: Path) -> bool:
        inside = path.name if path == source else path.relative_to(source).as_posix()
        names = {path.name.lower(), inside.lower()}
        names |= {name.removesuffix(".gz") for name in names}
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return [path for path in tables if fits(path)]


TEXTS = (".txt", ".txt.gz", ".tsv", ".tsv.gz", ".psv", ".psv.gz")


def _opened(workshop: Workshop, mapping: MappingHead, name: str, paths: list[Path]) -> Opened:
    file = mapping.files[name]
    workshop.tell(f"reading {name}", None)
    used = used_columns(mapping, name)
    optional = {column.lower() for column in file.optional_columns}
    layout = Layout(
        name=name, table=main_table(mapping, name), key=(),
        columns={c: "text" for c in used if c.lower() not in optional},
        optional={c: "text" for c in used if c.lower() in optional},
    )  # fmt: skip
    parquet = [path for path in paths if is_parquet(path)]
    if parquet and len(parquet) < len(paths):
        raise InputError(
            f"the file {name} comes both as Parquet and as text",
            where=", ".join(map(str, paths)),
            cure="keep one of them",
        )
    there: dict[str, None] = {}
    for path in paths:
        columns = parquet_header(path) if parquet else header(path, file.delimiter)
        require(columns, (), path)
        _look(layout, columns, path, file.delimiter)
        there |= dict.fromkeys(columns)
    rows = workshop.parquet(paths) if parquet else workshop.csv(paths, file.delimiter)
    text = typed_rows(workshop, rows, layout, paths, stored=True)
    found = Opened(name, file, _derived(text, file), counted(text))
    _say_unmapped(found, layout, list(there))
    _leave_out(workshop, found)
    return found


def _look(layout: Layout, columns: Sequence[str], path: Path, delimiter: str) -> None:
    """Refuse a header that lacks a column; one long cell is a sign of another delimiter."""
    if len(columns) == 1 and len(layout.types) > 1:
        raise InputError(
            "the header line has a single column",
            where=f"{path}, header line",
            cure=f"the mapping parts cells by {delimiter!r}: set `delimiter` as the file has it",
        )
    names_of(layout, columns, path)


def main_table(mapping: MappingHead, name: str) -> str:
    """The table that the rows of a file are most of all about."""
    made = {table for table, block in mapping.blocks() if block.file == name}
    order = ("stay", "visit", "dispensing", "measurement", "programme", "diagnosis", "procedure",
             "person", "registration", "coverage")  # fmt: skip
    return next(table for table in order if table in made)


def _derived(rows: ir.Table, file: File) -> ir.Table:
    for name, value in file.derive.items():
        rows = rows.mutate(**{name: cell(rows, file, value, "text").value})
    return rows


def _say_unmapped(found: Opened, layout: Layout, there: list[str]) -> None:
    known = {column.lower() for column in layout.types}
    unmapped = [column for column in there if column.strip().lower() not in known]
    if unmapped:
        more = f" and {len(unmapped) - SAID} more" if len(unmapped) > SAID else ""
        names = ", ".join(unmapped[:SAID])
        found.left_out[f"columns of {found.name} not mapped: {names}{more}"] = len(unmapped)


def _leave_out(workshop: Workshop, found: Opened) -> None:
    """Rows that are no part of it, then rows that say a thing again, each under its reason."""
    left = counted(found.rows)
    rules: list[LeaveOut | Once] = [*found.file.leave_out, *found.file.once]
    for number, rule in enumerate(rules):
        if isinstance(rule, Once):
            kept = _once(found.rows, found.file, rule)
        else:
            kept = found.rows.filter(~held(found.rows, rule.where))
        found.rows = workshop.kept(f"{found.name}_after_{number}", kept, ())
        now = counted(found.rows)
        if left > now:
            found.left_out[f"rows of {found.name}: {rule.why}"] += left - now
        left = now


def _once(rows: ir.Table, file: File, rule: Once) -> ir.Table:
    keys = sort_keys(rows, file, rule.order)
    if rule.keep != "first":
        keys = [ibis.desc(key) for key in keys]
    within = {"group_by": [rows[c] for c in rule.by]}
    if rule.keep == "last_version":
        place = ibis.rank().over(ibis.window(**within, order_by=keys))
    else:
        whole = [rows[c] for c in rows.columns]
        place = ibis.row_number().over(ibis.window(**within, order_by=[*keys, *whole]))
    kept = rows.mutate(place_of_row=place).filter(lambda t: t.place_of_row == 0)
    kept = kept.drop("place_of_row")
    return kept.filter(~held(kept, rule.cancelled)) if rule.cancelled else kept


def sort_keys(rows: ir.Table, file: File, order: Sequence[Value]) -> list[ir.Value]:
    """Numbers by size, dates in time (where a value says how they are written), else as text."""
    keys: list[ir.Value] = []
    for value in order:
        if value.date or value.clock or value.plus:
            moment = cell(rows, file, value, "time").value
            keys += [moment.epoch_seconds().cast("float64"), ibis.null("string")]
        else:
            text = cell(rows, file, value, "text").value
            keys += [text.try_cast("float64"), text]
    return keys


def untaken(found: Opened, conditions: Sequence[Sequence[Condition]]) -> int:
    """Rows that none of the blocks takes."""
    taken = ibis.or_(*(held(found.rows, one) for one in conditions))
    return counted(found.rows.filter(~taken))


def notes(files: Mapping[str, Opened], mapping: MappingHead) -> Iterator[tuple[str, str, int]]:
    """What is not carried, with the table it is told under."""
    for name, found in files.items():
        for why, number in found.left_out.items():
            yield main_table(mapping, name), why, number
