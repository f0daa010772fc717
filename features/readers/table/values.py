"""A value of a mapping as an Ibis expression over the rows of its file, and its faults.

What cannot be read becomes null and a fault, never a null alone: whoever makes rows of it rejects
them by the fault. Names and texts of a mapping reach the engine as names and literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import ibis
import ibis.expr.types as ir

from features.codes.dispositions import destinations
from features.readers.table.mapping import File
from features.readers.table.parts import ISO, Condition, Switch, Value
from features.tables.contract import Kind

Fault = tuple[ir.BooleanValue, str]
Read = Literal["text", "time", "number"]

READ_AS: Mapping[Kind, Read] = MappingProxyType(
    {
        "text": "text", "category": "text", "flag": "text",
        "date": "time", "time": "time", "number": "number", "count": "number",
    }
)  # fmt: skip
UNITS = MappingProxyType({"minutes": "m", "hours": "h", "days": "D"})
OPAQUE = 20
OLDEST = 130
HALF_A_YEAR = 6


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def try_strptime(text: str, form: str) -> datetime:  # type: ignore[empty-body]
    """DuckDB's own: null where the text is not of the form."""


@dataclass(frozen=True)
class Cell:
    """A value and the faults it may have, with their reasons."""

    value: ir.Value
    faults: tuple[Fault, ...] = ()


def cell(rows: ir.Table, file: File, value: Value, read: Read) -> Cell:
    """`value` in each row: text, a timestamp or a float. `missing` is left to `filled`."""
    if not value.choose:
        return _plain(rows, file, value, read)
    cases = [(held(rows, case.where), _plain(rows, file, case, read)) for case in value.choose]
    others = _plain(rows, file, value, read) if origins(value) else Cell(_nothing(read))
    spoken = ibis.cases(*((holds, one.value) for holds, one in cases), else_=others.value)
    return Cell(spoken, tuple(_faults_of(cases, others)))


def filled(values: ir.Value, value: Value, read: Read) -> ir.Value:
    """`values` with what an unknown one is to be."""
    if value.missing is None:
        return values
    text = ibis.literal(value.missing)
    return values.coalesce(_first_of(text, ISO) if read == "time" else text.cast(values.type()))


def text_of(rows: ir.Table, file: File, column: str, unknown: Sequence[str] = ()) -> ir.StringValue:
    """The cells of a column without blanks around them; null where empty or said to be unknown."""
    trimmed = rows[column].strip().nullif("")
    words = [word.strip().upper() for word in (*file.unknown, *unknown)]
    return ibis.ifelse(trimmed.upper().isin(words), None, trimmed) if words else trimmed


def held(rows: ir.Table, conditions: Sequence[Condition]) -> ir.BooleanValue:
    """Where all conditions hold; a test of an empty cell is false unless it asks for that."""
    holds = ibis.literal(True)
    for condition in conditions:
        for test in _tests(rows, condition):
            holds = holds & test
    return holds


def origins(value: Value) -> bool:
    """Whether the value says where it comes from beside its cases."""
    return bool(
        value.column or value.const is not None or value.concat or value.age or value.switch
    )


def columns_of(value: Value) -> Iterator[str]:
    """Every column the value looks at."""
    yield from (*value.column, *value.concat)
    for part in (value.clock, value.plus):
        if part is not None and part.column is not None:
            yield part.column
    for inner in (value.age, value.on, value.switch.by if value.switch else None):
        if inner is not None:
            yield from columns_of(inner)
    for case in value.choose:
        yield from (condition.column for condition in case.where)
        yield from columns_of(case)


def _tests(rows: ir.Table, condition: Condition) -> Iterator[ir.BooleanValue]:
    text = rows[condition.column].strip().upper().nullif("")
    if condition.is_:
        yield text.isin(_upper(condition.is_)).fill_null(False)
    if condition.is_not:
        yield ~text.isin(_upper(condition.is_not)).fill_null(False)
    if condition.starts:
        found = [text.startswith(start) for start in _upper(condition.starts)]
        yield ibis.or_(*found).fill_null(False)
    if condition.present is not None:
        yield text.notnull() if condition.present else text.isnull()


def _upper(texts: Sequence[str]) -> list[str]:
    return [text.strip().upper() for text in texts]


def _faults_of(cases: Sequence[tuple[ir.BooleanValue, Cell]], others: Cell) -> Iterator[Fault]:
    earlier = ibis.literal(False)
    for holds, one in cases:
        yield from ((holds & ~earlier & bad, reason) for bad, reason in one.faults)
        earlier = earlier | holds
    yield from ((~earlier & bad, reason) for bad, reason in others.faults)


def _nothing(read: Read) -> ir.Value:
    return ibis.null({"text": "string", "time": "timestamp(6)", "number": "float64"}[read])


def _plain(rows: ir.Table, file: File, value: Value, read: Read) -> Cell:
    """The value without its cases."""
    if value.age is not None:
        return _birth(rows, file, value)
    if value.switch is not None:
        return _switched(rows, file, value.switch)
    if value.const is not None:
        return Cell(_constant(value.const, read))
    found = _mapped(_text(rows, file, value), value)
    return READERS[read](rows, file, value, found)


