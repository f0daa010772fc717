"""The shared features as any engine reads them: per table a mapping of values to keys, and columns.

A key stands for one filter or code group of a table, as a data scientist would number them; the
mapping is made ready beforehand and costs no engine anything. It refuses a catalogue that asks for
more than counts, sums, days since, different values and values of measurements.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import Catalogue, Feature
from features.catalogue.load import catalogue_of
from features.catalogue.sets import grouping

HERE = Path(__file__).parent
PARTS = ("catalogue", "catalogue_facts")
DEFINITION, SCENARIO = (HERE / f"{name}.toml" for name in ("months", "people"))
TIMES: Mapping[str, tuple[str, str]] = {"stay": ("admitted_at", "admitted_known")}
"""When a row happened and when it was known, where not `at` and `known_at`."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "visit": ("setting", "specialty"),
    "stay": ("setting", "admission_method"),
    "diagnosis": ("code_system", "code"),
    "dispensing": ("code_system", "code"),
    "measurement": ("code_system", "code"),
    "procedure": (),
}
"""Columns of each table that filters and code groups ask for."""
KEYED = ("count", "sum", "days_since", "first", "last", "min", "max")
EPOCH = date(1970, 1, 1)

Floats = npt.NDArray[np.float64]
Asked = tuple[tuple[tuple[str, tuple[str, ...]], ...], str, str]


@dataclass(frozen=True)
class Lane:
    """Everything asked of one table that needs one group-by on row and key.

    mapping   one row for each key that a combination of values has; `on` names its columns
    windows   days, in rising order
    places    (measure, key, window) -> column of the matrix; days since have the longest window
    value     column that sums or values are taken from ("": none)
    """

    table: str
    on: tuple[str, ...]
    mapping: pa.Table
    windows: tuple[int, ...]
    places: Mapping[tuple[str, int, int], int]
    value: str

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(measure for measure, _, _ in self.places))

    def column_of(self, measure: str, window: int) -> npt.NDArray[np.int64]:
        """Column of the matrix by key; -1 where it is not asked."""
        keys = max(key for _, key, _ in self.places) + 1
        asked = [self.places.get((measure, key, window), -1) for key in range(keys)]
        return np.array(asked, np.int64)

    def wanted(self) -> list[tuple[str, int]]:
        """Each measure and window that some key asks for."""
        return sorted({(measure, window) for measure, _, window in self.places})


@dataclass(frozen=True)
class Distinct:
    """Different values of one column; `where` has one value for each column it names."""

    table: str
    column: str
    where: Mapping[str, str]
    windows: tuple[int, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Shared:
    """The whole list, by table; `names` are the columns of the matrix in order."""

    names: tuple[str, ...]
    lanes: tuple[Lane, ...]
    distinct: tuple[Distinct, ...]
    missing: tuple[bool, ...]
    """Whether a column without rows is null; otherwise it is zero."""

    def empty(self, rows: int) -> Floats:
        """The matrix before anything is known: zeros, and nulls where nothing says nothing."""
        matrix = np.zeros((len(self.names), rows))
        matrix[list(self.missing)] = np.nan
        return matrix


@cache
def catalogue_shared() -> Catalogue:
    """The shared features, one TOML text in two files."""
    texts = [(HERE / f"{name}.toml").read_text(encoding="utf-8") for name in PARTS]
    return catalogue_of(tomllib.loads("\n".join(texts)), "shared catalogue")


def shared(history: Path) -> Shared:
    """The shared features over the values that a History has."""
    catalogue = catalogue_shared()
    place = {feature.name: i for i, feature in enumerate(catalogue)}
    lanes = tuple(_lane(name, catalogue, place, history) for name in COLUMNS)
    return Shared(
        catalogue.names, lanes, tuple(_distinct(catalogue, place)),
        tuple(f.measure not in ("count", "sum", "distinct") for f in catalogue),
    )  # fmt: skip


def _lane(table: str, catalogue: Catalogue, place: Mapping[str, int], history: Path) -> Lane:
    mine = [f for f in catalogue if f.table == table and f.measure in KEYED]
    keys: dict[Asked, int] = {}
    for f in mine:
        keys.setdefault((f.where, f.code_set, f.group), len(keys))
    places = {
        (f.measure, keys[f.where, f.code_set, f.group], f.window or 0): place[f.name] for f in mine
    }
    named = [f.column for f in mine if f.measure not in ("count", "days_since")]
    windows = sorted({f.window or 0 for f in mine})
    return Lane(
        table, COLUMNS[table], _mapping(table, keys, history), tuple(windows), places,
        named[0] if named else "",
    )  # fmt: skip


def _mapping(table: str, keys: Mapping[Asked, int], history: Path) -> pa.Table:
    on = COLUMNS[table]
    if not on:
        return pa.table({"key": pa.array(keys.values(), pa.int32())})
    with duckdb.connect() as db:
        files = f"read_parquet('{history}/{table}/*.parquet')"
        found = db.sql(f"select distinct {', '.join(on)} from {files} order by all")
        values = found.to_arrow_table()
    rows: list[tuple[int, int]] = []
    for asked, key in keys.items():
        rows += [(row, key) for row in _meeting(values, asked)]
    taken = values.take(pa.array([row for row, _ in rows], pa.int64()))
    return taken.append_column("key", pa.array([key for _, key in rows], pa.int32()))


def _meeting(values: pa.Table, asked: Asked) -> Iterable[int]:
    """Combinations of values that meet a filter or have a code of a group."""
    where, code_set, group = asked
    kept = np.ones(len(values), np.bool_)
    for column, wanted in where:
        kept &= np.array([value in wanted for value in values[column].to_pylist()])
    if code_set:
        held = grouping(code_set)
        pairs = zip(values["code_system"].to_pylist(), values["code"].to_pylist(), strict=True)
        kept &= np.array([held.holds(held.bits(s, [c]), group)[0] for s, c in pairs])
    return np.flatnonzero(kept).tolist()


def _distinct(catalogue: Catalogue, place: Mapping[str, int]) -> Iterable[Distinct]:
    found: dict[tuple[object, ...], list[Feature]] = {}
    for f in catalogue:
        if f.measure == "distinct":
            found.setdefault((f.table, f.column, f.where), []).append(f)
    for group in found.values():
        f = group[0]
        where = {column: values[0] for column, values in f.where}
        windows = tuple(each.window or 0 for each in group)
        yield Distinct(f.table, f.column, where, windows, tuple(place[e.name] for e in group))


def day_of(when: date) -> int:
    """Days since 1970."""
    return (when - EPOCH).days


def put(matrix: Floats, lane: Lane, row: npt.NDArray[np.int64], key: npt.NDArray[np.int64],
        values: Mapping[tuple[str, int], Floats]) -> None:  # fmt: skip
    """The answers of a lane into their columns: the pivot, as one scatter for each measure.

    A value that is null leaves the column as it is.
    """
    for (measure, window), column in values.items():
        at = lane.column_of(measure, window)[key]
        kept = np.flatnonzero((at >= 0) & ~np.isnan(column))
        matrix[at[kept], row[kept]] = column[kept]


def put_distinct(
    matrix: Floats, one: Distinct, row: npt.NDArray[np.int64], counts: Sequence[Floats]
) -> None:
    for place, column in zip(one.places, counts, strict=True):
        matrix[place, row] = column
