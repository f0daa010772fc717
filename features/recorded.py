"""What a History records at all, asked once of the whole of it.

That nothing is recorded as done in a stay says something only where procedures are recorded. A
History in which no stay has an ICD procedure takes the rule that leans on such silence
(`no_procedure`, features/spells/urgency.py) out of a question, so that urgency stays undecided.
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import Catalogue
from features.codes.ccs import PROCEDURES
from features.definition import Definition
from features.tables.history import History

SILENT = "no_procedure"


def procedures_recorded(history: History) -> bool:
    """Whether any stay has a procedure in a code system that the planned-readmission rule reads."""
    return any(_some_procedure(history, bucket) for bucket in range(history.buckets))


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
    if SILENT not in catalogue.urgency or procedures_recorded(history):
        return asked, catalogue
    return asked, catalogue.joined_by(catalogue.spells, _without(catalogue.urgency))


def _without(urgency: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in urgency if name != SILENT)


def _some_procedure(history: History, bucket: int) -> bool:
    rows = history.bucket(bucket, ["procedure"])["procedure"]
    systems = pa.array(list(PROCEDURES))
    read = pc.and_(pc.is_in(rows["code_system"], systems), pc.is_valid(rows["stay_id"]))
    return bool(pc.any(read).as_py())
