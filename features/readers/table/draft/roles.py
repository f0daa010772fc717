"""Which column of a file is what, by its name: a list of names that sources of many kinds use.

Names are compared without case and signs. Columns that differ in a number at their end are one
series, as `diag_4_01` to `diag_4_20`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "names.csv"
NUMBERED = re.compile(r"^(.*?)(\d+)$")


@dataclass(frozen=True)
class Series:
    """Columns of one meaning with a number at the end, in order of it.

    pattern  how a mapping writes them: `dx{1..15}`
    """

    stem: str
    columns: tuple[str, ...]
    pattern: str


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """Role -> names it goes by, the most telling first."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return {row["role"]: tuple(row["names"].split()) for row in csv.DictReader(file)}


def role_columns(columns: Sequence[str]) -> dict[str, str]:
    """Role -> the column that plays it."""
    plain = {_plain(column): column for column in reversed(columns)}
    found = {}
    for role, known in names().items():
        column = next((plain[_plain(name)] for name in known if _plain(name) in plain), None)
        if column is not None:
            found[role] = column
    return found


def role_series(columns: Sequence[str]) -> dict[str, Series]:
    """Role -> the series that plays it, of two columns or more."""
    stems: dict[str, list[str]] = {}
    for column in columns:
        numbered = NUMBERED.match(column)
        if numbered:
            stems.setdefault(numbered[1], []).append(column)
    found = {}
    for role, known in names().items():
        wanted = [_plain(name) for name in known]
        fitting = [stem for stem in stems if _plain(stem) in wanted and len(stems[stem]) > 1]
        if fitting:
            stem = min(fitting, key=lambda one: wanted.index(_plain(one)))
            found[role] = _series(stem, stems[stem])
    return found


def dates_of(series: Series, columns: Sequence[str]) -> Series | None:
    """The series of dates beside a series of procedures, one for each."""
    for stem in ("OPDATE_", "procedure_date_", "px_date_"):
        own = {_plain(column): column for column in columns}
        dates = [own.get(_plain(f"{stem}{NUMBERED.match(c)[2]}")) for c in series.columns]  # type: ignore[index]
        if all(dates):
            return _series(stem, [date for date in dates if date])
    return None


def _series(stem: str, columns: Sequence[str]) -> Series:
    ordered = sorted(columns, key=lambda column: int(column[len(stem) :]))
    first, last = ordered[0][len(stem) :], ordered[-1][len(stem) :]
    whole = [f"{stem}{n:0{len(first)}d}" for n in range(int(first), int(last) + 1)]
    pattern = f"{stem}{{{first}..{last}}}" if whole == ordered else ""
    return Series(stem, tuple(ordered), pattern)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
