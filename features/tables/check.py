"""Holds rows against their contract: every bad row gets one reason, and nothing is repaired.

Two sets of rules. Rules of values look at one row at a time, so they run on any batch. Rules of
keys look at all rows of the people in view: duplicates, and rows of people nobody knows. Neither
refuses anything by itself: the caller decides whether bad rows stop the work or are set aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.tables.buffers import valid, whole
from features.tables.contract import Column, Table
from features.tables.duplicates import duplicates
from features.tables.order import sort_rows
from features.tables.typed import typed

FIRST_DATE = date(1850, 1, 1)
LAST_DATE = date(2250, 12, 31)
"""The last possible day unless the source says when it ends: extracts shifted into the future for
privacy reach beyond 2200 (MIMIC-IV begins a person in 2110 to 2200, and goes on for years)."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "missing_value": "a value is missing that the contract requires",
        "unreadable_value": "a value cannot be read as its type",
        "impossible_date": "a date is no day of the calendar or lies outside the possible years",
        "unknown_code_system": "the code system is unknown",
        "value_not_allowed": "a value is not one of those allowed",
        "below_least": "a number lies below the least it may be",
        "ends_before_start": "it ends before it starts",
        "duplicate_key": "rows with one key say different things",
        "unknown_person": "the person has no row in the table person",
    }
)

REJECTS = pa.schema([(name, pa.string()) for name in ("table", "key", "reason", "column")])

Mask = npt.NDArray[np.bool_]
Fault = tuple[str, str, Mask]


@dataclass(frozen=True)
class Checked:
    """What a check found.

    kept      good rows, typed, in the order given
    rejected  one row per bad row: table, key (opaque ids alone), reason, column
    merged    rows left out because another says exactly the same
    """

    kept: pa.Table
    rejected: pa.Table
    merged: int = 0


def check_rows(
    table: Table, rows: pa.Table, people: pa.Array | None = None, *, latest: date | None = None
) -> Checked:
    """Rules of values, then of keys; `kept` is in canonical order. Without `people` anyone will do.

    latest  last possible day of any date (None: LAST_DATE)

    Raises InputError where a required column is absent.
    """
    values = check_values(table, rows, latest=latest)
    keys = check_keys(table, values.kept, people)
    rejected = pa.concat_tables([values.rejected, keys.rejected])
    return Checked(sort_rows(table, keys.kept), rejected, keys.merged)


def check_values(table: Table, rows: pa.Table, *, latest: date | None = None) -> Checked:
    """Rules that look at one row at a time."""
    read = typed(table, rows)
    unreadable = ((_unreadable(table.column(n)), n, mask) for n, mask in read.unreadable.items())
    return _sort_out(table, read.rows, [*unreadable, *_value_faults(table, read.rows, latest)])


def check_keys(table: Table, rows: pa.Table, people: pa.Array | None = None) -> Checked:
    """Rules that look at all rows of the people in view. `rows` are typed.

    Rows that are equal in every column are merged into one. So are rows of a fact told again, that
    differ only in when they became known: the first telling stays. Rows with one key that differ
    otherwise are all rejected, because nothing says which one is right.
    """
    faults: list[Fault] = []
    if people is not None:
        known = pc.is_in(rows["person_id"], value_set=whole(people))
        faults.append(("unknown_person", "person_id", ~_mask(known)))
    twice = duplicates(table, rows)
    if twice is None:
        return _sort_out(table, rows, faults)
    bad = np.zeros(len(rows), dtype=np.bool_)
    bad[twice.conflicting] = True
    faults.append(("duplicate_key", table.key[-1], bad))
    keep = np.ones(len(rows), dtype=np.bool_)
    keep[twice.merged] = False
    kept = pa.array(keep)
    found = _sort_out(table, rows.filter(kept), [(r, c, mask[keep]) for r, c, mask in faults])
    return Checked(found.kept, found.rejected, len(twice.merged))


