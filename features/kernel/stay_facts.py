"""Stays as the kernel reads them: one line per stay, and what linking reads of it.

Codes of a stay are never known before its discharge is (`windows.MODES`): as of a moment, an open
stay has no codes, and what it was for is not known. Urgency by codes is by what was coded when the
stay counted as coded (`spells/urgency.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.codes.planned import settle
from features.kernel.code_facts import condition_of, diagnosis_says, procedure_says
from features.kernel.columns import Frame
from features.kernel.facets import fixed
from features.kernel.people import Rows
from features.spells import CAME, METHODS, WAYS, WENT, Linkable, first_known, verdicts
from features.windows import MODES, NEVER, Int32, Int64, kept

ASKED = ("admission_method", "admitted_from", "discharged_to")
SAID = np.array([*(METHODS[way] for way in WAYS), METHODS["unknown"]], np.int64)
"""What each way of admission says of urgency; the last where there is none."""


@dataclass(frozen=True)
class Facts:
    """Rows of a coded table beside the stays.

    stay   row of the stay each row belongs to (-1: none)
    known  when it counts as known, under the mode
    codes  number of each row's code (`code_facts.CODES`)
    """

    rows: Rows
    stay: Int64
    known: Int64
    codes: Int32

    @property
    def frame(self) -> Frame:
        return self.rows.frame


@dataclass(frozen=True)
class Stays:
    """What is told of every stay: its columns as numbers, its principal diagnosis, its urgency."""

    rows: Rows
    discharge_known: Int64
    coded: Int64
    way: Int32
    origin: Int32
    to: Int32

    @classmethod
    def of(cls, rows: Rows, mode: str) -> Stays:
        frame = rows.frame
        known = np.maximum(frame.times("discharged_known"), frame.times("admitted_known"))
        return cls(
            rows,
            known,
            MODES[mode](frame.times("coded_known"), known),
            *(frame.ids(name, fixed("stay", name)) for name in ASKED),
        )

    def lines(self, urgency: tuple[Int64, Int64], spell_class: Int32, stay_class: Int32) -> Int64:
        """One line per stay (columns in `layout.py`)."""
        frame = self.rows.frame
        columns: tuple[Int64 | Int32, ...] = (
            frame.times("admitted_at"), frame.days("admitted_at"), frame.times("admitted_known"),
            frame.days("discharged_at"), self.discharge_known, self.coded,
            frame.ids("setting", fixed("stay", "setting")), *urgency, self.to, spell_class,
            stay_class,
        )  # fmt: skip
        lines = np.empty((frame.rows, len(columns)), np.int64)
        for place, column in enumerate(columns):
            lines[:, place] = column
        return lines

    def tied(self, own: Rows, mode: str) -> tuple[Int64, Int64]:
        """Row of the stay each fact belongs to (-1: none), and when the fact counts as known."""
        known = own.frame.times("known_at")
        if "stay_id" not in own.frame:
            return np.full(len(known), -1, np.int64), known
        stay = self.rows.find("stay_id", own.frame.array("stay_id"), own.person)
        if not len(self.discharge_known):
            return stay, known
        discharged = self.discharge_known[stay]  # of no stay: not read
        return stay, np.where(stay >= 0, MODES[mode](known, discharged), known)

    def urgency(
        self, deciders: tuple[str, ...], principal: Int64, diagnosis: Facts, procedure: Facts
    ) -> tuple[Int64, Int64]:
        """Urgency of each stay before it is coded and from then on (place in URGENCIES)."""
        says, done = diagnosis_says(diagnosis.codes), procedure_says(procedure.codes)
        about = _by_then(principal, says, diagnosis.known, self.coded)
        stay = np.where(procedure.known <= _of(self.coded, procedure.stay), procedure.stay, -1)
        reasons, ways = settle(about, stay, done), SAID[self.way]
        said = verdicts(deciders)[0].astype(np.int64)
        return said[0][ways], said[reasons, ways]

    def links(self, principal: Int64, diagnosis: Facts) -> Linkable:
        """What linking reads of stays."""
        frame = self.rows.frame
        named, since = _principal(principal, condition_of(diagnosis.codes), diagnosis.known)
        return Linkable(
            admitted=frame.times("admitted_at"),
            discharged=frame.times("discharged_at"),
            discharged_known=self.discharge_known,
            facility=frame.numbered("facility_id")[0],
            condition=named,
            condition_known=since,
            came=CAME[self.way, self.origin],
            went=WENT[self.to],
        )


def principals(stays: int, diagnosis: Facts) -> Int64:
    """Row of each stay's principal diagnosis, as `spells.principals` finds it; -1 for none."""
    frame = diagnosis.frame
    return first_known(stays, diagnosis.stay, frame.numbers("position"), frame.times("known_at"))


@kept
def _by_then(principal: Int64, says: Int64, known: Int64, coded: Int64) -> Int64:
    """What the principal diagnosis says of each stay, if it was there when the stay was coded."""
    told = np.zeros(len(principal), np.int64)
    for i in range(len(principal)):
        row = principal[i]
        if row >= 0 and known[row] <= coded[i]:
            told[i] = says[row]
    return told


@kept
def _principal(principal: Int64, condition: Int64, known: Int64) -> tuple[Int32, Int64]:
    """Condition of each stay's principal diagnosis, and when it is known; -1 and NEVER for none."""
    named = np.full(len(principal), -1, np.int32)
    since = np.full(len(principal), NEVER, np.int64)
    for i in range(len(principal)):
        row = principal[i]
        if row >= 0:
            named[i], since[i] = condition[row], known[row]
    return named, since


@kept
def _of(values: Int64, rows: Int64) -> Int64:
    """The value of each row's stay; the least possible where it has none."""
    found = np.full(len(rows), -NEVER, np.int64)
    for i in range(len(rows)):
        if rows[i] >= 0:
            found[i] = values[rows[i]]
    return found
