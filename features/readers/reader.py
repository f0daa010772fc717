"""What a reader is: the layout it needs, and a mapping from it to canonical rows.

A reader decides nothing clinical. It says which files it reads and which columns these must have,
which rows of theirs tell one canonical row, and how late its facts are known. Checks, buckets and
digests are `ingest`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import ibis.expr.types as ir
import pyarrow as pa

from features.readers.source import Source
from features.readers.workshop import Workshop


@dataclass(frozen=True)
class Reading:
    """A source opened by its reader: relations of canonical rows, not computed yet.

    tables      canonical table -> its rows, dates as ISO text or typed; nullable columns may lack
    precision   how exact the times of a table are: day, month or minute
    delays      how late facts are known where the source does not say, in words
    last        last day of the extract (None: the day of the last fact)
    last_known  end of observation (None: the latest known time)
    latest      last possible day of any date (None: that of the contract)
    read        rows of the source that the rows of a table were made of, where that differs
    conflicts   table -> what -> how many rows were made of rows that disagree in it
    left_out    table -> what -> how many values of the source are not carried, and why
    rejected    rows refused before they became canonical rows, of one table each, as `check.py`
                tells them
    inputs      kind of input -> rows of it (empty: what the workshop loaded)
    """

    source: str
    tables: Mapping[str, ir.Table]
    precision: Mapping[str, str]
    delays: Mapping[str, object]
    last: date | None = None
    last_known: datetime | None = None
    latest: date | None = None
    read: Mapping[str, int] = field(default_factory=dict)
    conflicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rejected: Sequence[pa.Table] = ()
    inputs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """A source format by name; `read` opens a source of it.

    `read` raises InputError for a source that does not have the layout. `takes_mapping`: it needs a
    file that says which column is what.
    """

    name: str
    meaning: str
    read: Callable[[Workshop, Source], Reading]
    takes_mapping: bool = False
