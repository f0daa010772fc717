"""A flat table to a matrix, its outcomes, the levels to audit by and what was left out.

Earlier rows are looked at before anything is left out: what happened at an encounter that is asked
nothing is still known at the next one. Values of a category that the model has not met are null
and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.errors import InputError
from features.flat import values
from features.flat.coded import code_columns
from features.flat.earlier import earlier
from features.flat.entries import Categories, catalogue_of_table, coded_entries
from features.flat.parts import MATCHED, Earlier
from features.flat.read import Read
from features.matrix import Matrix, Schema

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNKNOWN = "unknown"
BY = "by_"
"""Before the name of a column to audit by, among the columns of a row."""


@dataclass(frozen=True)
class FlatRows:
    """Rows of a table that are asked and whose outcome is known, in canonical order.

    catalogue  every feature of the table
    matrix     those features; its rows are person_id, index_at (null without a time column),
               row_id, and by_NAME for each column to audit by ("unknown" where null)
    event      1 or 0
    excluded   rows left out, {"cohort": {reason: n}, "labels": {status: n}}
    unseen     column -> rows whose category the model has not met; they are null there
    """

    catalogue: Catalogue
    matrix: Matrix
    event: Floats
    excluded: Mapping[str, Mapping[str, int]]
    unseen: Mapping[str, int]


def features_of_table(read: Read, categories: Categories | None = None) -> FlatRows:
    """The rows of a table as a matrix.

    categories  values of each category column as a model froze them; None: as they are in this file
    Raises InputError for a cell that cannot be read and for an outcome that is the same everywhere.
    """
    spec = read.spec
    frozen = _categories(read) if categories is None else categories
    catalogue = catalogue_of_table(spec, frozen)
    columns = dict(_columns(read, frozen))
    event = values.outcomes(read)
    kept, excluded = _kept(read, event)
    if not kept.any() or np.ptp(event[kept]) == 0:
        raise _one_outcome(read, int(kept.sum()))
    X = np.column_stack([columns[name][kept] for name in catalogue.names])
    matrix = Matrix(X, Schema.of(catalogue), _rows(read).filter(pa.array(kept)), excluded["cohort"])
    unseen = {
        name: _unseen(read, name, frozen[name], kept)
        for name in frozen
        if categories and frozen[name]
    }
    counted = {name: count for name, count in unseen.items() if count}
    return FlatRows(catalogue, matrix, event[kept], excluded, counted)


def _categories(read: Read) -> Categories:
    return {name: values.categories_of(read, name) for name in read.spec.categories}


def _columns(read: Read, categories: Categories) -> Iterator[tuple[str, Floats]]:
    """Every feature by name, over all rows of the table."""
    spec = read.spec
    own = {name: values.numbers(read, name) for name in spec.numbers or ()}
    own |= {name: values.banded(read, name, band) for name, band in spec.bands.items()}
    own |= {n: values.categorised(read.column(n), c) for n, c in categories.items()}
    yield from own.items()
    for codes in spec.codes:
        names = [feature.name for feature in coded_entries(codes)]
        yield from zip(names, code_columns(read, codes).T, strict=True)
    yield from _looked_back(read, own)


def _looked_back(read: Read, own: Mapping[str, Floats]) -> Iterator[tuple[str, Floats]]:
    spec = read.spec
    if not spec.earlier:
        return
    person = read.column(spec.group).dictionary_encode().indices
    number = np.asarray(person.to_numpy(), dtype=np.int64)
    place = _days(read) if spec.time else values.places(read, spec.order)
    for one in spec.earlier:
        delay = float(spec.horizon_days) if one.column == spec.outcome.column else 0.0
        yield one.name, earlier(one.how, number, place, _looked_at(read, one, own), delay=delay)


def _days(read: Read) -> Floats:
    stamps = values.days(read, read.spec.time).cast(pa.int64())
    return np.asarray(stamps.to_numpy(), dtype=np.float64) / values.DAY


def _looked_at(read: Read, one: Earlier, own: Mapping[str, Floats]) -> Floats:
    """What is looked at of each row: a number, a category's code, or whether it matches."""
    if not one.column:
        return np.zeros(read.rows.num_rows)
    if one.column == read.spec.outcome.column:
        return values.outcomes(read)
    if one.how in MATCHED:
        return values.matches(read.column(one.column), one.values)
    return own[one.column] if one.column in own else values.numbers(read, one.column)


def _kept(read: Read, event: Floats) -> tuple[Bools, dict[str, dict[str, int]]]:
    """Rows that are asked and have an outcome; the others are counted under their first reason."""
    kept = np.ones(len(event), dtype=np.bool_)
    cohort: dict[str, int] = {}
    for one in read.spec.exclude:
        out = kept & (values.matches(read.column(one.column), one.values) == 1)
        cohort[one.reason] = cohort.get(one.reason, 0) + int(out.sum())
        kept &= ~out
    unknown = kept & np.isnan(event)
    labels = {"outcome_not_known": int(unknown.sum())} if unknown.any() else {}
    return kept & ~unknown, {"cohort": cohort, "labels": labels}


def _rows(read: Read) -> pa.Table:
    spec = read.spec
    at = (
        values.days(read, spec.time)
        if spec.time
        else pa.nulls(len(read.number), pa.timestamp("us"))
    )
    ids = {"person_id": read.column(spec.group), "index_at": at, "row_id": read.column(spec.id)}
    audited = dict.fromkeys((*spec.protected, *spec.audit))
    levels = {f"{BY}{name}": pc.fill_null(read.column(name), UNKNOWN) for name in audited}
    return pa.table(ids | levels)


def _unseen(read: Read, name: str, known: tuple[str, ...], kept: Bools) -> int:
    met = values.matches(read.column(name), known)
    return int((met[kept] == 0).sum())


def _one_outcome(read: Read, count: int) -> InputError:
    label = read.spec.outcome
    return InputError(
        f"{count} rows are asked, and all of them have the same outcome"
        if count
        else "no row is asked and has an outcome",
        where=f"{read.path}, column {label.column}",
        cure="look at outcome.events of the recipe and at its exclusions",
    )
