"""Where a person went at discharge: the lists of others in the words of the History.

It refuses to guess: a code that a list does not have is handed on as it came, so that the contract
of `stay.discharged_to` rejects its row by name. A code that says "not gone yet" or "not known" is
null. Lists and their sources: data/dispositions.csv, data/SOURCES.md.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError

FILE = Path(__file__).parent / "data" / "dispositions.csv"

SYSTEMS = ("UB-04", "HL7", "DISDEST", "DISMETH")
"""UB-04 patient discharge status (NUBC); HL7 discharge-disposition of FHIR; destination and method
of discharge of the NHS Data Dictionary, as HES and SUS carry them."""

GONE = ("died", "against_advice")
"""What a method of discharge says that a destination does not."""


@cache
def destinations(system: str) -> Mapping[str, str | None]:
    """Code in capitals -> word of `stay.discharged_to`, or None where the code says no place.

    A code of two digits is also listed without its leading zero, as spreadsheets leave it. For a
    relational mapping: `text.upper().cases(*destinations(system).items(), else_=text)`. Raises
    InputError for another system.
    """
    if system not in SYSTEMS:
        raise InputError(
            f"there is no list of discharge dispositions {system}",
            where="discharge disposition",
            cure=f"use one of {', '.join(SYSTEMS)}",
        )
    with FILE.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["system"] == system]
    listed = {row["code"]: row["discharged_to"] or None for row in rows}
    return MappingProxyType(listed | {code.lstrip("0"): to for code, to in listed.items()})


def disposition(system: str, codes: pa.Array) -> pa.Array:
    """The word of `stay.discharged_to` for each code, text of the same length.

    Null for null, blank, "still a patient" and "not known"; a code that the list does not have
    comes back trimmed, not translated. Raises InputError for a system of no list.
    """
    given = pc.utf8_trim_whitespace(codes.cast(pa.string()))
    given = pc.if_else(pc.equal(given, ""), None, given)
    listed = destinations(system)
    place = pc.index_in(pc.utf8_upper(given), value_set=pa.array(list(listed), pa.string()))
    words = pa.array(list(listed.values()), pa.string()).take(place)
    return pc.if_else(pc.is_valid(place), words, given)


def nhs_disposition(destination: pa.Array, method: pa.Array) -> pa.Array:
    """DISDEST and DISMETH of one spell as one word of `stay.discharged_to`.

    A death or a self-discharge is told by the method, everything else by the destination.
    """
    ended = disposition("DISMETH", method)
    told = pc.fill_null(pc.is_in(ended, value_set=pa.array(GONE)), False)
    return pc.if_else(told, ended, disposition("DISDEST", destination))
