"""The columns that operations name, laid end to end into pools, one per type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue.rules import CATEGORIES, CODED
from features.errors import InputError
from features.kernel.classes import Classes
from features.kernel.columns import Floats, Frame, categories
from features.kernel.facets import PAIR, facet, fixed, keys
from features.kernel.program import Source
from features.kernel.registers import Pool
from features.windows import Int32, Int64, kept

MOST = int(np.iinfo(np.int32).max)
"""Operations hold places as int32."""
TYPES = tuple(np.dtype(kind) for kind in (np.int32, np.int64, np.float64))


class Pools:
    """Columns end to end, one pool per type; as much as places of int32 can tell apart.

    Raises InputError for more.
    """

    def __init__(self) -> None:
        self._parts: dict[Any, list[npt.NDArray[np.generic]]] = {kind: [] for kind in TYPES}
        self._size: dict[Any, int] = dict.fromkeys(TYPES, 0)
        self.marks = 0

    def add(self, column: npt.NDArray[np.generic]) -> int:
        """Lays a column down; returns the place of its first row."""
        kind = column.dtype
        place = self._size[kind]
        self._parts[kind].append(column)
        self._size[kind] += len(column)
        _refuse(self._size[kind])
        return place

    def stamps(self, keys: Int64) -> Int64:
        """Places of the marks of some operations, which tell so many keys apart each."""
        ends = np.cumsum(keys)
        self.marks = int(ends[-1])
        _refuse(self.marks)
        return ends - keys

    def laid(self) -> Pool:
        """The pools, each in one piece."""
        return Pool(*(self._piece(kind) for kind in TYPES))

    def _piece(self, kind: Any) -> Any:
        return np.concatenate([np.empty(0, kind), *self._parts[kind]], dtype=kind)


def _refuse(size: int) -> None:
    if size > MOST:
        raise InputError(
            "there are more rows at once than the features can address",
            where="a bucket of the History, or the tables given",
            cure="ingest into more buckets, or give fewer people at a time",
        )


class SourceColumns:
    """The columns of one table, laid down when first asked for."""

    def __init__(self, name: str, frame: Frame, pools: Pools) -> None:
        self._name, self._frame, self._pools = name, frame, pools
        self._places: dict[tuple[str, str], int] = {}
        self._facets: dict[str, Int32] = {}
        self._counts: dict[str, int] = {}

    def classes(self, source: Source, classes: Classes) -> Int32:
        """Class of each row among those of `source`."""
        columns = [(name, self.facet(name)) for name in classes.facets(source)]
        return classes.find(source, keys(columns, self._frame.rows))

    def facet(self, column: str) -> Int32:
        """Number of each row's value in a column that filters ask of."""
        if column not in self._facets:
            self._facets[column] = facet(self._frame, self._name, column)
        return self._facets[column]

    def value_at(self, column: str) -> int:
        """Where the column's values lie."""
        return self._place("value", column)

    def key_at(self, column: str) -> tuple[int, int]:
        """Where the numbers of the column's values lie, and how many of them there are."""
        return self._place("key", column), self._counts[column]

    def _place(self, kind: str, column: str) -> int:
        if (kind, column) not in self._places:
            self._places[kind, column] = self._pools.add(MAKERS[kind](self, column))
        return self._places[kind, column]

    def value(self, column: str) -> Floats:
        if (self._name, column) in CATEGORIES:
            return categories(self._frame.ids(column, fixed(self._name, column)))
        return self._frame.numbers(column)

    def key(self, column: str) -> Int32:
        if column == PAIR and self._name in CODED:
            own, self._counts[column] = renumbered(self.facet(column))
        else:
            own, self._counts[column] = self._frame.numbered(column)
        return own


def renumbered(ids: Int32) -> tuple[Int32, int]:
    """The same numbers from 0 on without gaps, and how many there are."""
    return _renumbered(ids, int(ids.max(initial=-1)) + 1)


@kept
def _renumbered(ids: Int32, size: int) -> tuple[Int32, int]:
    number = np.full(size, -1, np.int32)
    own = np.empty(len(ids), np.int32)
    count = 0
    for i in range(len(ids)):
        if number[ids[i]] < 0:
            number[ids[i]] = count
            count += 1
        own[i] = number[ids[i]]
    return own, count


MAKERS: Mapping[str, Callable[[SourceColumns, str], npt.NDArray[np.generic]]] = MappingProxyType(
    {"value": SourceColumns.value, "key": SourceColumns.key}
)
