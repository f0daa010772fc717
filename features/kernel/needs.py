"""Which columns of each table a program reads, so that no others need be read from the disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from features.catalogue.rules import POINTS
from features.kernel.bind import SPECIAL
from features.kernel.classes import classes_of
from features.kernel.facets import PAIR
from features.kernel.program import TABLE_OF, Program, Source
from features.tables.schema import TABLES

TIED = ("diagnosis", "procedure")
"""Tables of facts that say what stays were for, whatever the program asks of them."""
WHOLE = ("person", "registration", "coverage", "stay")
"""Small tables, of which the cohort and the outcome read more than the features do."""
NEVER = ("visit_id", "ethnicity", "language", "text")
"""Columns that nothing reads of a whole bucket: whom a row names, and what is for audit alone."""


@lru_cache(maxsize=16)
def needs(program: Program) -> Mapping[str, tuple[str, ...]]:
    """Table -> the columns read of it, in their order; a table that is not read is left out."""
    asked = {name: {column.name for column in TABLES[name].columns} for name in WHOLE}
    asked |= {name: {"position", "stay_id", "code", "code_system"} for name in TIED}
    for source in Source:
        if ops := program.of(source):
            own = asked.setdefault(TABLE_OF[source], set())
            facets = classes_of(program).facets(source)
            own |= {*facets, *({"code_system"} if PAIR in facets else ())}
            own |= {name for op in ops for name in (op.value, op.key) if name not in SPECIAL}
            own |= {"code_system"} if "code" in own else set()
    for name in asked:
        if name in POINTS:
            asked[name] |= {"person_id", "at", "known_at"}
    return {name: _in_order(name, own) for name, own in asked.items()}


def _in_order(table: str, wanted: set[str]) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in TABLES[table].columns
        if column.name in wanted and column.name not in NEVER
    )
