"""Which stays were for an ambulatory-care-sensitive condition: no, yes, or not to be told.

Told twice: with what was coded of a stay when it counted as coded, and before that with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.sensitive import NO_CONDITION, Codes, Stays, sensitive
from features.kernel.columns import ages, dates, numbers, whole
from features.kernel.layout import ACUTE, ADMITTED_DAY, CODED_KNOWN, SETTING
from features.kernel.people import Rows
from features.tables.buffers import whole as decoded
from features.windows import NO_DAY, Int32, Int64

NO, YES, MAYBE = 0, 1, 2


class Facts(NamedTuple):
    """Coded rows of stays: the table, the stay each row belongs to (-1: none), when it is known."""

    rows: Rows
    stay: Int64
    known: Int64


def sensitive_stays(
    asked: Sequence[str], person: Rows, stay: Rows, lines: Int64, diagnosis: Facts, procedure: Facts
) -> tuple[Int32, Int32]:
    """Whether each stay was for one of the conditions asked for, before it is coded and after.

    asked  words of `rules.SENSITIVE_STAYS`; stays that are not acute are for none
    """
    acute = np.flatnonzero(lines[:, SETTING] == ACUTE)
    number = np.full(len(lines) + 1, -1, np.int64)  # row -1: of no stay
    number[acute] = np.arange(len(acute))
    about = _stays(person, stay, lines, acute)
    then = _codes(diagnosis, lines, number), _codes(procedure, lines, number)
    nothing = _no_codes(), _no_codes()
    before, after = (_answer(asked, about, *codes) for codes in (nothing, then))
    told = np.full((2, len(lines)), NO, np.int32)
    told[:, acute] = before, after
    return told[0], told[1]


def _stays(person: Rows, stay: Rows, lines: Int64, acute: Int64) -> Stays:
    whose = stay.person[acute]
    start, end = person.ranges[np.maximum(whose, 0)].T
    known = (whose >= 0) & (end > start)
    births = np.full(len(acute), NO_DAY, np.int32)
    births[known] = dates(person.table, "birth_date")[start[known]]
    rows = pa.array(acute)
    return Stays(
        ages(births, lines[acute, ADMITTED_DAY].astype(np.int32)),
        decoded(whole(stay.table, "admission_method")).take(rows),
        decoded(whole(stay.table, "admitted_from")).take(rows),
    )


def _codes(facts: Facts, lines: Int64, number: Int64) -> Codes:
    """Rows of acute stays that were there when the stay counted as coded."""
    coded = np.append(lines[:, CODED_KNOWN], 0)[facts.stay]
    kept = np.flatnonzero((number[facts.stay] >= 0) & (facts.known <= coded))
    rows, table = pa.array(kept), facts.rows.table
    position = np.nan_to_num(numbers(table, "position")[kept]).astype(np.int64)
    systems, codes = (decoded(whole(table, name).take(rows)) for name in ("code_system", "code"))
    return Codes(number[facts.stay][kept], systems, codes, position)


def _no_codes() -> Codes:
    none = np.zeros(0, np.int64)
    return Codes(none, pa.array([], pa.string()), pa.array([], pa.string()), none)


def _answer(asked: Sequence[str], stays: Stays, diagnoses: Codes, procedures: Codes) -> Int32:
    answer: Int32 = np.full(len(stays.age), NO, np.int32)
    for name in dict.fromkeys(word.partition(":")[0] for word in asked):
        found = sensitive(name, stays, diagnoses, procedures).condition
        wanted = [word.partition(":")[2] for word in asked if word.partition(":")[0] == name]
        yes = _holds(pc.not_equal(found, NO_CONDITION))
        if "" not in wanted:
            yes = _holds(pc.is_in(found, value_set=pa.array(wanted)))
        maybe = _holds(pc.is_null(found))
        answer = np.where(yes, YES, np.where(maybe & (answer != YES), MAYBE, answer))
    return answer.astype(np.int32)


def _holds(which: pa.Array) -> npt.NDArray[np.bool_]:
    filled = pc.fill_null(which, False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)
