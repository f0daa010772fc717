"""What a History records at all, asked once of the whole of it.

That nothing is recorded as done in a stay says something only where procedures are recorded. A
History in which no stay has an ICD procedure takes the rule that leans on such silence
(`no_procedure`, features/spells/urgency.py) out of a question, so that urgency stays undecided; and
with no procedure of OPCS-4 either, no feature of procedures reads "none" there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.codes.ccs import PROCEDURES
from features.definition import Definition
from features.tables.history import History

SILENT = "no_procedure"
OF_STAYS = (*PROCEDURES, "OPCS-4")
"""Code systems that hospitals code the procedures of a stay in."""


def procedures_recorded(history: History, systems: Iterable[str] = PROCEDURES) -> bool:
    """Whether any stay has a procedure in one of the code systems.

    systems  those that the planned-readmission rule reads, if no others are named
    """
    wanted = pa.array(list(systems))
    return any(_some_procedure(history, bucket, wanted) for bucket in range(history.buckets))


def asked_of(history: History, definition: Definition) -> Definition:
    """The definition of a History that may record no procedures."""
    if SILENT not in definition.urgency or procedures_recorded(history):
        return definition
    return replace(definition, urgency=_without(definition.urgency))


def as_recorded(
    history: History, definition: Definition, catalogue: Catalogue
) -> tuple[Definition, Catalogue]:
    """The same question and features of a History that may record no procedures."""
    asked = asked_of(history, definition)
    if procedures_recorded(history):
        return asked, catalogue
    said = catalogue.joined_by(catalogue.spells, _without(catalogue.urgency))
    if procedures_recorded(history, OF_STAYS):
        return asked, said
    return asked, replace(said, observed={**said.observed, "procedure": ()})


def _without(urgency: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in urgency if name != SILENT)


def _some_procedure(history: History, bucket: int, systems: pa.Array) -> bool:
    rows = history.bucket(bucket, ["procedure"])["procedure"]
    read = pc.and_(pc.is_in(rows["code_system"], systems), pc.is_valid(rows["stay_id"]))
    return bool(pc.any(read).as_py())
