"""What a matrix is asked for, and one bucket's share of it: the same whichever carrier makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from features.catalogue import Catalogue
from features.definition import Definition
from features.errors import InputError
from features.recorded import as_recorded
from features.schema import Schema
from features.stored import Columns
from features.tables.history import History
from features.windows import MODES

Window = tuple[datetime, datetime] | None


@dataclass(frozen=True)
class Asked:
    """What a matrix is asked for; it can be pickled and sent to other machines.

    mode         "adt" or "claims" (`features/windows.py`)
    with_labels  False: no outcomes are looked for
    window       index moments from the first to before the second time; None: all of them
    """

    definition: Definition
    catalogue: Catalogue
    mode: str = "adt"
    with_labels: bool = True
    window: Window = None

    def __post_init__(self) -> None:
        refuse_unknown(self.mode)

    def about(self, history: History) -> Asked:
        """The same of a History: what it never records says nothing (`features/recorded.py`)."""
        definition, catalogue = as_recorded(history, self.definition, self.catalogue)
        return replace(self, definition=definition, catalogue=catalogue)

    @property
    def schema(self) -> Schema:
        return Schema.of(self.catalogue)


@dataclass(frozen=True)
class Part:
    """One bucket's share of a matrix.

    columns   the features, each (moments,), as the schema keeps them; NaN is null
    moments   index moments, aligned with the columns
    labels    aligned with the columns; no columns where labels were not asked for
    excluded  how many possible moments were left out, by reason
    """

    columns: Columns
    moments: pa.Table
    labels: pa.Table
    excluded: Mapping[str, int]


def refuse_unknown(mode: str) -> str:
    """The mode. Raises InputError for one that does not exist."""
    if mode not in MODES:
        raise InputError(
            f"no mode is called {mode}", where="mode", cure=f"use one of {', '.join(MODES)}"
        )
    return mode
