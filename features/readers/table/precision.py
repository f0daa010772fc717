"""How exact the times of a table are, by the forms a mapping reads them with."""

from __future__ import annotations

from features.readers.table.mapping import File, MappingHead
from features.readers.table.parts import Value

TIMES = ("birth_date", "admitted_at", "at")
EXACT = ("year", "month", "day", "minute")


def precision(mapping: MappingHead) -> dict[str, str]:
    """Table -> the least exact of the values its time is read from."""
    said: dict[str, str] = {}
    for table, block in mapping.blocks():
        for column, value in block.columns.items():
            if column in TIMES:
                own = _of_value(mapping.files[block.file], value)
                said[table] = min(said.get(table, EXACT[-1]), own, key=EXACT.index)
    return said


def _of_value(file: File, value: Value) -> str:
    if value.age is not None:
        return "year"
    if value.clock is not None:
        return "minute"
    return min((_of_form(form) for form in value.date or file.dates), key=EXACT.index)


def _of_form(form: str) -> str:
    signs = {"%H": "minute", "%I": "minute", "%d": "day", "%j": "day",
             "%m": "month", "%b": "month", "%B": "month"}  # fmt: skip
    return next((exact for sign, exact in signs.items() if sign in form), "year")
