"""What the columns of a matrix are: their names, types and categories, with one hash over them.

A category is kept as its place among values that are frozen here, and so in every model; a column
is kept as float32 where that is exact (`features/catalogue/storage.py`). It refuses columns that do
not have the hash they are stated to have, and rows without one of the columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.catalogue.sets import crosswalks_of
from features.catalogue.storage import NARROW, WIDE, storage
from features.codes.crosswalks import Crosswalks, configured
from features.errors import CaseloadError, InputError
from features.tables.buffers import whole

Floats = npt.NDArray[np.float64]
Kept = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""One column of a matrix: NaN is null, a category is its place among the values."""


@dataclass(frozen=True)
class Column:
    """A column of the matrix: type "number" or "category"; a category's values by their codes.

    storage  "float32" where every value is exact in it (codes of categories are), or "float64"
    """

    name: str
    type: str
    categories: tuple[str, ...] = ()
    storage: str = WIDE


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
        """The columns of a catalogue, under the crosswalks that are set."""
        return _schema_of(catalogue, configured())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Places of the category columns."""
        return tuple(i for i, c in enumerate(self.columns) if c.type == "category")

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def only(self, names: Iterable[str]) -> Schema:
        """The schema of some of the columns, in this order (KeyError: none of that name)."""
        return Schema(tuple(self.columns[self.place(name)] for name in names), self.crosswalks)

    def place(self, name: str) -> int:
        """Place of a column (KeyError: none of that name)."""
        return self._places[name]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {column.name: place for place, column in enumerate(self.columns)}

    @cached_property
    def narrow(self) -> npt.NDArray[np.bool_]:
        """Which columns are kept as float32."""
        return np.array([column.storage == NARROW for column in self.columns], np.bool_)

    @cached_property
    def hash(self) -> str:
        """sha256 over names, types and categories, in order, and over the crosswalks there are."""
        read = [*self._listed(), *({"crosswalk": walk} for walk in self.crosswalks)]
        return hashlib.sha256(json.dumps(read).encode()).hexdigest()

    def _listed(self) -> list[dict[str, Any]]:
        return [vars(c) | {"categories": list(c.categories)} for c in self.columns]

    def to_json(self) -> str:
        crossed = {"crosswalks": dict(self.crosswalks)} if self.crosswalks else {}
        told = {"hash": self.hash, "columns": self._listed(), **crossed}
        return json.dumps(told, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Raises InputError where the columns do not have the hash that is stated."""
        stated = json.loads(text)
        columns = (Column(**{**c, "categories": tuple(c["categories"])}) for c in stated["columns"])
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
            X[:, place] = _encoded(column, whole(rows[column.name]))
        return X

    def told(self, columns: tuple[Kept, ...]) -> dict[str, pa.Array]:
        """Columns for a reader, by name: numbers as kept, categories as text by a dictionary.

        Null where the matrix has NaN.
        """
        return {c.name: _told(c, kept) for c, kept in zip(self.columns, columns, strict=True)}


@lru_cache(maxsize=16)
def _schema_of(catalogue: Catalogue, _crosswalks: Crosswalks) -> Schema:
    columns = (
        Column(
            f.name, "category" if f.kind == "category" else "number", f.categories, storage(f)
        )
        for f in catalogue
    )  # fmt: skip
    sets = dict.fromkeys(f.code_set for f in catalogue if f.code_set)
    return Schema(tuple(columns), crosswalks_of(sets))


def _decoded(column: Column, values: Floats) -> pa.Array:
    if column.type == "number":
        return pa.array(values, pa.float64(), mask=np.isnan(values))
    return _told(column, values).dictionary_decode()


def _told(column: Column, values: Kept) -> pa.Array:
    null = np.isnan(values)
    if column.type == "number":
        return pa.array(values, mask=null)
    codes = pa.array(np.where(null, 0, values).astype(np.int32), mask=null)
    return pa.DictionaryArray.from_arrays(codes, pa.array(column.categories, pa.string()))


def _encoded(column: Column, values: pa.Array) -> Floats:
    if column.type == "category":
        values = pc.index_in(values, value_set=pa.array(column.categories, pa.string()))
    return values.cast(pa.float64()).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def refuse_inexact(names: Sequence[str], wrong: int) -> None:
    """Raises CaseloadError naming the column at `wrong`, whose values float32 does not hold though
    it is kept so; -1: there is none. It is a fault of the program."""
    if wrong >= 0:
        raise CaseloadError(f"{names[wrong]} is kept as float32, which is not exact for it")
