"""What a model answers: a definition over Histories, or the description of a flat table.

Both have a name, a label, a horizon and a text that reads back; what else they need of the data
differs, and whoever needs it asks which of the two it is.
"""

from __future__ import annotations

import tomllib

from features.definition import Definition, definition_of
from features.errors import InputError
from features.flat.table import FlatTable, flat_table_of

Posed = Definition | FlatTable


def posed_of(text: str, where: str) -> Posed:
    """The definition or flat table in a TOML text. Raises InputError for a text that is neither."""
    try:
        of_a_table = "table" in tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("the text is no TOML", where=where, cure=f"mend it: {error}") from None
    return flat_table_of(text, where) if of_a_table else definition_of(text, where)
