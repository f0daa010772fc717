"""Stays as the kernel reads them: one line per stay, and what linking reads of it.

Codes of a stay are never known before its discharge is (`windows.MODES`): as of a moment, an open
stay has no codes, and what it was for is not known.
"""

from __future__ import annotations

import numpy as np

from features.kernel.columns import codes, times, whole, words
from features.kernel.layout import DESTINATIONS, DISCHARGED_KNOWN, SETTINGS
from features.kernel.people import Rows
from features.spells import URGENCIES, URGENCY, Linkable, discharges_known, linkable
from features.tables.schema import TABLES
from features.windows import MODES, Int64, days

METHODS = TABLES["stay"].column("admission_method").allowed
URGENCY_OF_METHOD = np.array(
    [URGENCIES.index(URGENCY.get(method, "undecided")) for method in METHODS], np.int64
)


def stay_lines(stay: Rows, mode: str) -> Int64:
    """One line per stay (columns in `layout.py`)."""
    table = stay.table
    admitted, discharged = times(table, "admitted_at"), times(table, "discharged_at")
    known = discharges_known(table)
    return np.column_stack(
        [
            admitted,
            days(admitted),
            times(table, "admitted_known"),
            days(discharged),
            known,
            MODES[mode](times(table, "coded_known"), known),
            codes(words(table, "setting"), SETTINGS),
            URGENCY_OF_METHOD[codes(words(table, "admission_method"), METHODS)],
            codes(words(table, "discharged_to"), DESTINATIONS),
        ]
    ).astype(np.int64, copy=False)


def links(stay: Rows, diagnosis: Rows, mode: str) -> Linkable:
    """What linking reads of stays, under a mode."""
    rows = linkable(stay.table, diagnosis.table)
    known = np.where(
        rows.condition >= 0,
        MODES[mode](rows.condition_known, rows.discharged_known),
        rows.condition_known,
    )
    return rows._replace(condition_known=known)


def tied(own: Rows, stay: Rows, lines: Int64, mode: str) -> tuple[Int64, Int64]:
    """Row of the stay each fact belongs to (-1: none), and when the fact counts as known."""
    known = times(own.table, "known_at")
    if "stay_id" not in own.table.column_names:
        return np.full(len(known), -1, np.int64), known
    stays = stay.find("stay_id", whole(own.table, "stay_id"), own.person)
    discharged = lines[np.maximum(stays, 0), DISCHARGED_KNOWN] if len(lines) else known
    return stays, np.where(stays >= 0, MODES[mode](known, discharged), known)
