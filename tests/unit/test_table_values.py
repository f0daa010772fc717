"""One value of a mapping over a few cells: how it is read, and what cannot be read."""

from __future__ import annotations

from typing import Any

import ibis
import pytest

from features.readers.table.mapping import File
from features.readers.table.parts import Condition, Value
from features.readers.table.values import Read, cell, filled, held

pytestmark = pytest.mark.unit

FILE = File(match=("x.csv",), unknown=("NULL",))


def rows(**cells: str | None) -> Any:
    return ibis.memtable([cells], schema=dict.fromkeys(cells, "string"))


def found(value: dict[str, object], read: Read, **cells: str | None) -> tuple[object, list[str]]:
    """The value of one row, and its faults."""
    table, parsed = rows(**cells), Value.model_validate(value)
    made = cell(table, FILE, parsed, read)
    faults = {f"fault_{n}": bad for n, (bad, _) in enumerate(made.faults)}
    one = table.select(value=filled(made.value, parsed, read), **faults).to_pyarrow().to_pylist()[0]
    reasons = [why for n, (_, why) in enumerate(made.faults) if one[f"fault_{n}"]]
    return one["value"], reasons


DATES = {
    "iso": ({}, "2003-02-01", "2003-02-01 00:00"),
    "a time": ({}, "2003-02-01T10:20:30", "2003-02-01 10:20"),
    "day first": ({"date": "%d/%m/%Y"}, "01/02/2003", "2003-02-01 00:00"),
    "month first": ({"date": "%m/%d/%Y"}, "01/02/2003", "2003-01-02 00:00"),
    "without signs": ({"date": "%Y%m%d"}, "20030201", "2003-02-01 00:00"),
    "month by name": ({"date": "%d-%b-%Y"}, "01-FEB-2003", "2003-02-01 00:00"),
    "several forms": ({"date": ["%d.%m.%Y", "%Y-%m-%d"]}, " 1.2.2003 ", "2003-02-01 00:00"),
    "month alone": ({"date": "%m%Y"}, "022003", "2003-02-01 00:00"),
    "plus days": ({"plus": {"amount": 30}}, "2003-02-01", "2003-03-03 00:00"),
}


@pytest.mark.parametrize("case", DATES)
def test_dates_are_read_as_the_mapping_writes_them(case: str) -> None:
    keys, written, moment = DATES[case]
    value, faults = found({"column": "d", **keys}, "time", d=written)
    assert f"{value:%Y-%m-%d %H:%M}" == moment
    assert faults == []


@pytest.mark.parametrize("written", ["2003-02-30", "01/02/2003", "2003-02-01 and more", "20030201"])
def test_a_date_of_another_form_is_a_fault(written: str) -> None:
    assert found({"column": "d"}, "time", d=written) == (None, ["impossible_date"])


def test_an_unknown_date_is_no_fault() -> None:
    file = File.model_validate({"match": "x", "unknown_dates": ["1801-01-01"]})
    table = rows(d="1801-01-01")
    made = cell(table, file, Value(column=("d",)), "time")
    assert table.select(v=made.value, bad=made.faults[0][0]).to_pyarrow().to_pylist() == [
        {"v": None, "bad": False}
    ]


WORDS = {
    "in any case": ({"map": {"M": "male", "f": "female"}}, " m ", ("male", [])),
    "default": ({"map": {"M": "male"}, "default": "other"}, "9", ("other", [])),
    "a default is not for what is unknown": (
        {"map": {"M": "male"}, "default": "other"}, None, (None, [])
    ),
    "not in the map": ({"map": {"M": "male"}}, "9", (None, ["value_not_allowed"])),
    "unmapped and unknown": ({"map": {"M": "male"}, "unmapped": "unknown"}, "9", (None, [])),
    "unmapped and kept": ({"map": {"M": "male"}, "unmapped": "keep"}, "9", ("9", [])),
    "missing": ({"map": {"M": "male"}, "missing": "unknown"}, None, ("unknown", [])),
    "unknown to the file": ({"missing": "unknown"}, "null", ("unknown", [])),
    "unknown to the value": ({"unknown": "?"}, "?", (None, [])),
    "disposition": ({"disposition": "UB-04"}, "20", ("died", [])),
    "disposition without its zero": ({"disposition": "UB-04"}, "1", ("home", [])),
    "disposition that says nothing": ({"disposition": "UB-04"}, "30", (None, [])),
    "no disposition": ({"disposition": "UB-04"}, "XX", (None, ["value_not_allowed"])),
}  # fmt: skip


