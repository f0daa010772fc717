"""The small parts a mapping is written with: what a value is read from, and which rows are meant.

Declarative and closed: a column, a constant, texts joined, a list of values, a form of date.
Nothing in it is evaluated; names and texts reach the engine as names and literals alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DIRECTIVES = "YmdHMSfbBjpI"
ISO = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
       "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")  # fmt: skip
"""Forms of a date where a file names none; so Parquet's own dates and times read as well."""
SPAN = re.compile(r"\{(\d+)\.\.(\d+)\}")
Scalar = str | bool | int | float | datetime | date


class Part(BaseModel):
    """A table of a mapping: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


def _columned(given: Any) -> Any:
    return {"column": given} if isinstance(given, str | list) else given


def _spread(given: Any) -> Any:
    """`diag_{01..20}` is twenty columns, with leading zeros as written."""
    found: list[Any] = []
    for name in _listed(given) if isinstance(given, str | list | tuple) else [given]:
        span = SPAN.search(name) if isinstance(name, str) else None
        if span is None:
            found.append(name)
            continue
        first, last = int(span[1]), int(span[2])
        if not first <= last <= first + 99:
            raise ValueError(f"{name} must count up, and at most a hundred columns")
        width = len(span[1])
        found += [SPAN.sub(f"{n:0{width}d}", name) for n in range(first, last + 1)]
    return tuple(found)


def _written(given: Any) -> Any:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, date | int | float):
        return given.isoformat() if isinstance(given, date) else str(given)
    return given


def _form(form: str) -> str:
    used = re.findall(r"%(.?)", form)
    if "Y" not in used:
        raise ValueError("a form of date needs %Y: a year of two digits may be of two centuries")
    if any(letter not in DIRECTIVES for letter in used):
        raise ValueError(f"a form of date is written with %{', %'.join(DIRECTIVES)}")
    return form


def _clock(form: str) -> str:
    if any(letter not in "HMSfpI" for letter in re.findall(r"%(.?)", form)):
        raise ValueError("a form of time is written with %H, %M, %S, %f, %I, %p")
    return form


def _of_one_order(forms: tuple[str, ...]) -> tuple[str, ...]:
    orders = {form.find("%d") < form.find("%m") for form in forms if {"%d", "%m"} <= _parts(form)
              and not form.startswith("%Y")}  # fmt: skip
    if len(orders) > 1:
        raise ValueError("day before month and month before day in one column cannot be told apart")
    return forms


def _listed_forms(given: Any) -> Any:
    listed = _listed(given)
    return _of_one_order(tuple(listed)) if isinstance(listed, list | tuple) else listed


def _parts(form: str) -> set[str]:
    return set(re.findall(r"%.", form))


Names = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
Texts = Names
Spread = Annotated[
    tuple[str, ...], BeforeValidator(_spread, json_schema_input_type=str | list[str])
]
Written = Annotated[str, BeforeValidator(_written, json_schema_input_type=Scalar)]
Forms = Annotated[
    tuple[Annotated[str, BeforeValidator(_form)], ...],
    BeforeValidator(_listed_forms, json_schema_input_type=str | list[str]),
]  # fmt: skip
_Nested = Annotated[
    "Value", BeforeValidator(_columned, json_schema_input_type="str | list[str] | Value")
]


class Condition(Part):
    """One test of a row; of `is`, `is_not`, `starts` and `present` those given must all hold.

    Texts are compared without blanks around them and in any case.
    """

    column: str
    """Column that is looked at."""
    is_: Texts = Field((), alias="is")
    """Texts one of which it holds."""
    is_not: Texts = ()
    """Texts none of which it holds; an empty cell passes."""
    starts: Texts = ()
    """Beginnings one of which it has."""
    present: bool | None = None
    """true: there is something in it; false: there is nothing."""

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not (self.is_ or self.is_not or self.starts or self.present is not None):
            raise ValueError("a condition needs is, is_not, starts or present")
        return self


class Clock(Part):
    column: str
    """Column with the time of day."""
    form: Annotated[str, BeforeValidator(_clock)] = "%H:%M"
    """How it is written."""
    unknown: Texts = ()
    """Texts that say the time is unknown; the day then stands alone."""


class Plus(Part):
    column: str | None = None
    """Column with the number to add."""
    amount: int | None = None
    """The number to add."""
    unit: Literal["minutes", "hours", "days"] = "days"
    """Unit of the number."""

    @model_validator(mode="after")
    def _one(self) -> Plus:
        if (self.column is None) == (self.amount is None):
            raise ValueError("give a column or an amount")
        return self


class Switch(Part):
    """One text before a day and another from that day on, as ICD-9-CM gave way to ICD-10-CM."""

    by: _Nested
    """The date that decides."""
    on: date
    """First day of the later one."""
    before: str
    """The text before."""
    after: str
    """The text from that day on."""


class Value(Part):
    """What a column of the History is read from. A bare text means `{column = "..."}`.

    Exactly one of column, const, concat, age, switch (or choose alone); the other keys say how the
    text found is read. An empty cell is unknown.
    """

    column: Names = ()
    """Column, or several of which the first that says something speaks."""
    const: Written | None = None
    """A text, number, flag or day that is the same in every row."""
    concat: Names = ()
    """Columns joined by `|`; where one is empty the whole is unknown, unless it is listed in the
    file's `optional_columns`."""
    age: _Nested | None = None
    """Age in whole years at the date `on`: the birth date is put in the middle of the year it lies
    in, half a year before that age was half over, and its precision is a year."""
    on: _Nested | None = None
    """Date of the age."""
    switch: Switch | None = None
    """One text before a day, another after."""
    choose: tuple[Case, ...] = ()
    """Cases looked at in order before all else: the first whose `where` holds speaks."""
    opaque: bool | None = None
    """Replace the text by 20 letters that stand for it, so that an id shows no date or number.
    Joined columns must say true or false: no date may be read in a list of rejects."""
    map: Mapping[str, Written] = Field(default_factory=dict)
    """What each text of the source means, in any case."""
    disposition: Literal["UB-04", "HL7", "DISDEST", "DISMETH"] | None = None
    """Shipped list of discharge destinations in place of `map`."""
    default: Written | None = None
    """What every text means that the map does not have."""
    unmapped: Literal["reject", "unknown", "keep"] = "reject"
    """What becomes of a text the map does not have where there is no default."""
    unknown: Texts = ()
    """Texts that say unknown, beside those of the file."""
    missing: Written | None = None
    """What an unknown value is to be, where the History needs one."""
    date: Forms = ()
    """How a date is written (strptime), instead of the forms of the file."""
    clock: Clock | None = None
    """Time of day of the date."""
    plus: Plus | None = None
    """What is added to the date: a delay, or the length of a stay."""
    decimal: Literal[".", ","] = "."
    """Sign before the decimals of a number."""

    @model_validator(mode="after")
    def _one_origin(self) -> Value:
        origins = [self.column, self.const is not None, self.concat, self.age, self.switch]
        number = sum(bool(one) for one in origins)
        if number > 1 or (number == 0 and not self.choose):
            raise ValueError("give exactly one of column, const, concat, age, switch")
        if self.concat and self.opaque is None:
            raise ValueError(
                "say opaque = true for joined columns, or false where their texts may be shown"
            )
        if (self.age is None) != (self.on is None):
            raise ValueError("age and on go together")
        if self.map and self.disposition:
            raise ValueError("give map or disposition, not both")
        if len({text.strip().upper() for text in self.map}) < len(self.map):
            raise ValueError("two texts of the map differ only in case")
        return self


class Case(Value):
    where: tuple[Condition, ...] = Field(min_length=1)
    """Conditions that must all hold for this case to speak."""


def words_of(value: Value, *, mapped: bool = True) -> Iterator[str]:
    """Every text that stands in the mapping for a value of the History.

    mapped  with those that texts of the source are mapped to
    """
    yield from (word for word in (value.const, value.missing) if word is not None)
    if value.switch is not None:
        yield from (value.switch.before, value.switch.after)
    if mapped:
        yield from value.map.values()
        yield from () if value.default is None else (value.default,)
    for case in value.choose:
        yield from words_of(case, mapped=mapped)


Switch.model_rebuild()
Value.model_rebuild()
Case.model_rebuild()

Given = Annotated[Value, BeforeValidator(_columned, json_schema_input_type=str | list[str] | Value)]
"""A value, or the name of its column."""
