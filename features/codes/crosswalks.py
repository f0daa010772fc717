"""Crosswalks that a site may use and we may not ship: SNOMED CT, RxNorm, NDC and ATC to code sets.

The folder of the setting CASELOAD_CROSSWALKS holds them (docs/reference/crosswalks.md). A code that
a crosswalk does not have stays unreadable; nothing is guessed from its neighbours. Without the
setting there are none, and nothing else changes.

The setting is read from the environment and not handed down, because features are also computed in
other processes, which inherit the environment; what was read enters the hash of every matrix schema
that depends on it (`features/matrix.py`), so two processes that read differently cannot be mixed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from features.codes.systems import normal
from features.errors import InputError

SETTING = "CASELOAD_CROSSWALKS"
CURE = "give a folder as docs/reference/crosswalks.md describes"
UNSURE = "low"
"""A pair of this confidence waits for review and is not used."""

Table = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Layout:
    """A file of the folder: code in one column, what it means in another.

    stem       the file is `stem*.csv` or `stem*.csv.gz`; several are read as one
    systems    code system of either column
    """

    stem: str
    columns: tuple[str, str]
    systems: tuple[str, str]


SNOMED = Layout("snomed_to_icd10cm", ("snomed_code", "icd10cm_code"), ("SNOMED", "ICD-10-CM"))
NDC = Layout("ndc11_to_rxcui", ("ndc11", "rxcui"), ("NDC", "RXNORM"))
DRUG = Layout("rxnorm_drug_to_ingredient", ("rxcui", "ingredient_rxcui"), ("RXNORM", "RXNORM"))
SAMPLE = Layout(
    "synthea_medication_to_ingredient", ("rxcui", "ingredient_rxcui"), ("RXNORM", "RXNORM")
)
NAME = Layout("rxnorm_ingredient_to_atc", ("rxcui", "ingredient"), ("RXNORM", "INGREDIENT"))
ATC = Layout("rxnorm_ingredient_to_atc", ("atc5", "ingredient"), ("ATC", "INGREDIENT"))
LAYOUTS = (SNOMED, NDC, DRUG, SAMPLE, NAME, ATC)


@dataclass(frozen=True)
class Crosswalk:
    """From codes of one system to codes of another; a code may mean several."""

    source: str
    target: str
    table: Table

    @cached_property
    def digest(self) -> str:
        """sha256 over the pairs, independent of how and in which order their files hold them."""
        lines = (f"{code}\t{'|'.join(sorted(to))}\n" for code, to in sorted(self.table.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Crosswalks:
    """The crosswalks there are, by source system; one object per folder."""

    by_source: Mapping[str, Crosswalk] = field(default_factory=dict)


NONE = Crosswalks()


def configured() -> Crosswalks:
    """The crosswalks of the setting; none without it. Raises InputError for an unusable folder."""
    folder = os.environ.get(SETTING, "")
    return load(Path(folder)) if folder else NONE


@cache
def load(folder: Path) -> Crosswalks:
    """The crosswalks of a folder, read once per process.

    Raises InputError where the folder holds none of the files, or a file lacks a column.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=SETTING, cure=CURE)
    read = {layout: _read(folder, layout) for layout in LAYOUTS}
    if not any(read.values()):
        raise InputError("the folder holds no crosswalk", where=SETTING, cure=CURE)
    ingredient = {**read[SAMPLE], **read[DRUG]}
    named = _through({**{code: (code,) for code in read[NAME]}, **ingredient}, read[NAME])
    found = (
        Crosswalk("SNOMED", "ICD-10-CM", read[SNOMED]),
        Crosswalk("RXNORM", "INGREDIENT", named),
        Crosswalk("NDC", "INGREDIENT", _through(read[NDC], named)),
        Crosswalk("ATC", "INGREDIENT", read[ATC]),
    )
    return Crosswalks(MappingProxyType({walk.source: walk for walk in found if walk.table}))


def _through(first: Table, second: Table) -> Table:
    """Both steps in one; a code is left out unless all it means can be followed."""
    return {
        code: tuple(dict.fromkeys(end for step in steps for end in second[step]))
        for code, steps in first.items()
        if all(step in second for step in steps)
    }


def _read(folder: Path, layout: Layout) -> Table:
    """The pairs of a layout's files; empty where there is none."""
    pairs: dict[str, tuple[str, ...]] = {}
    for path in sorted(
        [*folder.glob(f"{layout.stem}*.csv"), *folder.glob(f"{layout.stem}*.csv.gz")]
    ):
        for code, meaning in _pairs(path, layout):
            pairs[code] = tuple(dict.fromkeys((*pairs.get(code, ()), meaning)))
    return pairs


def _pairs(path: Path, layout: Layout) -> Iterable[tuple[str, str]]:
    rows = _text(path)
    if missing := [name for name in layout.columns if name not in rows.column_names]:
        raise InputError(
            f"column {missing[0]} is missing", where=f"{SETTING}, {path.name}", cure=CURE
        )
    if "confidence" in rows.column_names:
        rows = rows.filter(pc.fill_null(pc.not_equal(rows["confidence"], UNSURE), True))
    ends = [
        normal(system, rows[column].combine_chunks())
        for column, system in zip(layout.columns, layout.systems, strict=True)
    ]
    both = pa.table(ends, names=["code", "meaning"]).drop_null()
    return zip(both["code"].to_pylist(), both["meaning"].to_pylist(), strict=True)


def _text(path: Path) -> pa.Table:
    """A CSV file with every column as text, gzipped or not."""
    try:
        with csv.open_csv(path) as file:
            names = file.schema.names
        as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        return csv.read_csv(path, convert_options=as_text)
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as broken:
        raise InputError(
            "not readable as CSV in UTF-8", where=f"{SETTING}, {path.name}", cure=CURE
        ) from broken
