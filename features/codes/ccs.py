"""Categories of the Clinical Classifications Software: one number for each ICD code, single level.

Diagnoses in ICD-9-CM and ICD-10-CM have one list of categories, procedures in ICD-9-PCS and
ICD-10-PCS another. A code is read whole, as the History holds it. A code that the software never
had (it ended with the codes of 2020) and a system it does not read have no category; nothing is
guessed from a code's first characters. Maps and their source: data/SOURCES.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

DATA = Path(__file__).parent / "data"

DIAGNOSES: Mapping[str, str] = MappingProxyType(
    {"ICD-10-CM": "ccs_icd10cm.csv.gz", "ICD-9-CM": "ccs_icd9cm.csv.gz"}
)
PROCEDURES: Mapping[str, str] = MappingProxyType(
    {"ICD-10-PCS": "ccs_icd10pcs.csv.gz", "ICD-9-PCS": "ccs_icd9pcs.csv.gz"}
)
"""Code system -> the map that reads it."""
_FILES = {**DIAGNOSES, **PROCEDURES}
_NONE = -1


def category(system: str, codes: pa.Array) -> pa.Array:
    """Category of each code as int16; null for a null, and where code or system cannot be read.

    codes  in capitals without dots, of one system of the History's `code_system`
    """
    known = ccs_map(system) if system in _FILES else {}
    if not known:
        return pa.nulls(len(codes), pa.int16())
    coded = pc.dictionary_encode(codes)
    found = np.array([known.get(code, _NONE) for code in coded.dictionary.to_pylist()], np.int16)
    return pa.array(found, mask=found == _NONE).take(coded.indices)


def categories(systems: pa.Array, codes: pa.Array, among: Mapping[str, str]) -> pa.Array:
    """Category of each code of a system of its own; null as in `category`.

    among  DIAGNOSES or PROCEDURES: the systems read
    """
    found = np.full(len(codes), _NONE, np.int16)
    for system in pc.unique(systems).to_pylist():
        if system in among:
            rows = np.flatnonzero(pc.equal(systems, system).to_numpy(zero_copy_only=False))
            own = category(system, codes.take(pa.array(rows)))
            found[rows] = pc.fill_null(own, _NONE).to_numpy(zero_copy_only=False)
    return pa.array(found, mask=found == _NONE)


@cache
def ccs_map(system: str) -> Mapping[str, int]:
    """Every code of a system with its category, read once a process. KeyError: not read."""
    asked = csv.ConvertOptions(column_types={"code": pa.string(), "category": pa.int16()})
    rows = csv.read_csv(DATA / _FILES[system], convert_options=asked)
    codes, found = (rows[name].to_pylist() for name in ("code", "category"))
    return MappingProxyType(dict(zip(codes, found, strict=True)))
