"""Looks at the first rows of a file: how its dates, flags and codes are written.

What is seen is described and never passed on: of a description only forms, words of lists we know
and counts are written anywhere.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InputError
from features.readers.files import BROKEN, header, is_parquet, unreadable

ROWS = 5_000
DELIMITERS = (",", ";", "\t", "|")
FORMS = (
    "%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d",
    "%d-%b-%Y", "%d%b%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%m%Y",
)  # fmt: skip
SHORT_YEARS = ("%d/%m/%y", "%m/%d/%y", "%d-%b-%y", "%d%b%y")
PLACEHOLDERS = (
    date(1582, 10, 15), date(1600, 1, 1), date(1800, 1, 1), date(1801, 1, 1),
    date(9999, 12, 31),
)  # fmt: skip
"""Days that sources write for an unknown date; the NHS's are 1582, 1600, 1800 and 1801."""
YES, NO = ("1", "y", "yes", "t", "true"), ("0", "n", "no", "f", "false")
SEXES = MappingProxyType(
    {"m": "male", "male": "male", "1": "male", "f": "female", "female": "female", "2": "female",
     "0": "unknown", "3": "other", "9": "unknown", "u": "unknown", "unknown": "unknown",
     "o": "other", "other": "other"}
)  # fmt: skip
BLANKS = ("-", "&", "?", "null", "none", "na", "n/a", "nan", ".")
SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "ICD-10-CM": re.compile(r"^[A-TV-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?$"),
        "ICD-9-CM": re.compile(r"^(\d{3}(\.?\d{1,2})?|V\d\d(\.?\d{1,2})?|E\d{3}(\.?\d)?)$"),
        "ICD-10-PCS": re.compile(r"^[0-9A-HJ-NP-Z]{7}$"),
        "ICD-9-PCS": re.compile(r"^\d{2}(\.?\d{1,2})?$"),
        "OPCS-4": re.compile(r"^[A-HJ-Z]\d{2}(\.?\d)?$"),
        "HCPCS": re.compile(r"^([A-V]\d{4}|\d{4}[0-9FTU])$"),
        "NDC": re.compile(r"^(\d{10,11}|\d{4,5}-\d{3,4}-\d{1,2})$"),
        "ATC": re.compile(r"^[A-Z]\d\d[A-Z]{2}\d\d$"),
        "LOINC": re.compile(r"^\d{1,5}-\d$"),
        "RXNORM": re.compile(r"^\d{2,8}$"),
    }
)
MOST = 0.9
"""Share of codes that must have the shape of a system; others are local or miswritten."""


@dataclass(frozen=True)
class Column:
    """What the sample of a column tells.

    filled  cells with something in them
    forms   forms of date that fit every cell but the placeholders, in order of preference
    placeholders  days for an unknown date that occur
    short_year    it holds dates whose year has two digits
    """

    name: str
    filled: int
    forms: tuple[str, ...]
    placeholders: tuple[date, ...]
    short_year: bool
    words: frozenset[str]
    systems: tuple[str, ...]

    def known(self, words: Sequence[str] | Mapping[str, str]) -> list[str]:
        """Those of a list of ours that occur."""
        return [word for word in words if word in self.words]

    @property
    def is_flag(self) -> bool:
        return bool(self.words) and self.words <= {*YES, *NO}


@dataclass(frozen=True)
class Sampled:
    """One file, or several of one header."""

    name: str
    paths: tuple[Path, ...]
    delimiter: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def sampled(name: str, paths: Sequence[Path]) -> Sampled:
    """The first rows of the first of the files described."""
    path = paths[0]
    if is_parquet(path):
        names, cells = _of_parquet(path)
        delimiter = ","
    else:
        delimiter = _delimiter(path)
        names, cells = header(path, delimiter), _of_text(path, delimiter)
        _refuse_data(names, path)
    columns = tuple(
        _described(n, [row[place] for row in cells if place < len(row)])
        for place, n in enumerate(names)
    )
    return Sampled(name, tuple(paths), delimiter, columns)


def _of_parquet(path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    try:
        file = pq.ParquetFile(path)
        batch = next(file.iter_batches(ROWS), None)
    except (OSError, pa.ArrowInvalid):
        raise unreadable(path) from None
    names = tuple(file.schema_arrow.names)
    if batch is None:
        return names, []
    texts = [[_cell(value) for value in column.to_pylist()] for column in batch.columns]
    return names, [list(row) for row in zip(*texts, strict=True)]


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _of_text(path: Path, delimiter: str) -> list[list[str]]:
    opened: Callable[..., object] = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:  # type: ignore[attr-defined]
            return list(itertools.islice(csv.reader(file, delimiter=delimiter), 1, ROWS + 1))
    except BROKEN:
        raise unreadable(path) from None


def _delimiter(path: Path) -> str:
    return max(DELIMITERS, key=lambda sign: len(header(path, sign)))


def _refuse_data(names: Sequence[str], path: Path) -> None:
    """A first line of numbers or dates is no header, and its cells may be somebody's."""
    if any(re.fullmatch(r"[\d\s./:-]+", name) for name in names) or not all(names):
        raise InputError(
            "the first line does not look like names of columns",
            where=f"{path}, header line",
            cure="give the file a header line with a name for every column",
        )


def _described(name: str, cells: Sequence[str]) -> Column:
    texts = [text for text in (cell.strip() for cell in cells) if text]
    real = [text for text in texts if text.lower() not in BLANKS]
    forms, placeholders = _dates(real)
    return Column(
        name=name,
        filled=len(texts),
        forms=forms,
        placeholders=placeholders,
        short_year=bool(real) and not forms and any(_fit(real, form)[0] for form in SHORT_YEARS),
        words=frozenset(text.lower() for text in texts if len(text) <= 8),
        systems=_systems(real),
    )


def _dates(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[date, ...]]:
    fitting, found = [], set()
    for form in FORMS:
        fits, placeholders = _fit(texts, form)
        if fits:
            fitting.append(form)
            found |= placeholders
    return tuple(fitting), tuple(sorted(found))


def _fit(texts: Sequence[str], form: str) -> tuple[bool, set[date]]:
    """Whether every text is a day of that form; the placeholders among them."""
    placeholders = set()
    for text in dict.fromkeys(texts):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            return False, set()
        if day in PLACEHOLDERS:
            placeholders.add(day)
        elif not 1850 <= day.year <= 2200:
            return False, set()
    return bool(texts), placeholders


def _systems(texts: Sequence[str]) -> tuple[str, ...]:
    if not texts:
        return ()
    upper = [text.upper() for text in texts]
    return tuple(
        system
        for system, shape in SHAPES.items()
        if sum(shape.match(text) is not None for text in upper) >= MOST * len(upper)
    )