def _sort_out(table: Table, rows: pa.Table, faults: list[Fault]) -> Checked:
    """Parts good rows from bad; a row with several faults is counted under the first."""
    worst = np.full(len(rows), -1, dtype=np.int64)
    for number, (_, _, mask) in enumerate(faults):
        worst[(worst < 0) & mask] = number
    bad = worst >= 0
    if not bad.any():
        return Checked(rows, REJECTS.empty_table())
    which = worst[bad]
    reasons, columns = ([fault[i] for fault in faults] for i in (0, 1))
    rejected = pa.table(
        {
            "table": pa.repeat(table.name, len(which)),
            "key": _keys(table, rows.filter(pa.array(bad))),
            "reason": pa.array(reasons, pa.string()).take(pa.array(which)),
            "column": pa.array(columns, pa.string()).take(pa.array(which)),
        },
        schema=REJECTS,
    )
    return Checked(rows.filter(pa.array(~bad)), rejected)


def _keys(table: Table, rows: pa.Table) -> pa.Array:
    """A text that names each row by opaque ids and position alone: no date, code or value."""
    names = [n for n in table.key if n.endswith("_id") or n in ("kind", "event")]
    if "position" in table.key:
        names.append("position")
    parts = [
        pc.binary_join_element_wise(f"{n}=", pc.fill_null(whole(rows[n]).cast(pa.string()), ""), "")
        for n in dict.fromkeys(names)
    ]
    return pc.binary_join_element_wise(*parts, " ") if len(parts) > 1 else parts[0]


def _unreadable(column: Column) -> str:
    return "impossible_date" if column.kind in ("date", "time") else "unreadable_value"


def _value_faults(table: Table, rows: pa.Table, latest: date | None) -> Iterator[Fault]:
    if not len(rows):
        return
    for column in table.columns:
        values = whole(rows[column.name])
        for rule in (_missing, _not_allowed, _below_least):
            found = rule(column, values)
            if found is not None:
                yield found
        if column.kind in ("date", "time"):
            yield from _impossible(column, values, latest or LAST_DATE)
    for earlier, later in table.order:
        wrong = _mask(pc.less(rows[later], rows[earlier]))
        if wrong.any():
            yield "ends_before_start", later, wrong


def _missing(column: Column, values: pa.Array) -> Fault | None:
    if column.nullable or values.null_count == 0:
        return None
    return "missing_value", column.name, ~valid(values)


def _not_allowed(column: Column, values: pa.Array) -> Fault | None:
    if not column.allowed:
        return None
    fits = pc.is_in(values, value_set=pa.array(column.allowed))
    wrong = ~np.asarray(fits.to_numpy(zero_copy_only=False)) & valid(values)
    reason = "unknown_code_system" if column.name == "code_system" else "value_not_allowed"
    return (reason, column.name, wrong) if wrong.any() else None


def _below_least(column: Column, values: pa.Array) -> Fault | None:
    if column.least is None:
        return None
    wrong = _mask(pc.less(values, column.least))
    return ("below_least", column.name, wrong) if wrong.any() else None


def _impossible(column: Column, values: pa.Array, latest: date) -> Iterator[Fault]:
    if values.null_count == len(values):
        return
    first, last = _bounds(column, latest)
    span = pc.min_max(values)
    if span["min"].as_py() < first or span["max"].as_py() > last:
        outside = pc.or_(pc.less(values, first), pc.greater(values, last))
        yield "impossible_date", column.name, _mask(outside)


def _bounds(column: Column, latest: date) -> tuple[date, date]:
    if column.kind == "date":
        return FIRST_DATE, latest
    return (
        datetime.combine(FIRST_DATE, datetime.min.time()),
        datetime.combine(latest, datetime.max.time()),
    )


def _mask(found: pa.Array | pa.ChunkedArray) -> Mask:
    return np.asarray(
        pc.fill_null(whole(found), False).to_numpy(zero_copy_only=False), dtype=np.bool_
    )
