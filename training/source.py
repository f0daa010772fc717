"""Where labelled rows come from: a History, or a flat table. Everything after is the same.

A source knows its rows, the groups an audit looks at, how the event rate moved, and what the card
and the registry say of it. It refuses the one kind of data where a model or recipe asks the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from features.definition import Definition
from features.errors import InputError
from features.flat import FlatTable
from features.posed import Posed
from training.drift import Trend
from training.groups import Groups
from training.recipe import Drift
from training.rows import Progress, Rows
from training.split import Bools


@dataclass(frozen=True)
class Data:
    """What the command line names: a History or a table, the other None."""

    history: Path | None = None
    table: Path | None = None

    def __post_init__(self) -> None:
        if self.history is not None and self.table is not None:
            raise InputError(
                "a History and a table are both given",
                where="command line",
                cure="give --history or --table, as the recipe or model asks",
            )

    def for_a_history(self) -> Path:
        """The History. Raises InputError where a table is given, or nothing."""
        if self.history is None:
            raise _other("a History", "--history HISTORY", "of a definition, not of a flat table")
        return self.history

    def for_a_table(self) -> Path:
        """The table. Raises InputError where a History is given, or nothing."""
        if self.table is None:
            raise _other("a flat table", "--table FILE", "of a flat table, not of a History")
        return self.table


class Source(Protocol):
    """Labelled rows and what is known of the data they come from."""

    @property
    def kind(self) -> str:
        """history or table."""
        ...

    @property
    def digest(self) -> str:
        """sha256 of what was read, whatever its order."""
        ...

    def told(self) -> Mapping[str, object]:
        """Source, people, first and last day; None: the data do not say."""
        ...

    def rows(self, progress: Progress) -> Rows:
        """Every labelled row. Raises InputError where there is none."""
        ...

    def groups(self, rows: Rows) -> Groups:
        """The level of each row in each attribute to audit by."""
        ...

    def trends(self, rows: Rows, y: Bools, settings: Drift) -> Sequence[Trend]:
        """How the event rate moved over the years; empty without times."""
        ...

    def warnings(self) -> Sequence[Mapping[str, object]]:
        """What a reader of the figures has to know of these data: code and text."""
        ...


def asks_a_table(posed: Posed) -> bool:
    """Whether rows of a flat table answer it; a History answers a definition."""
    assert isinstance(posed, Definition | FlatTable)
    return isinstance(posed, FlatTable)


def _other(what: str, flag: str, of: str) -> InputError:
    return InputError(f"this needs {what}: it asks {of}", where="command line", cure=f"give {flag}")
