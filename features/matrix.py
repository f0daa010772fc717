"""History, definition and catalogue to a checked feature matrix with the hash of its schema.

The matrix is the same bit for bit from any carrier, number of buckets and order of rows. It refuses
a catalogue without features, an unknown mode, and rows whose columns are not the schema's.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.carriers.local import Part, Progress, stream
from features.carriers.single import features_of
from features.catalogue import Catalogue
from features.catalogue.sets import crosswalks_of
from features.definition import Definition
from features.errors import InputError
from features.kernel import compile_catalogue
from features.recorded import as_recorded
from features.tables.contract import Tables
from features.tables.history import History
from features.windows import MODES

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column of the matrix: type "number" or "category"; a category's values by their codes."""

    name: str
    type: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """What the columns of a matrix are, in order.

    crosswalks  (code system, sha256) of each crosswalk that the columns read codes by; none without
                the setting CASELOAD_CROSSWALKS. They enter the hash, so that a model is not served
                with other crosswalks than it was trained with
    """

    columns: tuple[Column, ...]
    crosswalks: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, catalogue: Catalogue) -> Schema:
        return cls(
            tuple(
                Column(f.name, "category" if f.kind == "category" else "number", f.categories)
                for f in catalogue
            ),
            crosswalks_of(dict.fromkeys(f.code_set for f in catalogue if f.code_set)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Places of the category columns."""
        return tuple(i for i, c in enumerate(self.columns) if c.type == "category")

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def place(self, name: str) -> int:
        """Place of a column (KeyError: none of that name)."""
        return self._places[name]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {column.name: place for place, column in enumerate(self.columns)}

    @cached_property
    def hash(self) -> str:
        """sha256 over names, types and categories, in order, and over the crosswalks there are."""
        read = [*self._listed(), *({"crosswalk": walk} for walk in self.crosswalks)]
        return hashlib.sha256(json.dumps(read).encode()).hexdigest()

    def _listed(self) -> list[dict[str, Any]]:
        return [
            {"name": c.name, "type": c.type, "categories": list(c.categories)} for c in self.columns
        ]

    def to_json(self) -> str:
        crossed = {"crosswalks": dict(self.crosswalks)} if self.crosswalks else {}
        told = {"hash": self.hash, "columns": self._listed(), **crossed}
        return json.dumps(told, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Raises InputError where the columns do not have the hash that is stated."""
        stated = json.loads(text)
        columns = (Column(c["name"], c["type"], tuple(c["categories"])) for c in stated["columns"])
        schema = cls(tuple(columns), tuple(sorted(stated.get("crosswalks", {}).items())))
        if schema.hash != stated["hash"]:
            raise InputError(
                "the columns do not have the stated hash",
                where="matrix schema",
                cure="use the schema.json that was saved with the model",
            )
        return schema

    def decode(self, X: Floats) -> pa.Table:
        """Rows by column name: numbers as float64 with nulls, categories as text."""
        return pa.table({c.name: _decoded(c, X[:, i]) for i, c in enumerate(self.columns)})

    def encode(self, rows: pa.Table) -> Floats:
        """The matrix of rows by column name; a category that is not in the schema is null.

        Raises InputError for a missing column; columns the schema does not have are left aside.
        """
        X = np.empty((rows.num_rows, len(self.columns)))
        for place, column in enumerate(self.columns):
            if column.name not in rows.column_names:
                raise InputError(
                    f"column {column.name} is missing", where="matrix", cure="give every column"
                )
            X[:, place] = _encoded(column, rows[column.name].combine_chunks())
        return X


def _decoded(column: Column, values: Floats) -> pa.Array:
    null = np.isnan(values)
    if column.type == "number":
        return pa.array(values, pa.float64(), mask=null)
    codes = pa.array(np.where(null, 0, values).astype(np.int32), mask=null)
    return pa.array(column.categories, pa.string()).take(codes)


def _encoded(column: Column, values: pa.Array) -> Floats:
    if column.type == "number":
        return values.cast(pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    codes = pa.compute.index_in(values, value_set=pa.array(column.categories, pa.string()))
    return codes.cast(pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Matrix:
    """Features of index moments.

    X         (rows, columns) float64; NaN is null, a category is its place among the values
    rows      the index moments (person_id, index_at, stay_id, spell_id, moment), aligned with X
    excluded  how many possible moments the cohort left out, by reason
    """

    X: Floats
    schema: Schema
    rows: pa.Table
    excluded: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.X)

    def column(self, name: str) -> Floats:
        return self.X[:, self.schema.place(name)]

    def to_arrow(self) -> pa.Table:
        """The index moments and the features by name; a feature of their name is left out."""
        features = self.schema.decode(self.X)
        features = features.drop_columns([n for n in self.rows.column_names if n in self.schema])
        names = [*self.rows.column_names, *features.column_names]
        return pa.table([*self.rows.columns, *features.columns], names=names)


def build(
    history: History,
    definition: Definition,
    catalogue: Catalogue,
    *,
    mode: str = "adt",
    with_labels: bool = True,
    window: tuple[datetime, datetime] | None = None,
    progress: Progress | None = None,
) -> tuple[Matrix, pa.Table]:
    """The matrix of every index moment of a definition, and its labels row by row.

    mode         "adt" or "claims" (`features/windows.py`)
    with_labels  False: the labels have no columns and no rows
    window       index moments from the first to before the second time
    Where no procedure is recorded at all, that says nothing (`features/recorded.py`).
    Memory holds the matrix and the buckets in work. Raises InputError for an unknown mode.
    """
    definition, catalogue = as_recorded(history, definition, catalogue)
    program = compile_catalogue(catalogue)
    parts = stream(
        history, definition, program, mode=_mode(mode), with_labels=with_labels,
        window=window, progress=progress,
    )  # fmt: skip
    X, rows, labels, excluded = _joined(parts)
    return Matrix(X, Schema.of(catalogue), rows, excluded), labels


def of_tables(
    tables: Tables, moments: pa.Table, catalogue: Catalogue, *, mode: str = "adt"
) -> Matrix:
    """The matrix of some people's tables at given index moments, in the order of the moments.

    moments  person_id, index_at, stay_id, spell_id, moment
    """
    X = features_of(tables, moments, catalogue, mode=_mode(mode))
    return Matrix(X, Schema.of(catalogue), moments)


def _mode(mode: str) -> str:
    if mode not in MODES:
        raise InputError(
            f"no mode is called {mode}", where="mode", cure=f"use one of {', '.join(MODES)}"
        )
    return mode


def _joined(parts: Iterable[Part]) -> tuple[Floats, pa.Table, pa.Table, Mapping[str, int]]:
    """The parts one below the other."""
    blocks: list[Floats] = []
    rows: list[pa.Table] = []
    labels: list[pa.Table] = []
    excluded: Counter[str] = Counter()
    for part in parts:
        blocks.append(part.X)
        rows.append(part.moments)
        labels.append(part.labels)
        excluded.update(part.excluded)
    return _stacked(blocks), pa.concat_tables(rows), pa.concat_tables(labels), dict(excluded)


def _stacked(blocks: list[Floats]) -> Floats:
    """Blocks one below the other, each let go as soon as it is copied."""
    X = np.empty((sum(len(block) for block in blocks), blocks[0].shape[1]))
    end = len(X)
    while blocks:
        block = blocks.pop()
        X[end - len(block) : end] = block
        end -= len(block)
    return X
