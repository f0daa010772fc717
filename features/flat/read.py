"""Reads a flat table: CSV, plain or gzipped, or Parquet; every cell as text.

Commas, semicolons, tabs and bars part cells; a byte order mark and Windows line ends do no harm.
It refuses a file that is not there or cannot be read, a header that lacks a column or has one
twice, a row without an id or a person, and an id that stands twice. No message holds a cell.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from features.errors import InputError
from features.flat.table import FlatTable
from features.readers.files import (
    TABLE_SUFFIXES,
    empty,
    existing,
    header,
    is_parquet,
    require,
    uneven_line,
)
from features.tables.buffers import text_parts

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Read:
    """A table as it was read.

    spec    its description, `numbers` settled
    rows    the columns that are read, all text, null where there is no value; canonical order
    number  number of each row in the file, the first after the header being 1
    digest  sha256 over the columns that are read, whatever the order of rows and the kind of file
    """

    path: Path
    spec: FlatTable
    rows: pa.Table
    number: npt.NDArray[np.int64]
    digest: str

    def column(self, name: str) -> pa.Array:
        """Texts of a column."""
        return self.rows.column(name).combine_chunks()

    def at(self, row: int, column: str) -> str:
        """Where a cell stands in the file, for a message."""
        return f"{self.path}, row {self.number[row]}, column {column}"


def read_table(path: Path, spec: FlatTable) -> Read:
    """The columns of a table that its description names. Raises InputError."""
    path = _file(path)
    names = _header(path)
    require(names, (), path)
    settled = spec.settled(names)
    require(names, settled.columns, path)
    whole = _texts(path, settled)
    if not whole.num_rows:
        raise empty(path)
    order = _order(whole, settled, path)
    rows = whole.take(order)
    return Read(path, settled, rows, np.asarray(order) + 1, _digest(rows))


def _file(path: Path) -> Path:
    if existing(path).is_dir() or not path.name.lower().endswith(TABLE_SUFFIXES):
        raise InputError(
            "this is no table",
            where=str(path),
            cure=f"give one file named {', '.join(TABLE_SUFFIXES)}",
        )
    return path


def _header(path: Path) -> tuple[str, ...]:
    if is_parquet(path):
        try:
            return tuple(pa.parquet.read_schema(path).names)
        except (OSError, pa.ArrowInvalid):
            raise _unreadable(path) from None
    return header(path, _delimiter(path))


def _delimiter(path: Path) -> str:
    """What parts the cells of the header line: whatever gives the most columns, comma first."""
    return max(DELIMITERS, key=lambda sign: len(header(path, sign)))


def _texts(path: Path, spec: FlatTable) -> pa.Table:
    try:
        found = _parquet(path, spec) if is_parquet(path) else _csv(path, spec)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError, EOFError):
        raise _unreadable(path) from None
    nulls = pa.array(["", *spec.null], pa.string())
    return pa.table({name: _plain(found.column(name), nulls) for name in spec.columns})


def _csv(path: Path, spec: FlatTable) -> pa.Table:
    names = list(header(path, _delimiter(path)))
    with pa.input_stream(path, compression="detect") as stream:
        return pa.csv.read_csv(
            stream,
            pa.csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
            pa.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=list(spec.columns)
            ),
        )


def _parquet(path: Path, spec: FlatTable) -> pa.Table:
    return pa.parquet.read_table(path, columns=list(spec.columns))


def _plain(column: pa.ChunkedArray, nulls: pa.Array) -> pa.Array:
    """Trimmed text; null for the words that stand for no value."""
    values = column.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    trimmed = pc.utf8_trim_whitespace(_written(values))
    return pc.if_else(pc.is_in(trimmed, value_set=nulls), pa.scalar(None, pa.string()), trimmed)


def _written(values: pa.Array) -> pa.Array:
    """Values as a CSV would have them: a whole number without a point, NaN as nothing."""
    if pa.types.is_floating(values.type):
        whole = pc.if_else(pc.equal(values, pc.floor(values)), values, None)
        plain = pc.cast(pc.if_else(pc.less(pc.abs(whole), 2**53), whole, None), pa.int64())
        known = pc.if_else(pc.is_nan(values), None, values)
        return pc.coalesce(plain.cast(pa.string()), known.cast(pa.string()))
    return values.cast(pa.string())


def _order(whole: pa.Table, spec: FlatTable, path: Path) -> pa.Array:
    """Places of the rows by person and id, so that the order in the file decides nothing."""
    for name in (spec.id, spec.group):
        column = whole.column(name).combine_chunks()
        if column.null_count:
            row = pc.index(pc.is_null(column), True).as_py() + 1
            raise InputError(
                f"{column.null_count} rows have no {name}",
                where=f"{path}, row {row}, column {name}",
                cure="give every row its id and its person",
            )
    ids = pc.value_counts(whole.column(spec.id).combine_chunks())
    twice = pc.sum(pc.greater(ids.field("counts"), 1)).as_py()
    if twice:
        raise InputError(
            f"{twice} ids stand on more than one row",
            where=f"{path}, column {spec.id}",
            cure="give each row an id of its own, or name another column as id",
        )
    keys = [(name, "ascending") for name in dict.fromkeys((spec.group, spec.id))]
    return pc.sort_indices(whole, sort_keys=keys).cast(pa.int64())


def _digest(rows: pa.Table) -> str:
    found = hashlib.sha256()
    for name in sorted(rows.column_names):
        column = rows.column(name).combine_chunks()
        length = pc.fill_null(pc.binary_length(column), -1).to_numpy(zero_copy_only=False)
        data, _ = text_parts(pc.fill_null(column, ""))
        found.update(f"{name}\n{len(column)}\n".encode())
        found.update(length.tobytes())
        found.update(data.tobytes())
    return found.hexdigest()


def _unreadable(path: Path) -> InputError:
    line = None if is_parquet(path) else uneven_line(path, _delimiter(path))
    if line is not None:
        return InputError(
            "a line has more or fewer cells than the header",
            where=f"{path}, line {line}",
            cure="give as many cells on every line; put texts that hold the delimiter in quotes",
        )
    return InputError(
        "the table cannot be read",
        where=str(path),
        cure="give UTF-8 text with a header line, plain or gzipped, or Parquet",
    )


def located(
    read: Read, column: str, bad: npt.NDArray[np.bool_], what: str, cure: str
) -> InputError:
    """A refusal of the `bad` cells of a column: what is wrong, where first, in how many rows."""
    first = int(np.argmin(np.where(bad, read.number, len(bad) + 1)))
    count = int(bad.sum())
    told = what if count == 1 else f"{what}, and so in {count - 1} more rows"
    return InputError(told, where=read.at(first, column), cure=cure)
