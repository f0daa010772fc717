"""Stays as the kernel reads them: one line per stay, and what linking reads of it.

Codes of a stay are never known before its discharge is (`windows.MODES`): as of a moment, an open
stay has no codes, and what it was for is not known. Urgency by codes is by what was coded when the
stay counted as coded (`spells/urgency.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.codes.planned import settle
from features.kernel.code_facts import condition_of, diagnosis_says, procedure_says
from features.kernel.columns import Frame
from features.kernel.facets import Facet, fixed
from features.kernel.layout import (
    ADMITTED,
    ADMITTED_DAY,
    ADMITTED_KNOWN,
    CODED_KNOWN,
    DISCHARGED_DAY,
    DISCHARGED_KNOWN,
    DISCHARGED_TO,
    SETTING,
    SPELL_CLASS,
    STAY_CLASS,
    URGENCY,
    URGENCY_CODED,
)
from features.kernel.memory import PARTS, Memory, column, number_at, time_at
from features.kernel.people import Rows
from features.kernel.texts import numbered
from features.spells import CAME, METHODS, WAYS, WENT, Linkable, first_known, verdicts
from features.windows import HERE, MODES, NEVER, Int32, Int64, day_of, kept_with

ASKED = ("setting", "admission_method", "admitted_from", "discharged_to")
TIMES = (
    "admitted_at", "admitted_known", "discharged_at", "discharged_known", "coded_known",
)  # fmt: skip
SAID = np.array([*(METHODS[way] for way in WAYS), METHODS["unknown"]], np.int64)
"""What each way of admission says of urgency; the last where there is none."""
KEEPS = {mode: bool(rule(np.ones(1, int), np.zeros(1, int))[0]) for mode, rule in MODES.items()}
"""Mode -> whether what becomes known after the discharge is known no sooner."""
kept = kept_with(
    *PARTS,
    *(HERE / "kernel" / f"{name}.py" for name in ("columns", "layout")),
    *(HERE / "codes" / "planned.py", HERE / "spells" / "columns.py"),
)
Int8 = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Facts:
    """Rows of a coded table beside the stays.

    day, known  of each row: when it was, and when it counts as known, under the mode
    stay        row of the stay each row belongs to (-1: none)
    early       days by which a row comes before the admission of its stay, at most
    codes       number of each row's code (`code_facts.CODES`)
    """

    rows: Rows
    day: Int32
    known: Int64
    stay: Int32
    early: int
    codes: Facet

    @property
    def frame(self) -> Frame:
        return self.rows.frame


@dataclass(frozen=True)
class Stays:
    """What is told of every stay: a line of it (columns in `layout.py`; urgency and classes are
    filled in later), and columns that linking reads."""

    rows: Rows
    mode: str
    lines: Int64
    admitted: Int64
    discharged: Int64
    discharged_known: Int64

    @classmethod
    def of(cls, rows: Rows, mode: str) -> Stays:
        frame = rows.frame
        places = np.array([frame.places[name] for name in TIMES], np.int64)
        setting, _, _, to = (frame.ids(name, fixed("stay", name)) for name in ASKED)
        return cls(rows, mode, *_lines(frame.memory, places, setting, to, KEEPS[mode]))

    @property
    def ways(self) -> tuple[Int32, Int32]:
        """Way of admission and origin."""
        _, way, origin, _ = (self.rows.frame.ids(name, fixed("stay", name)) for name in ASKED)
        return way, origin

    def tied(self, own: Rows, codes: Facet, room: tuple[Int32, Int64, Int32]) -> Facts:
        """The rows of a coded table; room: for their days, known times and stays."""
        frame, (day, known, stay) = own.frame, room
        if "stay_id" in frame:
            self.rows.find("stay_id", frame.held("stay_id"), own.ranges, stay)
        else:
            stay[:] = -1
        at, told = frame.places["at"], frame.places["known_at"]
        early = _tie(frame.memory, at, told, self.lines, KEEPS[self.mode], day, known, stay)
        return Facts(own, day, known, stay, early, codes)

    def decide(
        self, deciders: tuple[str, ...], principal: Int64, diagnosis: Facts, procedure: Facts
    ) -> None:
        """Fills in the urgency of each stay before it is coded and from then on."""
        way, _ = self.ways
        _decide(
            principal, diagnosis.codes.codes, diagnosis_says(diagnosis.codes.numbers),
            diagnosis.known, procedure.stay, procedure.codes.codes,
            procedure_says(procedure.codes.numbers), procedure.known, verdicts(deciders)[0], SAID,
            way, self.lines,
        )  # fmt: skip

    def links(self, principal: Int64, diagnosis: Facts) -> Linkable:
        """What linking reads of stays."""
        frame, (way, origin) = self.rows.frame, self.ways
        codes = diagnosis.codes
        named, since = _principal(
            principal, condition_of(codes.numbers), codes.codes, diagnosis.known
        )
        facility = np.empty(frame.rows, np.int32)
        numbered(frame.memory, frame.places["facility_id"], facility)
        return Linkable(
            admitted=self.admitted,
            discharged=self.discharged,
            discharged_known=self.discharged_known,
            facility=facility,
            condition=named,
            condition_known=since,
            came=CAME[way, origin],
            went=WENT[frame.ids("discharged_to", fixed("stay", "discharged_to"))],
        )


def principals(stays: int, diagnosis: Facts) -> Int64:
    """Row of each stay's principal diagnosis, as `spells.principals` finds it; -1 for none."""
    frame = diagnosis.frame
    position, known = frame.places["position"], frame.places["known_at"]
    return _principals(frame.memory, position, known, diagnosis.stay, stays)