def _constant(const: str, read: Read) -> ir.Value:
    text = ibis.literal(const)
    return (
        _first_of(text, ISO)
        if read == "time"
        else text.cast("float64" if read == "number" else "string")
    )


def _text(rows: ir.Table, file: File, value: Value) -> ir.StringValue:
    if value.column:
        said = [text_of(rows, file, column, value.unknown) for column in value.column]
        found = said[0].coalesce(*said[1:]) if len(said) > 1 else said[0]
    else:
        parts = [text_of(rows, file, column, value.unknown) for column in value.concat]
        lacking = [column in file.optional_columns for column in value.concat]
        parts = [p.fill_null("") if may else p for p, may in zip(parts, lacking, strict=True)]
        found = parts[0]
        for part in parts[1:]:
            found = found + "|" + part
    return found.hexdigest("sha256").substr(0, OPAQUE) if value.opaque else found


def _mapped(text: ir.StringValue, value: Value) -> Cell:
    means: Mapping[str, str | None] = (
        destinations(value.disposition) if value.disposition else value.map
    )
    if not means:
        return Cell(text)
    words = {said.strip().upper(): meant for said, meant in means.items()}
    upper = text.upper()
    others = text if value.unmapped == "keep" else ibis.null("string")
    if value.default is not None:
        others = ibis.ifelse(text.notnull(), value.default, None)
    listed = [(said, _word(meant)) for said, meant in words.items()]
    found = upper.cases(*listed, else_=others)
    if value.default is not None or value.unmapped != "reject":
        return Cell(found)
    return Cell(found, ((text.notnull() & ~upper.isin(list(words)), "value_not_allowed"),))


def _word(meant: str | None) -> ir.StringScalar:
    return ibis.literal(meant, type="string")


def _as_text(_rows: ir.Table, _file: File, _value: Value, found: Cell) -> Cell:
    return found


def _as_number(_rows: ir.Table, _file: File, value: Value, found: Cell) -> Cell:
    text = found.value if value.decimal == "." else found.value.replace(".", "").replace(",", ".")
    number = text.try_cast("float64")
    bad = text.notnull() & (number.isnull() | number.isnan() | number.isinf())
    return Cell(number, (*found.faults, (bad, "unreadable_value")))


def _as_time(rows: ir.Table, file: File, value: Value, found: Cell) -> Cell:
    text = found.value
    moment = _first_of(text, value.date or file.dates)
    faults = [*found.faults, (text.notnull() & moment.isnull(), "impossible_date")]
    if file.unknown_dates:
        moment = ibis.ifelse(moment.date().isin(list(file.unknown_dates)), None, moment)
    if value.clock is not None:
        clock = text_of(rows, file, value.clock.column, value.clock.unknown)
        timed = try_strptime(
            moment.strftime("%Y-%m-%d") + " " + clock, ibis.literal(f"%Y-%m-%d {value.clock.form}")
        )
        faults.append((moment.notnull() & clock.notnull() & timed.isnull(), "impossible_date"))
        moment = timed.coalesce(moment)
    return _added(rows, file, value, Cell(moment, tuple(faults)))


def _added(rows: ir.Table, file: File, value: Value, found: Cell) -> Cell:
    plus = value.plus
    if plus is None:
        return found
    if plus.column is None:
        return Cell(found.value + ibis.interval(plus.amount, unit=UNITS[plus.unit]), found.faults)
    text = text_of(rows, file, plus.column, value.unknown)
    told = text.try_cast("float64")
    number = told.try_cast("int64")
    bad = (text.notnull() & (number != told).fill_null(True), "unreadable_value")
    return Cell(found.value + number.as_interval(UNITS[plus.unit]), (*found.faults, bad))


def _first_of(text: ir.StringValue, forms: Sequence[str]) -> ir.TimestampValue:
    read = [try_strptime(text, ibis.literal(form)).cast("timestamp(6)") for form in forms]
    return read[0].coalesce(*read[1:]) if len(read) > 1 else read[0]


READERS: Mapping[Read, Callable[[ir.Table, File, Value, Cell], Cell]] = MappingProxyType(
    {"text": _as_text, "number": _as_number, "time": _as_time}
)


def _birth(rows: ir.Table, file: File, value: Value) -> Cell:
    """The middle of the year in which a person of that age was born."""
    assert value.age is not None
    assert value.on is not None
    age, on = cell(rows, file, value.age, "number"), cell(rows, file, value.on, "time")
    outside = age.value.notnull() & ~age.value.between(0, OLDEST)
    months = (age.value.floor().cast("int64") * 12 + HALF_A_YEAR).as_interval("M")
    faults = (*age.faults, *on.faults, (outside, "unreadable_value"))
    return Cell(ibis.ifelse(outside, None, on.value - months), faults)


def _switched(rows: ir.Table, file: File, switch: Switch) -> Cell:
    by = cell(rows, file, switch.by, "time")
    early = by.value.date() < ibis.literal(switch.on)
    text = ibis.cases((early, switch.before), (~early, switch.after), else_=None)
    return Cell(text, by.faults)
