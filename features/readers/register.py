"""The readers there are. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from features.errors import InputError
from features.readers import meds, mimic, native, omop, synpuf, synthea, table
from features.readers.fhir import bulk as fhir
from features.readers.reader import Reader

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        reader.name: reader
        for reader in (
            native.READER,
            omop.READER,
            fhir.READER,
            synpuf.READER,
            synthea.READER,
            mimic.READER,
            meds.READER,
            table.READER,
        )
    }
)


def reader_of(name: str) -> Reader:
    """The reader of that name. Raises InputError where there is none, with what each reads."""
    if name not in READERS:
        known = "".join(f"\n    {one.name:<9}{one.meaning}" for one in READERS.values())
        raise InputError(f"there is no reader {name}", where="--from", cure=f"use one of{known}")
    return READERS[name]
