"""Holds rows against the contract of their table, whole columns at a time.

It decides which rows are kept, merged (exact copies of a kept row) or rejected, and why. It never
repairs a value, and a reason never repeats one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.contract import Column, Table
from features.tables.order import canonical

Mask = npt.NDArray[np.bool_]

MISSING = "missing-value"
NOT_ALLOWED = "value-not-allowed"
BELOW_LEAST = "below-least"
IMPOSSIBLE_DATE = "impossible-date"
WRONG_ORDER = "wrong-order"
DUPLICATE_KEY = "duplicate-key"
UNKNOWN_PERSON = "unknown-person"

CURES = {
    MISSING: "fill the column, or reject the rows with --on-error reject",
    NOT_ALLOWED: "use one of the values that docs/reference/history.md lists for the column",
    BELOW_LEAST: "give a number not below the least value of docs/reference/history.md",
    IMPOSSIBLE_DATE: "give a date from 1850 to 2150 as YYYY-MM-DD",
    WRONG_ORDER: "mend the two columns so that the later one is not before the earlier one",
    DUPLICATE_KEY: "keep one row per key, or give the rows keys of their own",
    UNKNOWN_PERSON: "add the person to the person table",
}

EARLIEST, LATEST = date(1850, 1, 1), date(2150, 1, 1)
REJECTED = pa.schema(
    [("table", pa.string()), ("key", pa.string()), ("reason", pa.string()), ("column", pa.string())]
)


@dataclass(frozen=True)
class Checked:
    """What became of some rows: read = kept + merged + rejected.

    kept      rows in canonical order, in the table's schema
    merged    how many rows were exact copies of a kept one
    rejected  columns table, key, reason, column: one row per rejected row, its first fault
    """

    kept: pa.Table
    merged: int
    rejected: pa.Table


def check_rows(table: Table, rows: pa.Table, people: pa.Array | None = None) -> Checked:
    """Check `rows` (all columns of `table`, castable types); `people` are those that exist."""
    rows = rows.select(table.schema.names)
    reason = np.full(rows.num_rows, "", dtype=object)
    column = np.full(rows.num_rows, "", dtype=object)

    def reject(bad: Mask, why: str, name: str) -> None:
        new = bad & (reason == "")
        reason[new], column[new] = why, name

    for name, why, bad in _faults(table, rows, people):
        reject(bad, why, name)
    sound = np.flatnonzero(reason == "")
    ordered = canonical(table, rows.take(pa.array(sound)))
    copies, clashes = _duplicates(table, ordered)
    kept = ordered.filter(pa.array(~copies & ~clashes))
    faulty = rows.take(pa.array(np.flatnonzero(reason != "")))
    rejected = pa.concat_tables(
        [
            _rejects(table, faulty, reason[reason != ""], column[reason != ""]),
            _rejects(
                table,
                ordered.filter(pa.array(clashes)),
                np.full(int(clashes.sum()), DUPLICATE_KEY, dtype=object),
                np.full(int(clashes.sum()), ", ".join(table.key), dtype=object),
            ),
        ]
    )
    return Checked(kept, int(copies.sum()), rejected)


def _faults(
    table: Table, rows: pa.Table, people: pa.Array | None
) -> Iterator[tuple[str, str, Mask]]:
    for column in table.columns:
        values = rows.column(column.name)
        yield from ((column.name, why, bad) for why, bad in _column_faults(column, values))
    for earlier, later in table.order:
        before = pc.less(_instant(rows.column(later)), _instant(rows.column(earlier)))
        yield later, WRONG_ORDER, _true(before)
    if people is not None and table.name != "person":
        yield "person_id", UNKNOWN_PERSON, ~_true(pc.is_in(rows.column("person_id"), people))


def _column_faults(column: Column, values: pa.ChunkedArray) -> Iterator[tuple[str, Mask]]:
    if not column.nullable:
        yield MISSING, _true(pc.is_null(values))
    if column.allowed:
        known = pa.array(column.allowed, pa.string())
        allowed = pc.is_in(values.cast(pa.string()), known)
        yield NOT_ALLOWED, _true(pc.and_(pc.is_valid(values), pc.invert(allowed)))
    if column.least is not None:
        yield BELOW_LEAST, _true(pc.less(values, column.least))
    if column.kind in ("date", "time"):
        early = pc.less(_instant(values), _bound(EARLIEST))
        late = pc.greater_equal(_instant(values), _bound(LATEST))
        yield IMPOSSIBLE_DATE, _true(pc.or_kleene(early, late))


def _instant(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.timestamp("us"))


def _bound(day: date) -> pa.Scalar:
    return pa.scalar(datetime(day.year, day.month, day.day), pa.timestamp("us"))  # noqa: DTZ001


def _true(mask: pa.ChunkedArray) -> Mask:
    return np.asarray(pc.fill_null(mask, False).to_numpy(), dtype=np.bool_)


def _duplicates(table: Table, ordered: pa.Table) -> tuple[Mask, Mask]:
    """Rows of `ordered` that copy an earlier row; other rows whose key an earlier row has."""
    none = np.zeros(ordered.num_rows, dtype=np.bool_)
    if ordered.num_rows < 2:
        return none, none
    later = _repeats(ordered, list(table.key))
    if not later.any():
        return none, none
    copies = _repeats(ordered, ordered.column_names)
    return copies, later & ~copies


def _repeats(rows: pa.Table, names: list[str]) -> Mask:
    """Rows that agree in `names` with a row above them (null agrees with null)."""
    numbered = rows.select(names).append_column("__row", pa.array(np.arange(rows.num_rows)))
    first = numbered.group_by(names, use_threads=False).aggregate([("__row", "min")])
    repeats = np.ones(rows.num_rows, dtype=np.bool_)
    repeats[first.column("__row_min").to_numpy()] = False
    return repeats


def _rejects(
    table: Table,
    rows: pa.Table,
    reasons: npt.NDArray[np.object_],
    columns: npt.NDArray[np.object_],
) -> pa.Table:
    parts = [pc.fill_null(rows.column(name).cast(pa.string()), "") for name in _opaque(table)]
    key = pc.binary_join_element_wise(*parts, "|") if len(parts) > 1 else parts[0]
    return pa.table(
        {
            "table": pa.array([table.name] * rows.num_rows, pa.string()),
            "key": key,
            "reason": pa.array(reasons, pa.string()),
            "column": pa.array(columns, pa.string()),
        },
        schema=REJECTED,
    )


def _opaque(table: Table) -> list[str]:
    """The key columns that are identifiers or times, never a clinical value."""
    names = [name for name in table.key if name.endswith("_id") or name in ("at", "from_at")]
    return names if "person_id" in names else ["person_id", *names]
