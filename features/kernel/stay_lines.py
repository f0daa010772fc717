"""Stays as the kernel reads them: one line per stay, and what linking reads of it.

Codes of a stay are never known before its discharge is (`windows.MODES`): as of a moment, an open
stay has no codes, and what it was for is not known.
"""

from __future__ import annotations

import numpy as np

from features.kernel.columns import Words, codes, times, words
from features.kernel.layout import DESTINATIONS, DISCHARGED_KNOWN, SETTINGS
from features.kernel.people import Rows
from features.spells import Linkable, Urgency, discharges_known, linkable
from features.windows import MODES, Int32, Int64, days


def stay_lines(stay: Rows, urgency: Urgency, spell_class: Int32, stay_class: Int32) -> Int64:
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
            urgency.coded,
            codes(words(table, "setting"), SETTINGS),
            urgency.before,
            urgency.after,
            codes(words(table, "discharged_to"), DESTINATIONS),
            spell_class,
            stay_class,
        ]
    ).astype(np.int64, copy=False)


def links(stay: Rows, diagnosis: Rows, principal: Int64, mode: str) -> Linkable:
    """What linking reads of stays, under a mode; principal: `spells.principals`."""
    rows = linkable(stay.table, diagnosis.table, principal=principal)
    known = np.where(
        rows.condition >= 0,
        MODES[mode](rows.condition_known, rows.discharged_known),
        rows.condition_known,
    )
    return rows._replace(condition_known=known)


def tied(own: Rows, stay: Rows, stay_ids: Words, lines: Int64, mode: str) -> tuple[Int64, Int64]:
    """Row of the stay each fact belongs to (-1: none), and when the fact counts as known."""
    known = times(own.table, "known_at")
    if "stay_id" not in own.table.column_names:
        return np.full(len(known), -1, np.int64), known
    stays = stay.find(stay_ids, words(own.table, "stay_id"), own.person)
    discharged = lines[np.maximum(stays, 0), DISCHARGED_KNOWN] if len(lines) else known
    return stays, np.where(stays >= 0, MODES[mode](known, discharged), known)
