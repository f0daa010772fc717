"""The columns that operations name, laid end to end into pools, one per type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue.rules import CATEGORIES, CODED
from features.errors import InputError
from features.kernel.classes import Classes
from features.kernel.columns import Frame, categories, fill_numbers, most_of
from features.kernel.facets import PAIR, Facet, facet, fixed, keys
from features.kernel.program import Source
from features.kernel.registers import Pool
from features.kernel.spare import LAID
from features.kernel.texts import numbered
from features.windows import Int32, Int64

MOST = int(np.iinfo(np.int32).max)
"""Operations hold places as int32."""
INT, LONG, FLOAT = TYPES = tuple(np.dtype(kind) for kind in (np.int32, np.int64, np.float64))


class Pools:
    """Columns end to end, one pool per type; as much as places of int32 can tell apart.

    Raises InputError for more.
    """

    def __init__(self) -> None:
        self._held: dict[Any, npt.NDArray[Any]] = {kind: LAID.take(kind) for kind in TYPES}
        self._size: dict[Any, int] = dict.fromkeys(TYPES, 0)
        self.marks = 0

    def room(self, kind: Any, rows: int) -> tuple[int, npt.NDArray[Any]]:
        """Room for a column, to be filled before the next is asked for; and its first place."""
        place, held = self._size[kind], self._held[kind]
        end = self._size[kind] = place + rows
        _refuse(end)
        if end > len(held):
            self._held[kind] = np.empty(max(end, 2 * len(held)), kind)
            self._held[kind][:place] = held[:place]
            held = self._held[kind]
        return place, held[place:end]

    def add(self, column: npt.NDArray[np.generic]) -> int:
        """Lays a column down; returns the place of its first row."""
        place, room = self.room(column.dtype, len(column))
        room[:] = column
        return place

    def stamps(self, keys: Int64) -> Int64:
        """Places of the marks of some operations, which tell so many keys apart each."""
        ends = np.cumsum(keys)
        self.marks = int(ends[-1])
        _refuse(self.marks)
        return ends - keys

    def laid(self) -> Pool:
        """The pools, each in one piece."""
        LAID.give(self._held)
        return Pool(*(self._held[kind][: self._size[kind]] for kind in TYPES))


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
        self._places: dict[str, int] = {}
        self._keys: dict[str, tuple[int, int]] = {}
        self._facets: dict[str, Facet] = {}
        self.rows = frame.rows

    def classes(self, source: Source, classes: Classes, found: Int32) -> None:
        """Class of each row among those of `source`, into `found`."""
        facets = [self.facet(name) for name in classes.facets(source)]
        classes.fill(source, *keys(facets, self.rows), found)

    def facet(self, column: str) -> Facet:
        """What the rows say in a column that filters ask of."""
        if column not in self._facets:
            self._facets[column] = facet(self._frame, self._name, column)
        return self._facets[column]

    def value_at(self, column: str) -> int:
        """Where the column's values lie."""
        if column not in self._places:
            self._places[column], room = self._pools.room(FLOAT, self.rows)
            if (self._name, column) in CATEGORIES:
                room[:] = categories(self._frame.ids(column, fixed(self._name, column)))
            else:
                fill_numbers(self._frame.memory, self._frame.places[column], room)
        return self._places[column]

    def most(self, column: str) -> int:
        """The largest whole number in the column; 0 where there is none above."""
        return most_of(self._frame.memory, self._frame.places[column], self.rows)

    def key_at(self, column: str) -> tuple[int, int]:
        """Where the numbers of the column's values lie, and how many of them there are."""
        if column not in self._keys:
            if column == PAIR and self._name in CODED:
                own = self.facet(column)
                self._keys[column] = self._pools.add(own.codes), own.size
            else:
                place, room = self._pools.room(INT, self.rows)
                frame = self._frame
                self._keys[column] = place, numbered(frame.memory, frame.places[column], room)
        return self._keys[column]
