"""History, definition and catalogue to a checked feature matrix with the hash of its schema.

The matrix is the same bit for bit from any carrier, number of buckets and order of rows. It refuses
a catalogue without features, an unknown mode, and rows whose columns are not the schema's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.carriers.local import Progress, stream
from features.carriers.part import Asked, Part, refuse_unknown
from features.carriers.parts import table_of
from features.carriers.single import features_of
from features.catalogue import Catalogue
from features.definition import Definition
from features.schema import Column, Floats, Schema
from features.stored import Columns, columns_of, dense, joined
from features.tables.contract import Tables
from features.tables.history import History

__all__ = ["Column", "Matrix", "Schema", "build", "of_tables"]

NO_LABELS = pa.table({})


@dataclass(frozen=True)
class Matrix:
    """Features of index moments.

    held      the features: dense, shape (rows, columns) float64, as few rows are; or the columns as
              the schema keeps them, each (rows,) float32 or float64. NaN is null, a category is its
              place among the values
    rows      the index moments (person_id, index_at, stay_id, spell_id, moment), aligned with them
    excluded  how many possible moments the cohort left out, by reason
    """

    held: Floats | Columns
    schema: Schema
    rows: pa.Table
    excluded: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def X(self) -> Floats:  # noqa: N802  the field's name for it
        """All features, (rows, columns) float64; made anew each time where columns are held."""
        return self.held if isinstance(self.held, np.ndarray) else dense(self.held, len(self))

    @property
    def columns(self) -> Columns:
        """Each feature as the schema keeps it; views where columns are held."""
        return (
            columns_of(self.held, self.schema) if isinstance(self.held, np.ndarray) else self.held
        )

    def column(self, name: str) -> Floats:
        """One feature, (rows,) float64."""
        place = self.schema.place(name)
        if isinstance(self.held, np.ndarray):
            return self.held[:, place]
        return self.held[place].astype(np.float64, copy=False)

    def dense(self, names: Iterable[str]) -> Floats:
        """Some features in this order, (rows, names) float64."""
        places = [self.schema.place(name) for name in names]
        if isinstance(self.held, np.ndarray):
            return self.held[:, places]
        return dense([self.held[place] for place in places], len(self))

    def only(self, kept: npt.NDArray[np.bool_]) -> Matrix:
        """The rows where `kept`."""
        rows = self.rows.filter(pa.array(kept))
        if isinstance(self.held, np.ndarray):
            return Matrix(self.held[kept], self.schema, rows, self.excluded)
        at = np.flatnonzero(kept)
        held = tuple(column.take(at) for column in self.held)
        return Matrix(held, self.schema, rows, self.excluded)

    def choose(self, schema: Schema) -> Matrix:
        """The columns that `schema` has, in its order; held columns are not copied."""
        if schema == self.schema:
            return self
        if isinstance(self.held, np.ndarray):
            return Matrix(self.dense(schema.names), schema, self.rows, self.excluded)
        held = tuple(self.held[self.schema.place(name)] for name in schema.names)
        return Matrix(held, schema, self.rows, self.excluded)

    @property
    def numbers(self) -> Floats | pa.Table:
        """The features as trees read them, NaN where null, without a copy.

        Dense where they are held so, else an Arrow table.
        """
        if isinstance(self.held, np.ndarray):
            return self.held
        return pa.table(dict(zip(self.schema.names, map(pa.array, self.held), strict=True)))

    def to_arrow(self) -> pa.Table:
        """The index moments and the features as a reader wants them, `moment` once.

        Nulls where nothing is known, categories as text by a dictionary.
        """
        return table_of(Part(self.columns, self.rows, NO_LABELS, {}), self.schema)


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
    asked = Asked(definition, catalogue, mode, with_labels, window).about(history)
    return _joined(stream(history, asked, progress), asked.schema)


def of_tables(
    tables: Tables, moments: pa.Table, catalogue: Catalogue, *, mode: str = "adt"
) -> Matrix:
    """The matrix of some people's tables at given index moments, in the order of the moments.

    moments  person_id, index_at, stay_id, spell_id, moment
    """
    X = features_of(tables, moments, catalogue, mode=refuse_unknown(mode))
    return Matrix(X, Schema.of(catalogue), moments)


def _joined(parts: Iterable[Part], schema: Schema) -> tuple[Matrix, pa.Table]:
    """The parts one below the other."""
    blocks: list[Columns] = []
    rows: list[pa.Table] = []
    labels: list[pa.Table] = []
    excluded: Counter[str] = Counter()
    for part in parts:
        blocks.append(part.columns)
        rows.append(part.moments)
        labels.append(part.labels)
        excluded.update(part.excluded)
    moments = pa.concat_tables(rows)
    return Matrix(joined(blocks, schema), schema, moments, dict(excluded)), pa.concat_tables(labels)
