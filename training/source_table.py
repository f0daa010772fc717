"""Rows of a flat table: as they stand in it, audited by the columns the recipe names.

Without a time column nothing can be said of the years, and a warning says what that leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from features.flat import (
    FlatRows,
    FlatTable,
    Read,
    categories_kept,
    features_of_table,
    read_table,
)
from features.flat.build import BY
from features.schema import Schema
from training.drift import Trend, trend
from training.groups import Groups
from training.question import Question
from training.recipe import Drift
from training.rows import Progress, Rows
from training.split import Bools


@dataclass(frozen=True)
class TableSource:
    """A table that was read, and its rows as a matrix."""

    read: Read
    flat: FlatRows
    kind: str = "table"

    @classmethod
    def for_training(cls, question: Question, path: Path) -> tuple[Self, Question]:
        """The source and the question made ready for it."""
        assert isinstance(question.definition, FlatTable), "asks of a History"
        read = read_table(path, question.definition)
        source = cls(read, features_of_table(read))
        return source, question.about_table(read.spec, source.flat)

    @classmethod
    def for_model(cls, table: FlatTable, schema: Schema, path: Path) -> Self:
        """Rows for a model of that table and schema: its categories, and none met since."""
        read = read_table(path, table)
        frozen = {column.name: column.categories for column in schema.columns}
        return cls(read, features_of_table(read, categories_kept(table, frozen)))

    @property
    def digest(self) -> str:
        return self.read.digest

    def told(self) -> Mapping[str, object]:
        people = len(self.read.column(self.read.spec.group).unique())
        first, last = self._days()
        return {"source": "flat table", "people": people, "first": first, "last": last}

    def _days(self) -> tuple[str | None, str | None]:
        at = self.flat.matrix.rows.column("index_at")
        if at.null_count:
            return None, None
        days = np.asarray(at.to_numpy()).astype("datetime64[D]")
        return str(days.min()), str(days.max())

    def rows(self, progress: Progress) -> Rows:
        progress("rows of the table", None)
        event = self.flat.event
        certain = np.zeros(len(event), dtype=np.bool_)
        return Rows(self.flat.matrix, event, event, certain, self.flat.excluded, None)

    def groups(self, rows: Rows) -> Groups:
        moments = rows.matrix.rows
        named = [name for name in moments.column_names if name.startswith(BY)]
        return {name.removeprefix(BY): moments.column(name).combine_chunks() for name in named}

    def trends(self, rows: Rows, y: Bools, settings: Drift) -> Sequence[Trend]:
        spec = self.read.spec
        if not spec.time:
            return ()
        of = f"rows with the outcome ({spec.label})"
        return (trend(y.astype(np.float64), rows.day, rows.person, of=of, settings=settings),)

    def warnings(self) -> Sequence[Mapping[str, Any]]:
        if self.read.spec.time:
            return ()
        text = (
            "this table has no time column: test people are others, of the same years; how the "
            "model fares in later years is not shown, and a change of the event rate is not seen"
        )
        return ({"code": "no_time", "text": text},)
