"""Nurses and social workers with their places: caseloads.csv, or one nurse a practice without it.

It refuses a file with an unknown or missing column, a nurse named twice, and a number that cannot
be, each with its line.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.errors import InputError
from models.allocation import Caseload

COLUMNS = (
    "nurse_id", "role", "places", "held", "practices", "localities", "languages", "acceptance",
)  # fmt: skip
NEEDED = ("nurse_id", "places", "practices")
RANGES = {
    "places": (0, 100_000, True),
    "held": (0, 100_000, True),
    "acceptance": (0.01, 1, False),
}
"""Least, most, and whether a number must be whole."""


@dataclass(frozen=True)
class Line:
    """One line of caseloads.csv; held None: as the programme table has it; acceptance likewise."""

    nurse_id: str
    role: str
    places: int
    held: int | None
    practices: frozenset[str]
    localities: frozenset[str]
    languages: frozenset[str]
    acceptance: float | None


@dataclass(frozen=True)
class Standing:
    """How many people of the programme a practice and a nurse have: (practice, nurse) -> people."""

    held: Mapping[tuple[str, str], int]
    open: Mapping[tuple[str, str], int]


def load_caseloads(path: Path) -> list[Line]:
    """The lines of a file. Raises InputError with file, line, column and cure."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            "the caseloads cannot be read", where=str(path), cure="name a CSV file in UTF-8"
        ) from None
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    _check_head(rows.fieldnames or (), path)
    lines: dict[str, Line] = {}
    try:
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            line = _line(row, where)
            if line.nurse_id in lines:
                raise InputError("a nurse is named twice", where=where, cure="keep one line each")
            lines[line.nurse_id] = line
    except csv.Error as broken:
        raise InputError(
            "the caseloads are not CSV", where=f"{path}, line {rows.line_num + 1}", cure=str(broken)
        ) from None
    if not lines:
        raise InputError("the caseloads name nobody", where=str(path), cure="add a line a nurse")
    return list(lines.values())


def caseloads_of(lines: Sequence[Line], standing: Standing, *, acceptance: float) -> list[Caseload]:
    """The caseloads of a file; people held are counted from the programme where not stated."""
    return [
        Caseload(
            line.nurse_id,
            line.practices,
            places=line.places,
            held=_by_nurse(standing.held, line.nurse_id) if line.held is None else line.held,
            open=_by_nurse(standing.open, line.nurse_id),
            role=line.role,
            localities=line.localities,
            languages=line.languages,
            acceptance=line.acceptance or acceptance,
        )
        for line in lines
    ]


def one_nurse_each(
    practices: Iterable[str], standing: Standing, *, places: int, acceptance: float
) -> list[Caseload]:
    """One nurse for each practice, holding the people of the programme registered there."""
    return [
        Caseload(
            f"nurse of {practice}",
            frozenset({practice}),
            places=places,
            held=_by_practice(standing.held, practice),
            open=_by_practice(standing.open, practice),
            acceptance=acceptance,
        )
        for practice in sorted(set(practices))
    ]


def _by_nurse(counts: Mapping[tuple[str, str], int], nurse: str) -> int:
    return sum(count for (_, named), count in counts.items() if named == nurse)


def _by_practice(counts: Mapping[tuple[str, str], int], practice: str) -> int:
    return sum(count for (at, _), count in counts.items() if at == practice)


def _check_head(head: Sequence[str], path: Path) -> None:
    cure = f"use the columns {', '.join(COLUMNS)}"
    if unknown := [name for name in head if name not in COLUMNS]:
        raise InputError(f"unknown column {unknown[0]}", where=f"{path}, line 1", cure=cure)
    if missing := [name for name in NEEDED if name not in head]:
        raise InputError(f"column {missing[0]} is missing", where=f"{path}, line 1", cure=cure)
    if len(set(head)) < len(head):
        raise InputError("a column stands twice", where=f"{path}, line 1", cure=cure)


def _line(row: Mapping[str, str | None], where: str) -> Line:
    if "" in row or None in row.values():
        raise InputError(
            "a line has more or fewer fields than the head", where=where, cure="mend the line"
        )
    told = {name: (value or "").strip() for name, value in row.items()}
    if not told["nurse_id"] or not told["practices"]:
        empty = "nurse_id" if not told["nurse_id"] else "practices"
        raise InputError(
            f"{empty} is empty", where=where, cure="fill it; practices may be * for any"
        )
    return Line(
        nurse_id=told["nurse_id"],
        role=told.get("role") or "nurse",
        places=int(_number(told, "places", where) or 0),
        held=None if not told.get("held") else int(_number(told, "held", where) or 0),
        practices=_several(told["practices"]),
        localities=_several(told.get("localities", "")),
        languages=_several(told.get("languages", "")),
        acceptance=_number(told, "acceptance", where),
    )


def _several(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split("|") if part.strip())


def _number(told: Mapping[str, str], name: str, where: str) -> float | None:
    """The number in a field, None where it is empty (which places may not be)."""
    text = told.get(name, "")
    if not text and name not in NEEDED:
        return None
    least, most, whole = RANGES[name]
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most or (whole and number % 1):
        raise InputError(
            f"{name} is no {'whole ' if whole else ''}number from {least:g} to {most:g}",
            where=where,
            cure=f"mend {name} on that line",
        )
    return number
