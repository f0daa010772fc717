"""One FHIR bundle in memory to canonical tables, by the parser and the join of bulk."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from features.errors import InputError
from features.readers.fhir.join import join, who
from features.readers.fhir.parse import parse_bundle
from features.tables.contract import Tables
from features.tables.memory import tables_of


def tables_of_bundle(bundle: Mapping[str, object] | bytes) -> Tables:
    """All ten canonical tables of the people of a Bundle, as bulk reads the same resources.

    bundle  the Bundle as JSON text, or as read from it; any type of Bundle, or one resource

    Raises InputError where it is no JSON, a resource has not the shape of FHIR, or a row is bad;
    the message holds no patient value.
    """
    found = parse_bundle(_read(bundle))
    if found.rejects:
        first = found.rejects[0]
        raise InputError(
            f"{len(found.rejects)} entries cannot be read as FHIR R4",
            where=f"{first.key}, {first.column}",
            cure="send a Bundle whose entries hold resources of FHIR R4",
        )
    made = join(found.tables, who(found.tables))
    return tables_of({name: rows for name, rows in made.tables.items() if len(rows)})


def _read(bundle: Mapping[str, object] | bytes) -> Mapping[str, object]:
    if not isinstance(bundle, bytes):
        return bundle
    try:
        read = orjson.loads(bundle)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise InputError("the bundle is no JSON object", where="bundle", cure="send a FHIR Bundle")
    return read
