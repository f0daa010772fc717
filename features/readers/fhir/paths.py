"""The table of paths (paths.csv) made into functions: one resource in, its values out.

    resource   a resource type, or TYPE.LIST: each entry of that list is a row of its own
    path       elements from there on, parted by dots; " | " parts paths of which the first that is
               there speaks; of a list on the way the first entry is taken
    column     what the value is called from here on
    how        the function of `values.py` that reads it

To read another element, add a line; a new `how` is a function there.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import methodcaller
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from features.readers.fhir.values import How, Values, text

Json: TypeAlias = Any
Get = Callable[[Json], Any]

TABLE = Path(__file__).with_name("paths.csv")
NUMBERS = ("number", "days", "days_told", "drug_cost", "total")
"""Hows whose values are numbers; all others are text."""
ALWAYS = {"row": pa.int64()}
CHILD = {"row": pa.int64(), "order": pa.int32()}
"""`row` numbers resources in the order read; entries of a list carry that of their resource."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    path: str
    column: str
    how: str

    @property
    def type(self) -> pa.DataType:
        return pa.float64() if self.how in NUMBERS else pa.string()


@cache
def lines() -> Mapping[str, tuple[Line, ...]]:
    """The table by resource, or list of a resource."""
    found: dict[str, list[Line]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row.pop("resource"), []).append(Line(**row))
    return {name: tuple(rows) for name, rows in found.items()}


@cache
def schemas() -> Mapping[str, pa.Schema]:
    """Columns of the rows of each resource, or list of a resource."""
    return {
        name: pa.schema(
            list((CHILD if "." in name else ALWAYS).items()) + [(r.column, r.type) for r in rows]
        )
        for name, rows in lines().items()
    }


@dataclass(frozen=True)
class Plan:
    """How one resource type is read: its own values, and its lists with theirs."""

    name: str
    values: tuple[Get, ...]
    lists: tuple[tuple[str, str, tuple[Get, ...]], ...]


def plans(values: Values) -> Mapping[str, Plan]:
    """The plan of every resource type, over functions that know the bundle at hand."""
    made = {
        name: tuple(_getter(line.path, values.hows[line.how]) for line in rows)
        for name, rows in lines().items()
    }
    return {
        name: Plan(
            name,
            gets,
            tuple(
                (child, child.partition(".")[2], found)
                for child, found in made.items()
                if child.startswith(name + ".")
            ),
        )
        for name, gets in made.items()
        if "." not in name
    }


def _getter(path: str, how: How) -> Get:
    """The value at the first of several paths that is there, read by `how`; None where none is."""
    ways: list[Get] = [_itself]
    if path:
        ways = [_at(one.strip().split(".")) for one in path.split("|")]
    if how is text and len(ways) == 1:
        return _text_at(ways[0])
    return _read_at(ways[0], how) if len(ways) == 1 else _first_at(ways, how)


def _itself(resource: Json) -> Json:
    return resource


def _text_at(way: Get) -> Get:
    """As `text` at one path, without the call: most elements are of this kind."""

    def get(resource: Json) -> str | None:
        found = way(resource)
        if found is None or found.__class__ is str:
            return found or None
        raise TypeError

    return get


def _read_at(way: Get, how: How) -> Get:
    def get(resource: Json) -> Any:
        found = way(resource)
        return None if found is None else how(found)

    return get


def _first_at(ways: list[Get], how: How) -> Get:
    def get(resource: Json) -> Any:
        for way in ways:
            found = way(resource)
            if found is not None:
                return how(found)
        return None

    return get


def _at(keys: list[str]) -> Get:
    """What stands at the end of the keys; None where a part is missing."""
    first, *rest = keys
    if not rest:
        return methodcaller("get", first)

    def get(resource: Json) -> Any:
        found = resource.get(first)
        for key in rest:
            if found.__class__ is list:
                found = found[0] if found else None
            if found is None:
                return None
            found = found.get(key)
        return found

    return get
