"""One kind of file of a source: the names it goes by, and what its columns must hold."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class FileKind:
    """One kind of file of a source.

    kind      what the answer calls it
    pattern   file names of this kind; each named group becomes a text column of the rows
    columns   columns that must be there
    key       columns that together name a row; they may not be empty
    table     canonical table as whose rows its rows are counted
    dates     columns that hold a date YYYYMMDD, or nothing
    numbers   columns that hold a number, or nothing
    """

    kind: str
    pattern: re.Pattern[str]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    table: str
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
