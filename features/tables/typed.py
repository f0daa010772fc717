"""Values brought to the type their column promises, without judging them.

Dates and times may come as ISO text, numbers and flags as text, codes as their systems print them,
an unknown as empty text or NaN. What cannot be read becomes null and is named, so that `check.py`
rejects the row and nothing is guessed. Times with a zone are refused: History holds local time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.systems import normal_pairs
from features.errors import InputError
from features.tables.buffers import whole
from features.tables.calendar import read_date, read_time
from features.tables.contract import Column, Kind, Table

Reader = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True)
class Typed:
    """Rows in canonical types and column order.

    unreadable  column name -> True for each row whose value could not be read (now null)
    """

    rows: pa.Table
    unreadable: Mapping[str, npt.NDArray[np.bool_]]


def typed(table: Table, rows: pa.Table) -> Typed:
    """`rows` in the types and column order of `table`; other columns are left out.

    Raises InputError where a column is absent that the contract does not let be null.
    """
    present = frozenset(rows.column_names)
    columns: list[pa.Array] = []
    unreadable: dict[str, npt.NDArray[np.bool_]] = {}
    for column in table.columns:
        if column.name not in present:
            columns.append(_absent(table, column, len(rows)))
            continue
        given = whole(rows[column.name])
        read = _read(table, column, given)
        if read.null_count > given.null_count:
            lost = pc.and_(pc.is_valid(given), pc.is_null(read)).to_numpy(zero_copy_only=False)
            lost &= ~_blank(given)
            if lost.any():
                unreadable[column.name] = lost
        columns.append(read)
    made = pa.Table.from_arrays(columns, schema=table.schema)
    return Typed(_plain_codes(made), MappingProxyType(unreadable))


def _absent(table: Table, column: Column, length: int) -> pa.Array:
    if not column.nullable:
        raise InputError(
            f"table {table.name} has no column {column.name}",
            where=f"table {table.name}",
            cure=f"add the column {column.name}: {column.meaning} (docs/reference/history.md)",
        )
    return pa.nulls(length, column.type)


def _read(table: Table, column: Column, given: pa.Array) -> pa.Array:
    if pa.types.is_null(given.type):
        return pa.nulls(len(given), column.type)
    if given.type == pa.large_string() or given.type == pa.string_view():
        given = given.cast(pa.string())
    if pa.types.is_timestamp(given.type) and given.type.tz is not None:
        raise InputError(
            f"the times of {table.name}.{column.name} carry a time zone",
            where=f"table {table.name}, column {column.name}",
            cure="give local time of the facility, without a zone",
        )
    try:
        return READERS[column.kind](given)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(
            f"{table.name}.{column.name} is {given.type}, which cannot hold a {column.kind}",
            where=f"table {table.name}, column {column.name}",
            cure=f"give it as {column.type}",
        ) from None


def _text(given: pa.Array) -> pa.Array:
    if pa.types.is_floating(given.type):
        raise pa.ArrowInvalid("a floating number is no text")
    text = given if given.type == pa.string() else given.cast(pa.string())
    blank = pc.equal(text, "")
    return pc.if_else(blank, None, text) if pc.any(blank).as_py() else text


def _date(given: pa.Array) -> pa.Array:
    if given.type == pa.string() or pa.types.is_integer(given.type):
        return read_date(given.cast(pa.string()))
    return given.cast(pa.date32(), safe=False)


def _time(given: pa.Array) -> pa.Array:
    if given.type == pa.string() or pa.types.is_integer(given.type):
        return read_time(given.cast(pa.string()))
    return given.cast(pa.timestamp("us"), safe=False)


NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"


def _number(given: pa.Array) -> pa.Array:
    if given.type == pa.string():
        given = _matching(given, NUMBER)
    if pa.types.is_boolean(given.type):
        raise pa.ArrowInvalid("a flag is no number")
    number = given.cast(pa.float64(), safe=False)
    finite = pc.is_finite(number)
    if not pc.all(finite).as_py():
        number = pc.if_else(finite, number, None)
    return pc.add(number, 0.0)  # -0.0 and 0.0 are one value


def _count(given: pa.Array) -> pa.Array:
    number = _number(given)
    whole_number = pc.and_(pc.equal(pc.floor(number), number), pc.less(pc.abs(number), 2.0**31))
    return pc.if_else(whole_number, number, None).cast(pa.int32())


FLAGS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False, "1": True, "0": False})


def _flag(given: pa.Array) -> pa.Array:
    if pa.types.is_boolean(given.type):
        return given
    place = pc.index_in(pc.utf8_lower(given.cast(pa.string())), pa.array(list(FLAGS)))
    return pa.array(list(FLAGS.values())).take(place)


READERS: Mapping[Kind, Reader] = MappingProxyType(
    {
        "text": _text,
        "category": _text,
        "date": _date,
        "time": _time,
        "number": _number,
        "count": _count,
        "flag": _flag,
    }
)


def _matching(given: pa.Array, pattern: str) -> pa.Array:
    fits = pc.match_substring_regex(given, pattern)
    return given if pc.all(fits).as_py() else pc.if_else(fits, given, None)


def _blank(given: pa.Array) -> npt.NDArray[np.bool_]:
    """True where the value says "unknown" in its own way: an empty text or not-a-number."""
    if given.type == pa.string():
        blank = pc.equal(given, "")
    elif pa.types.is_floating(given.type):
        blank = pc.is_nan(given)
    else:
        return np.zeros(len(given), dtype=np.bool_)
    return np.asarray(pc.fill_null(blank, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _plain_codes(rows: pa.Table) -> pa.Table:
    """Codes as `features/codes/systems.py` writes them."""
    if "code" not in rows.column_names or not len(rows):
        return rows
    plain = normal_pairs(whole(rows["code_system"]), whole(rows["code"]))
    return rows.set_column(rows.schema.get_field_index("code"), rows.schema.field("code"), plain)
