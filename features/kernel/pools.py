"""The columns that operations name, laid into pools, and operations bound to their places there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue.feature import Where
from features.catalogue.rules import CATEGORIES, FILTERS
from features.kernel.columns import (
    READABLE,
    Coded,
    Words,
    coded,
    filters,
    numbers,
    positions,
    words,
)
from features.kernel.people import Rows
from features.kernel.program import NONE, Op
from features.kernel.rows import Pool
from features.windows import Int32

TYPES = ("int32", "int64", "uint64", "float64")
CODED = ("diagnosis", "procedure", "dispensing", "measurement")


class Pools:
    """Columns end to end, one pool per type."""

    def __init__(self) -> None:
        self._parts: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in TYPES}
        self._size = dict.fromkeys(TYPES, 0)
        self.stamps = 0

    def add(self, column: npt.NDArray[np.generic]) -> int:
        """Lays a column down; returns the place of its first row."""
        kind = column.dtype.name
        place = self._size[kind]
        self._parts[kind].append(column)
        self._size[kind] += len(column)
        return place

    def stamp(self, keys: int) -> int:
        """Room for one mark per key; returns its place."""
        self.stamps += keys
        return self.stamps - keys

    def laid(self) -> Pool:
        """The pools, each in one piece."""
        return Pool(*(self._piece(kind) for kind in TYPES))

    def _piece(self, kind: str) -> Any:
        return np.concatenate([np.empty(0, kind), *self._parts[kind]], dtype=kind)


class SourceColumns:
    """The columns of one source, laid down when first asked for."""

    def __init__(self, name: str, rows: Rows, wheres: tuple[Where, ...], pools: Pools) -> None:
        self._name, self._rows, self._wheres, self._pools = name, rows, wheres, pools
        self._places: dict[tuple[str, str], int] = {}
        self._words: dict[str, Words] = {}
        self._filters = self._lay_filters()

    def bind(self, op: Op) -> tuple[int, ...]:
        """The operation as a line of the kernel's table (columns `At`)."""
        bit = self._wheres.index(op.where)
        key, stamp = self._key(op.key) if op.key else (NONE, NONE)
        mask = int(np.uint64(op.mask).astype(np.int64))
        return (
            op.source, op.measure, op.window,
            self._filters[bit // 64] if op.where else NONE, bit % 64,
            self._place("value", op.value), key, self._place("groups", op.groups), mask,
            op.urgency, stamp, op.end, op.before,
        )  # fmt: skip

    def text(self, column: str) -> Words:
        if column not in self._words:
            self._words[column] = self._text(column)
        return self._words[column]

    def _text(self, column: str) -> Words:
        if column.startswith(READABLE):
            return self._coded.readable(column.removeprefix(READABLE))
        return words(self._rows.table, column)

    @cached_property
    def _coded(self) -> Coded:
        return coded(self.text("code_system"), self.text("code"))

    def _lay_filters(self) -> list[int]:
        asked = {column for where in self._wheres for column, _ in where}
        known = FILTERS.get(self._name, {})
        texts = {c: self.text(c) for c in asked if c in known or c.startswith(READABLE)}
        bits = filters(texts, self._wheres, self._rows.table.num_rows)
        return [self._pools.add(word) for word in bits]

    def _place(self, kind: str, column: str) -> int:
        if not column:
            return NONE
        if (kind, column) not in self._places:
            self._places[kind, column] = self._pools.add(MAKERS[kind](self, column))
        return self._places[kind, column]

    def _key(self, column: str) -> tuple[int, int]:
        place = self._place("key", column)
        return place, self._pools.stamp(self._keys(column))

    def _keys(self, column: str) -> int:
        if column == "code" and self._name in CODED:
            return self._coded.occurs.size
        return len(self.text(column).values)

    def value(self, column: str) -> npt.NDArray[np.float64]:
        categories = CATEGORIES.get(("spell" if self._name == "stay" else self._name, column))
        if categories is None:
            return numbers(self._rows.table, column)
        return positions(self.text(column), categories)

    def key(self, column: str) -> Int32:
        if column == "code" and self._name in CODED:
            return self._coded.pairs
        return self.text(column).codes

    def groups(self, code_set: str) -> npt.NDArray[np.uint64]:
        return self._coded.groups(code_set)


MAKERS: Mapping[str, Callable[[SourceColumns, str], npt.NDArray[np.generic]]] = MappingProxyType(
    {"value": SourceColumns.value, "key": SourceColumns.key, "groups": SourceColumns.groups}
)