@pytest.mark.parametrize("case", WORDS)
def test_words_are_mapped(case: str) -> None:
    keys, written, expected = WORDS[case]
    assert found({"column": "w", **keys}, "text", w=written) == expected


NUMBERS = {
    "plain": ({}, "12.5", (12.5, [])),
    "comma": ({"decimal": ","}, "1.234,5", (1234.5, [])),
    "currency": ({}, "12 EUR", (None, ["unreadable_value"])),
    "no number": ({}, "nan", (None, ["unreadable_value"])),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read(case: str) -> None:
    keys, written, expected = NUMBERS[case]
    value, faults = found({"column": "n", **keys}, "number", n=written)
    assert faults == expected[1]
    assert value == expected[0] or faults


def test_the_first_column_that_says_something_speaks() -> None:
    assert found({"column": ["a", "b"]}, "text", a="NULL", b="x") == ("x", [])


def test_joined_texts_are_unknown_where_one_is() -> None:
    value = {"concat": ["a", "b"], "opaque": False}
    assert found(value, "text", a="1", b="2") == ("1|2", [])
    assert found(value, "text", a="1", b=None) == (None, [])


def test_an_opaque_id_shows_nothing_and_tells_its_parts_apart() -> None:
    value = {"concat": ["a", "b"], "opaque": True}
    first, _ = found(value, "text", a="1", b="23")
    second, _ = found(value, "text", a="12", b="3")
    assert first != second
    assert len(str(first)) == 20
    assert "23" not in str(first)[:2]


@pytest.mark.parametrize("age", ["-1", "131", "old"])
def test_an_age_that_cannot_be_is_a_fault(age: str) -> None:
    value = {"age": "age", "on": {"const": "2020-07-01"}}
    assert found(value, "time", age=age) == (None, ["unreadable_value"])


def test_the_first_case_that_holds_speaks_and_faults_of_others_do_not_count() -> None:
    value = {
        "choose": [
            {"where": [{"column": "k", "is": "a"}], "column": "d", "date": "%Y%m%d"},
            {"where": [{"column": "k", "present": True}], "const": "2001-01-01"},
        ],
        "column": "d",
    }
    assert str(found(value, "time", k="a", d="20030201")[0])[:10] == "2003-02-01"
    assert found(value, "time", k="b", d="nonsense")[1] == []
    assert found(value, "time", k=None, d="nonsense")[1] == ["impossible_date"]


CONDITIONS = {
    "is": ({"is": ["1", "true"]}, {"TRUE": True, "0": False, None: False}),
    "is not": ({"is_not": "1"}, {"1": False, "0": True, None: True}),
    "starts": ({"starts": ["11", "4"]}, {"111": True, "41": True, "131": False, None: False}),
    "present": ({"present": True}, {"x": True, " ": False, None: False}),
    "absent": ({"present": False}, {"x": False, " ": True, None: True}),
    "both": ({"starts": "1", "is_not": "12"}, {"11": True, "12": False}),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_conditions_hold_or_not(case: str) -> None:
    keys, expected = CONDITIONS[case]
    condition = Condition.model_validate({"column": "c", **keys})
    table = ibis.memtable([{"c": text} for text in expected], schema={"c": "string"})
    held_in = table.select(c=table.c, held=held(table, [condition])).to_pyarrow().to_pylist()
    assert {row["c"]: row["held"] for row in held_in} == expected
