"""A block of a mapping: rows of one file as rows of one canonical table, and those that cannot be.

Values are read here once and stored. A row with a value that cannot be read is rejected under the
first such column; one whose key is missing, before rows are combined by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from features.readers.table.files import Opened, sort_keys
from features.readers.table.mapping import Block, CodedBlock
from features.readers.table.parts import Value
from features.readers.table.values import READ_AS, cell, held, text_of
from features.readers.workshop import Workshop, counted, told_rejects
from features.tables.contract import Table

ORDER = "order_of_the_row_"
IDS = ("person_id", "stay_id", "visit_id")


@dataclass(frozen=True)
class Made:
    """Rows made of a block.

    rows      columns of the canonical table that are mapped, and ORDER0, ORDER1, ... to sort by
    read      sound rows of the file they were made of
    rejected  rows that could not be read
    """

    block: Block
    rows: ir.Table
    read: int
    rejected: pa.Table


def made(workshop: Workshop, table: Table, block: Block, opened: Opened, name: str) -> Made:
    """The rows of one block, read and stored under `name`."""
    taken = opened.rows.filter(held(opened.rows, block.where))
    cells = {
        column: cell(taken, opened.file, value, READ_AS[table.column(column).kind])
        for column, value in block.columns.items()
    }
    faults = [(bad, reason, c) for c, found in cells.items() for bad, reason in found.faults]
    faults += [(cells[c].value.isnull(), "missing_value", c) for c in _keys(table, block)]
    read = taken.select(
        **{column: found.value for column, found in cells.items()},
        **_order(taken, opened, block),
        **_codes(taken, block),
        **_worst(faults),
    )
    sound, rejected = _parted(workshop, table, read, name)
    number = counted(sound)
    if not isinstance(block, CodedBlock) or not block.codes:
        return Made(block, sound, number, rejected)
    long = _spread(sound, block, opened)
    sound, undated = _parted(workshop, table, long, f"{name}_codes")
    return Made(block, sound, number, pa.concat_tables([rejected, undated]))


def _parted(
    workshop: Workshop, table: Table, read: ir.Table, name: str
) -> tuple[ir.Table, pa.Table]:
    """Stored rows without a fault, and the others as rejects named by their ids."""
    stored = workshop.kept(name, read, ())
    ids = [column for column in IDS if column in stored.columns]
    bad = told_rejects(stored.filter(stored.fault.notnull()), ids, table.name)
    return stored.filter(stored.fault.isnull()).drop("fault", "column"), bad


def _worst(faults: Sequence[tuple[ir.BooleanValue, str, str]]) -> dict[str, ir.Value]:
    """The first fault of a row and its column; null where there is none."""
    return {
        "fault": ibis.cases(*((bad, why) for bad, why, _ in faults), else_=None),
        "column": ibis.cases(*((bad, column) for bad, _, column in faults), else_=None),
    }


def _keys(table: Table, block: Block) -> list[str]:
    return [column for column in table.key if column in IDS and column in block.columns
            and not table.column(column).nullable]  # fmt: skip


def _order(rows: ir.Table, opened: Opened, block: Block) -> dict[str, ir.Value]:
    keys = sort_keys(rows, opened.file, block.order)
    return {f"{ORDER}{number}": key for number, key in enumerate(keys)}


def _codes(rows: ir.Table, block: Block) -> dict[str, ir.Value]:
    """The codes of a row in one list, with their place and their own date."""
    if not isinstance(block, CodedBlock) or not block.codes:
        return {}
    dates = block.code_dates or (None,) * len(block.codes)
    nothing = ibis.null("string")
    listed = [
        ibis.struct({"code": rows[code], "dated": rows[day] if day else nothing,
                     "place": ibis.literal(place, "int32")})
        for place, (code, day) in enumerate(zip(block.codes, dates, strict=True), start=1)
    ]  # fmt: skip
    return {"listed": ibis.array(listed)}


def _spread(rows: ir.Table, block: CodedBlock, opened: Opened) -> ir.Table:
    """A row for each code there is, with its position and date; its faults."""
    before: ir.Value = ibis.literal(0)
    if block.positions == "run_on":
        tied = [rows[c] for c in IDS if c in rows.columns]
        order = [rows[c] for c in rows.columns if c.startswith(ORDER)]
        window = ibis.window(group_by=tied, order_by=[*order, rows.listed])
        before = ibis.row_number().over(window) * len(block.codes)
    long = rows.mutate(before=before).mutate(one=rows.listed.unnest()).drop("listed")
    long = long.mutate(code=long.one.code, dated=long.one.dated, place=long.one.place)
    code = text_of(long, opened.file, "code")
    day = cell(long, opened.file, Value(column=("dated",)), "time")
    position = ibis.null("int32") if block.positions == "none" else long.place + long.before
    long = long.mutate(
        code=code,
        at=day.value.coalesce(long["at"]) if "at" in long.columns else day.value,
        position=position.cast("int32"),
        **_worst([(bad, why, "at") for bad, why in day.faults]),
    )
    return long.filter(long.code.notnull()).drop("one", "dated", "place", "before")
