"""A flat table as data: which column is what, what is asked, and what may never score.

The section [table] of a recipe. It refuses a column in two roles, a protected column that would
score, columns that by their name are for audit alone, and features of anything but earlier rows.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from features import tomlfile
from features.errors import InputError
from features.flat.parts import (
    MATCHED,
    Codes,
    Column,
    Compare,
    Domain,
    Earlier,
    Exclude,
    Outcome,
    Part,
    Words,
)

PAGE = "training/recipes/recipe.schema.json"
NEVER = ("race", "ethnicity", "ethnic_group", "ethnic", "language", "religion")
"""Columns of these names are for audit alone, whatever a recipe says."""
Band = Literal["middle"] | Annotated[tuple[str, ...], Field(min_length=2)]


class FlatTable(Part):
    """A table with one row per index moment, and what its columns are."""

    question: Annotated[str, Field(min_length=1)]
    """What is asked of each row, in words."""
    population: Annotated[str, Field(min_length=1)]
    """Whose rows these are and when they are asked, in words, for the model card."""
    id: Column
    """Column that names the row; no two rows share it."""
    group: Column
    """Column that names the person: splits and intervals go by people."""
    order: str = ""
    """Column of numbers or days by which a person's rows follow one another."""
    time: str = ""
    """Column of the day of a row. With it the test period is the last one, as for a History."""
    horizon_days: Annotated[int, Field(ge=0, le=36500)] = 0
    """Days after the row's day that its outcome may use (with a time column)."""
    null: tuple[str, ...] = ()
    """Texts that stand for no value, beside an empty cell."""
    outcome: Outcome
    """What is predicted."""
    categories: tuple[Column, ...] = ()
    """Columns whose values are names, codes in digits included."""
    numbers: tuple[Column, ...] | None = None
    """Columns whose values are numbers (default: all that have no other role)."""
    bands: dict[str, Band] = Field(default_factory=dict)
    """Columns of bands: "middle" reads "[60-70)" as 65; a list gives the bands in order, from 0."""
    protected: tuple[Column, ...] = ()
    """Columns by which a model is audited and never scores."""
    audit: tuple[Column, ...] = ()
    """Columns by which a model is audited that may score, too: age and sex."""
    leave_out: tuple[Column, ...] = ()
    """Columns that take no part."""
    exclude: tuple[Exclude, ...] = ()
    """Rows that are asked nothing."""
    codes: tuple[Codes, ...] = ()
    """Columns of codes as groups."""
    earlier: tuple[Earlier, ...] = ()
    """Features of the person's earlier rows."""
    compare: tuple[Compare, ...] = ()
    """Rules that the model may be compared with."""
    domain: Domain = "stay"
    """Clinical domain of the columns that `domains` does not name."""
    domains: dict[Domain, tuple[Column, ...]] = Field(default_factory=dict)
    """Columns by their clinical domain."""
    modifiable: tuple[Column, ...] = ()
    """Columns whose value care can change."""
    words: dict[str, Words] = Field(default_factory=dict)
    """How columns read."""

    @model_validator(mode="after")
    def _sound(self) -> FlatTable:
        for fault in _faults(self):
            raise ValueError(fault)
        return self

    @property
    def name(self) -> str:
        return "table"

    @property
    def label(self) -> str:
        """What is predicted, as answers name it."""
        return self.outcome.name

    @property
    def high_percentile(self) -> None:
        """An outcome of a table is an event, never a number."""
        return

    @property
    def ordered(self) -> str:
        """Column that says which row is earlier; "": none does."""
        return self.order or self.time

    @property
    def coded(self) -> tuple[str, ...]:
        """Columns read as codes."""
        return tuple(dict.fromkeys(column for codes in self.codes for column in codes.columns))

    @property
    def scoring(self) -> tuple[str, ...]:
        """Columns that are features themselves; `numbers` must be settled."""
        return (*(self.numbers or ()), *self.bands, *self.categories)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, in order of first mention."""
        said = [self.id, self.group, self.order, self.time, self.outcome.column, *self.scoring]
        said += [*self.protected, *self.audit, *self.coded]
        said += [*(one.column for one in self.exclude), *(one.column for one in self.earlier)]
        return tuple(column for column in dict.fromkeys(said) if column)

    def settled(self, header: tuple[str, ...]) -> FlatTable:
        """The same with `numbers` named: every column of the file that has no other role.

        Raises InputError where one of them may not score.
        """
        if self.numbers is not None:
            return self
        taken = {self.id, self.group, self.order, self.time, self.outcome.column, *self.categories}
        taken |= {*self.bands, *self.protected, *self.leave_out, *self.coded}
        rest = tuple(column for column in header if column not in taken)
        found = self.model_copy(update={"numbers": rest})
        for fault in _faults(found):
            raise InputError(fault, where="recipe, key table", cure="give the column its role")
        return found

    def to_toml(self) -> str:
        """As TOML; `flat_table_of` reads it back as an equal one."""
        stated = self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        lines = (f"{_key(key)} = {_value(value)}" for key, value in stated.items())
        return "[table]\n" + "\n".join(lines) + "\n"


def flat_table_of(text: str, where: str) -> FlatTable:
    """The table of a TOML text with a section [table]. Raises InputError naming the key."""
    return tomlfile.held(FlatTable, tomllib.loads(text)["table"], "table", where, PAGE)


def _faults(table: FlatTable) -> Iterator[str]:
    """What is wrong with the parts as a whole."""
    yield from _roles(table)
    yield from _never(table)
    yield from _looks_back(table)
    names = Counter(
        [*table.scoring, *(e.name for e in table.earlier), *(c.name for c in table.codes)]
    )
    if twice := [name for name, count in names.items() if count > 1]:
        yield f"two features are called {twice[0]}"
    overlap = set(table.outcome.events) & set(table.outcome.others)
    if overlap:
        yield "a value of the outcome is among the events and among the others"
    if table.outcome.known == "next_row" and not table.ordered:
        yield "outcome.known needs an order or time column"
    if table.order and table.time:
        yield "order and time both say which row is earlier: name one"
    if table.horizon_days and not table.time:
        yield "horizon_days needs a time column"


def _roles(table: FlatTable) -> Iterator[str]:
    """A column has one role; which row is which, what is predicted, and what is left out: none."""
    keys = {table.id, table.group, table.order, table.time, table.outcome.column} - {""}
    roles = Counter([*table.scoring, *table.protected, *table.leave_out, *set(table.coded)])
    roles.update(dict.fromkeys(keys, 1))
    for column, count in roles.items():
        if count > 1:
            yield f"the column {column} has two roles; give it one"
    for column in table.audit:
        if column in keys:
            yield f"the column {column} names rows, people or the outcome; it makes no groups"


def _never(table: FlatTable) -> Iterator[str]:
    hidden = set(table.protected)
    read = [(one.column, one.name) for one in table.earlier]
    read += [(column, codes.name) for codes in table.codes for column in codes.columns]
    for column, name in read:
        if column in hidden | set(table.leave_out):
            yield f"feature {name} reads {column}, which may not score"
    for column in (*table.scoring, *table.audit, *(column for column, _ in read)):
        if is_never(column):
            yield f"the column {column} is for audit only and may not score: name it in protected"


def is_never(column: str) -> bool:
    """Whether a column is for audit alone by its name."""
    return column.strip().lower().replace(" ", "_") in NEVER


def _looks_back(table: FlatTable) -> Iterator[str]:
    for one in table.earlier:
        own = one.column == table.outcome.column
        if not table.ordered:
            yield f"feature {one.name} looks at earlier rows: name an order or time column"
        if one.how == "days_since" and not table.time:
            yield f"feature {one.name} counts days: name a time column, or use rows_since"
        if one.how in MATCHED and not own and not one.values:
            yield f"feature {one.name} needs values"
        if own and not table.time and table.outcome.known == "never":
            yield (
                f"feature {one.name} tells outcomes of earlier rows: say outcome.known = "
                '"next_row" if they are settled by then'
            )
        if one.column in {table.id, table.group}:
            yield f"feature {one.name} reads {one.column}, which names rows or people"


def _value(value: Any) -> str:
    """A value as inline TOML; lists of tables one to a line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        return "[\n" + "".join(f"  {_value(each)},\n" for each in value) + "]"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    plain = name.replace("-", "_").isidentifier() and name.isascii()
    return name if plain else json.dumps(name, ensure_ascii=False)