@kept
def _lines(
    memory: Memory, places: Int64, setting: Int32, to: Int32, keeps: bool
) -> tuple[Int64, Int64, Int64, Int64]:
    """The lines of stays, when they began and ended, and when their ends count as known.

    places  of the columns TIMES
    """
    at, known = column(memory, places[0]), column(memory, places[1])
    end, end_known = column(memory, places[2]), column(memory, places[3])
    coded = column(memory, places[4])
    rows = len(setting)
    lines = np.empty((rows, STAY_CLASS + 1), np.int64)
    admitted, discharged, told = (
        np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.int64),
    )  # fmt: skip
    for i in range(rows):
        admitted[i], discharged[i] = time_at(at, i), time_at(end, i)
        told[i] = max(time_at(end_known, i), time_at(known, i))
        own = lines[i]
        own[ADMITTED], own[ADMITTED_DAY] = admitted[i], day_of(admitted[i])
        own[ADMITTED_KNOWN], own[DISCHARGED_DAY] = time_at(known, i), day_of(discharged[i])
        own[DISCHARGED_KNOWN] = told[i]
        own[CODED_KNOWN] = max(time_at(coded, i), told[i]) if keeps else told[i]
        own[SETTING], own[DISCHARGED_TO] = setting[i], to[i]
        own[URGENCY], own[URGENCY_CODED], own[SPELL_CLASS], own[STAY_CLASS] = 0, 0, 0, 0
    return lines, admitted, discharged, told


@kept
def _tie(
    memory: Memory, when: int, known_at: int, lines: Int64, keeps: bool, day: Int32, known: Int64,
    stay: Int32,
) -> int:  # fmt: skip
    """Fills in when facts were and when they count as known; returns `Facts.early`."""
    on, told = column(memory, when), column(memory, known_at)
    most = 0
    for row in range(len(day)):
        day[row], known[row] = day_of(time_at(on, row)), time_at(told, row)
        if stay[row] >= 0:
            ended = lines[stay[row], DISCHARGED_KNOWN]
            known[row] = max(known[row], ended) if keeps else ended
            most = max(most, lines[stay[row], ADMITTED_DAY] - day[row])
    return most


@kept
def _principals(memory: Memory, position: int, known_at: int, stay: Int32, stays: int) -> Int64:
    place, known = column(memory, position), column(memory, known_at)
    rows, count = np.empty(len(stay), np.int32), 0
    for row in range(len(stay)):  # written over where it is none: branches cost more
        rows[count] = row
        count += int(stay[row] >= 0) & int(number_at(place, row) == 1)
    own, told = np.empty(count, np.int64), np.empty(count, np.int64)
    for i in range(count):
        own[i], told[i] = stay[rows[i]], time_at(known, rows[i])
    found = first_known(stays, own, np.ones(count), told)
    for i in range(stays):
        if found[i] >= 0:
            found[i] = rows[found[i]]
    return found


@kept
def _decide(
    principal: Int64, codes: Int32, says: Int64, known: Int64, stay: Int32, done_codes: Int32,
    done_says: Int64, done_known: Int64, said: Int8, methods: Int64, way: Int32, lines: Int64,
) -> None:  # fmt: skip
    """Urgency by what was there when the stay was coded, and by the way of admission alone."""
    about = np.zeros(len(principal), np.int64)
    for i in range(len(principal)):
        row = principal[i]
        if row >= 0 and known[row] <= lines[i, CODED_KNOWN]:
            about[i] = says[codes[row]]
    own, done = np.full(len(stay), -1, np.int64), np.zeros(len(stay), np.int64)
    for row in range(len(stay)):
        if stay[row] >= 0 and done_known[row] <= lines[stay[row], CODED_KNOWN]:
            own[row], done[row] = stay[row], done_says[done_codes[row]]
    reasons = settle(about, own, done)
    for i in range(len(principal)):
        lines[i, URGENCY] = said[0, methods[way[i]]]
        lines[i, URGENCY_CODED] = said[reasons[i], methods[way[i]]]


@kept
def _principal(
    principal: Int64, condition: Int64, codes: Int32, known: Int64
) -> tuple[Int32, Int64]:
    """Condition of each stay's principal diagnosis, and when it is known; -1 and NEVER for none."""
    named = np.full(len(principal), -1, np.int32)
    since = np.full(len(principal), NEVER, np.int64)
    for i in range(len(principal)):
        row = principal[i]
        if row >= 0:
            named[i], since[i] = condition[codes[row]], known[row]
    return named, since
