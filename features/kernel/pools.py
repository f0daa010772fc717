"""The columns that operations name, laid end to end into pools, one per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue.rules import CATEGORIES, CODED, POSITIONS
from features.kernel.classes import Classes
from features.kernel.columns import Floats, Frame, Words, positions
from features.kernel.distinct import Distinct, distinct
from features.kernel.program import Source
from features.kernel.registers import Pool
from features.windows import Int32

TYPES = tuple(np.dtype(kind) for kind in (np.int32, np.int64, np.float64))
PAIR = ("code_system", "code")


class Pools:
    """Columns end to end, one pool per type."""

    def __init__(self) -> None:
        self._parts: dict[Any, list[npt.NDArray[np.generic]]] = {kind: [] for kind in TYPES}
        self._size: dict[Any, int] = dict.fromkeys(TYPES, 0)
        self.stamps = 0

    def add(self, column: npt.NDArray[np.generic]) -> int:
        """Lays a column down; returns the place of its first row."""
        kind = column.dtype
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

    def _piece(self, kind: Any) -> Any:
        return np.concatenate([np.empty(0, kind), *self._parts[kind]], dtype=kind)


class SourceColumns:
    """The columns of one table, laid down when first asked for."""

    def __init__(self, name: str, frame: Frame, pools: Pools) -> None:
        self._name, self._frame, self._pools = name, frame, pools
        self._places: dict[tuple[str, str], int] = {}

    def classes(self, source: Source, classes: Classes) -> Int32:
        """Class of each row among those of `source`."""
        found = self._distinct(classes.columns(source))
        own = classes.find(source, found.values, found.size)
        return own.astype(np.int32)[found.row]

    def text(self, column: str) -> Words:
        if column == "position":
            return _positions(self._frame.numbers(column))
        return self._frame.words(column)

    def _distinct(self, columns: tuple[str, ...]) -> Distinct:
        if columns == PAIR:
            return self.pairs
        return distinct([self.text(column) for column in columns], self._frame.rows)

    @cached_property
    def pairs(self) -> Distinct:
        """The distinct (code system, code)."""
        return distinct([self.text(column) for column in PAIR], self._frame.rows)

    def value_at(self, column: str) -> int:
        """Where the column's values lie."""
        return self._place("value", column)

    def key_at(self, column: str) -> tuple[int, int]:
        """Where the numbers of the column's values lie, and room for one mark each."""
        return self._place("key", column), self._pools.stamp(self._keys(column))

    def _place(self, kind: str, column: str) -> int:
        if (kind, column) not in self._places:
            self._places[kind, column] = self._pools.add(MAKERS[kind](self, column))
        return self._places[kind, column]

    def _keys(self, column: str) -> int:
        paired = column == "code" and self._name in CODED
        return self.pairs.size if paired else len(self.text(column).values)

    def value(self, column: str) -> Floats:
        categories = CATEGORIES.get((self._name, column))
        if categories is None:
            return self._frame.numbers(column)
        return positions(self.text(column), categories)

    def key(self, column: str) -> Int32:
        if column == "code" and self._name in CODED:
            return self.pairs.row
        return self.text(column).codes


def _positions(position: Floats) -> Words:
    """Principal, other, or not known."""
    at = np.where(position == 1, 0, np.where(position > 1, 1, -1))
    return Words(POSITIONS, at.astype(np.int32))


MAKERS: Mapping[str, Callable[[SourceColumns, str], npt.NDArray[np.generic]]] = MappingProxyType(
    {"value": SourceColumns.value, "key": SourceColumns.key}
)
