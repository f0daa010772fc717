"""The place where readers work: DuckDB in a folder of its own, reached through Ibis.

It never calls out: extensions are neither installed nor loaded. Whatever does not fit in memory is
kept in the folder, which goes when the work is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.errors import InputError
from features.readers.abreast import ahead
from features.readers.filekind import FileKind
from features.readers.files import below, empty, header, require, uneven_line, unreadable
from features.tables.check import REJECTS

SETTINGS = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "preserve_insertion_order": False,
    "memory_limit": "2GB",
}

FILE = "file_of_the_row_"
"""Column of the file a row stands in; no source has one of that name, some have `filename`."""

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Loaded:
    """Sound rows of one kind of file.

    table     canonical table as whose rows its rows are counted
    read      rows of the files
    merged    rows that copied another
    rejected  rows left out, as `check.py` tells them (None: none)
    """

    table: str
    rows: ir.Table
    read: int
    merged: int
    rejected: pa.Table | None = None


class Workshop:
    """An Ibis connection and what has been loaded with it, by kind of file."""

    def __init__(self, folder: Path, tell: Progress) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.tell = folder, tell
        self.connection = ibis.duckdb.connect(
            folder / "work.duckdb", temp_directory=str(folder / "spill"), **SETTINGS
        )
        self.connection.con.execute("SET enable_progress_bar = false")
        self.loaded: dict[str, Loaded] = {}
        self.closing = ExitStack()

    def close(self) -> None:
        """Closes what readers opened (`closing`) as well."""
        self.closing.close()
        self.connection.disconnect()

    def load(self, source: Path, kind: FileKind) -> ir.Table:
        """Sound rows of all files of that kind below `source`, all columns text, each row once.

        The named groups of the file name are further columns.

        A row is left out and counted where a key is missing, a date or number cannot be read, or
        rows with one key differ. Raises InputError where there is no such file, a column is missing
        or there are no rows.
        """
        files = [path for path in below(source) if kind.pattern.search(path.name)]
        if not files:
            raise InputError(
                f"there is no file of kind {kind.kind}",
                where=str(source),
                cure=f"give files named like {kind.pattern.pattern}",
            )
        self.tell(f"reading {kind.kind} files", None)
        for path in files:
            require(header(path), kind.columns, path)
        read = self._read_csv(files, kind)
        counts = read.group_by(FILE).size().to_pyarrow().to_pylist()
        if len(counts) < len(files):
            seen = {row[FILE] for row in counts}
            raise empty(next(path for path in files if str(path) not in seen))
        sound = self._sound(read, kind)
        number = counted(read)
        rejected = told_rejects(sound.filter(sound.fault.notnull()), kind.key, kind.table)
        rows = sound.filter(sound.fault.isnull()).drop("fault", "column")
        left = counted(rows)
        merged = number - left - len(rejected)
        self.loaded[kind.kind] = Loaded(kind.table, rows, number, merged, rejected)
        return rows

    def csv(self, files: Sequence[Path], delimiter: str = ",", quote: str = '"') -> ir.Table:
        """Rows of CSV files, all columns text; columns a file lacks are null there.

        quote  what a value may stand in, doubled inside it ("": values stand as they are)

        Nothing is left to DuckDB's guess: it would take rows that begin with # for comments.
        """
        with readable(files):
            return self.connection.read_csv(
                [str(path) for path in files], all_varchar=True, header=True, delim=delimiter,
                quote=quote, escape=quote, comment="", skip=0, union_by_name=True, filename=FILE,
            )  # fmt: skip

    def parquet(self, files: Sequence[Path]) -> ir.Table:
        """Rows of Parquet files; columns a file lacks are null there."""
        with readable(files):
            return self.connection.read_parquet(
                [str(path) for path in files], union_by_name=True, filename=FILE
            )

    def kept(self, name: str, rows: ir.Table, files: Sequence[Path]) -> ir.Table:
        """The rows computed and stored, so that they are read from the source once."""
        with readable(files):
            return self.connection.create_table(name, rows)

    def batches(self, rows: ir.Table, size: int) -> Iterator[pa.Table]:
        """The rows computed and handed over some at a time, the next while the last is used."""
        result = self.connection.con.sql(self.connection.compile(rows))
        for batch in ahead(iter(result.to_arrow_reader(size))):
            yield pa.Table.from_batches([batch])

    def _read_csv(self, files: Sequence[Path], kind: FileKind) -> ir.Table:
        rows = self.csv(files)
        groups = {
            name: rows[FILE].re_extract(kind.pattern.pattern.replace(f"?P<{name}>", ""), number)
            for name, number in kind.pattern.groupindex.items()
        }
        used = [rows[name] for name in (*kind.columns, FILE)]
        return self.kept(f"{kind.kind}_read", rows.select(*used, **groups), files)

    def _sound(self, rows: ir.Table, kind: FileKind) -> ir.Table:
        """Each different row once, with its `fault` and the `column` of it (null: none).

        Files are wide and long: only rows whose key is told more than once are compared whole.
        """
        single = rows.drop(FILE)
        faults = [(single[c].isnull(), "missing_value", c) for c in kind.key]
        faults += [(_lost(single[c], day(single[c])), "impossible_date", c) for c in kind.dates]
        faults += [
            (_lost(single[c], single[c].try_cast("float64")), "unreadable_value", c)
            for c in kind.numbers
        ]
        checked = single.mutate(
            fault=ibis.cases(*((bad, reason) for bad, reason, _ in faults)),
            column=ibis.cases(*((bad, column) for bad, _, column in faults)),
        )
        good, key = checked.filter(checked.fault.isnull()), list(kind.key)
        keys = good.group_by(key).agg(times=good.count())
        twice = self.connection.create_table(
            f"{kind.kind}_twice", keys.filter(keys.times > 1).drop("times")
        )
        bad = checked.filter(checked.fault.notnull())
        if not counted(twice) and not counted(bad):
            return single.mutate(fault=ibis.null("string"), column=ibis.null("string"))
        several = good.semi_join(twice, key).distinct()
        several = several.mutate(times=several.count().over(ibis.window(group_by=key)))
        several = several.mutate(
            fault=ibis.ifelse(several.times > 1, "duplicate_key", None),
            column=ibis.ifelse(several.times > 1, kind.key[-1], None),
        ).select(*checked.columns)
        every = ibis.union(good.anti_join(twice, key), several, bad)
        return self.connection.create_table(kind.kind, every)


def counted(rows: ir.Table) -> int:
    return int(rows.count().to_pyarrow().as_py())


def day(text: ir.StringValue) -> ir.DateValue:
    """The date of a text YYYYMMDD; null where it is none."""
    iso = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)
    return ibis.ifelse(text.length() == 8, iso, None).try_cast("date")


def _lost(text: ir.StringValue, value: ir.Value) -> ir.BooleanValue:
    return text.notnull() & value.isnull()


def told_rejects(rows: ir.Table, key: Sequence[str], table: str) -> pa.Table:
    """Rows left out, named by the key of the source: opaque ids and numbers alone.

    rows  with the `fault` and the `column` of each
    """
    named = ibis.literal(" ").join(
        [ibis.literal(f"{c}=") + rows[c].cast("string").fill_null("") for c in key]
    )
    told = rows.select(table=ibis.literal(table), key=named, reason=rows.fault, column=rows.column)
    return told.to_pyarrow().cast(REJECTS)


@contextmanager
def readable(files: Sequence[Path]) -> Iterator[None]:
    """Turns what DuckDB cannot read into an `InputError` that names the file, one below `files`.

    DuckDB's own messages quote the value at fault, so only a line number is taken from them. Where
    they say none, the file is looked through for a line of another width.
    """
    try:
        yield
    except duckdb.Error as error:
        of_a_file = isinstance(error, UNREAD) or type(error) is duckdb.Error
        if not files or not of_a_file:
            raise
        line = re.search(r"[Ll]ine: (\d+)", str(error))
        named = _named(files, str(error))
        number = int(line[1]) if line else uneven_line(named)
        raise unreadable(f"{named}, line {number}" if number else named) from None


UNREAD = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)
"""Errors of files; damage within a Parquet file comes as the bare root of all DuckDB errors."""


def _named(files: Sequence[Path], message: str) -> Path:
    """The file that the message names in quotes."""
    for path in files:
        if found := re.search(rf'"({re.escape(str(path))}[^"]*)"', message):
            return Path(found[1])
    return next((path for path in files if str(path) in message), files[0])
