"""Planned or unplanned by what was done and what for: the CMS planned-readmission algorithm 4.0.

Told in CCS categories (`ccs.py`), in this order:

    always_planned_procedure       a transplant: planned, whatever it was for
    always_planned_diagnosis       maintenance chemotherapy or rehabilitation: planned
    acute_diagnosis                the principal diagnosis is acute: unplanned
    potentially_planned_procedure  an operation that is usually planned, not for an acute condition
    no_planned_procedure           what was done is known, and nothing of it is usually planned
    no_procedure                   nothing is recorded as done: unplanned, if the source says such

A stay is left undecided where its principal diagnosis has no category and no procedure is always
planned, and where an ICD procedure without a category might be a planned one. Procedures in other
systems (CPT, SNOMED, ...) cannot be read: beside ICD procedures they tell the same acts another
way and are passed over; alone they leave the stay undecided, unless its diagnosis decides.

The measure also has lists of single ICD-10 codes beside its categories, which are not here. Its
categories for all payers (deliveries) are taken in: among the measure's own people, 65 and over,
they occur to nobody. Held against charts the algorithm found 45 % of planned readmissions, and 52 %
of those it called planned were (Horwitz 2015, J Hosp Med 10:670-677; version 2.1).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.ccs import DATA, PROCEDURES, categories
from features.windows import kept

Bools = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

ALWAYS = ("always", "always_all_payer")
TREATMENTS = ("psychiatric", "cancer", "rehabilitation")
"""Lists of principal diagnoses whose stays the measure does not ask about ..."""
MEDICAL = "cancer"
"""... this one only where the stay was not surgical."""


class Reason(IntEnum):
    """What decided a stay; the names are those of the rules above."""

    UNDECIDED = 0
    ALWAYS_PLANNED_PROCEDURE = 1
    ALWAYS_PLANNED_DIAGNOSIS = 2
    ACUTE_DIAGNOSIS = 3
    POTENTIALLY_PLANNED_PROCEDURE = 4
    NO_PLANNED_PROCEDURE = 5
    NO_PROCEDURE = 6


IS_PLANNED: Mapping[Reason, bool] = MappingProxyType(
    {
        Reason.ALWAYS_PLANNED_PROCEDURE: True,
        Reason.ALWAYS_PLANNED_DIAGNOSIS: True,
        Reason.ACUTE_DIAGNOSIS: False,
        Reason.POTENTIALLY_PLANNED_PROCEDURE: True,
        Reason.NO_PLANNED_PROCEDURE: False,
        Reason.NO_PROCEDURE: False,
    }
)


@cache
def listed(kind: str, *names: str) -> frozenset[int]:
    """Categories on the lists of these names; kind: "diagnosis" or "procedure"."""
    with (DATA / "planned.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    return frozenset(int(row["category"]) for row in rows if row["list"] in names)


def treated_for(name: str, diagnosis: pa.Array, operated: Bools) -> Bools:
    """Whether each stay was for one of TREATMENTS; unread diagnoses are for none.

    diagnosis  CCS category of the principal diagnosis
    operated   `operated_on`: of cancer the measure leaves out medical treatment alone, and asks
               about people who had surgery for it
    """
    found = _among(diagnosis, listed("diagnosis", name))
    return found & ~operated if name == MEDICAL else found


def operated_on(size: int, stay: Int64, systems: pa.Array, codes: pa.Array) -> Bools:
    """Stays with a procedure of the measure's surgical cohort; what cannot be read is none.

    size  number of stays;  stay, systems, codes  per procedure, as in `decide`
    """
    surgery = _among(categories(systems, codes, PROCEDURES), listed("procedure", "surgery"))
    return np.bincount(stay[(stay >= 0) & surgery], minlength=size) > 0


def decide(diagnosis: pa.Array, stay: Int64, systems: pa.Array, codes: pa.Array) -> Int8:
    """The `Reason` of each stay.

    diagnosis       per stay: CCS category of the principal diagnosis; null: not known
    stay            per procedure: place of its stay; a negative place is none of ours
    systems, codes  per procedure
    """
    reasons: Int8 = settle(diagnosis_flags(diagnosis), stay, procedure_flags(systems, codes))
    return reasons


KNOWN, PLANNED, ACUTE = 1, 2, 4
"""What a principal diagnosis says: it has a category; always planned; acute."""
DONE, IN_ICD, UNREAD, ALWAYS_DONE, USUAL = 1, 2, 4, 8, 16
"""What a procedure says: something was done; in an ICD system, one without a category; always
planned; usually planned."""


def diagnosis_flags(category: pa.Array) -> Int64:
    """What each principal diagnosis says, from its category (null: 0)."""
    known = np.asarray(pc.is_valid(category).to_numpy(zero_copy_only=False), dtype=np.bool_)
    flags: Int64 = (
        known * KNOWN
        + _among(category, listed("diagnosis", *ALWAYS)) * PLANNED
        + _among(category, listed("diagnosis", "acute")) * ACUTE
    ).astype(np.int64)
    return flags


def procedure_flags(systems: pa.Array, codes: pa.Array) -> Int64:
    """What each procedure says, whatever it was done for."""
    found = categories(systems, codes, PROCEDURES)
    icd = pc.is_in(systems, pa.array(list(PROCEDURES))).to_numpy(zero_copy_only=False)
    read = pc.is_valid(found).to_numpy(zero_copy_only=False)
    flags: Int64 = (
        DONE
        + icd * IN_ICD
        + (icd & ~read) * UNREAD
        + _among(found, listed("procedure", *ALWAYS)) * ALWAYS_DONE
        + _among(found, listed("procedure", "potentially")) * USUAL
    ).astype(np.int64)
    return flags


@kept
def settle(principal: Int64, stay: Int64, done: Int64) -> Int8:
    """The `Reason` of each stay, from the flags of its principal diagnosis and its procedures.

    stay  per procedure: place of its stay; a negative place is none of ours
    """
    told = np.zeros(len(principal), np.int64)
    for row in range(len(stay)):
        if stay[row] >= 0:
            told[stay[row]] |= done[row]
    reasons = np.empty(len(principal), np.int8)
    for i in range(len(principal)):
        about, was = principal[i], told[i]
        if was & ALWAYS_DONE:
            reasons[i] = ALWAYS_PLANNED_PROCEDURE
        elif about & PLANNED:
            reasons[i] = ALWAYS_PLANNED_DIAGNOSIS
        elif about & ACUTE:
            reasons[i] = ACUTE_DIAGNOSIS
        elif about & KNOWN and was & USUAL:
            reasons[i] = POTENTIALLY_PLANNED_PROCEDURE
        elif about & KNOWN and was & IN_ICD and not was & UNREAD:
            reasons[i] = NO_PLANNED_PROCEDURE
        elif about & KNOWN and not was:
            reasons[i] = NO_PROCEDURE
        else:
            reasons[i] = UNDECIDED
    return reasons


(
    UNDECIDED, ALWAYS_PLANNED_PROCEDURE, ALWAYS_PLANNED_DIAGNOSIS, ACUTE_DIAGNOSIS,
    POTENTIALLY_PLANNED_PROCEDURE, NO_PLANNED_PROCEDURE, NO_PROCEDURE,
) = (int(reason) for reason in Reason)  # fmt: skip


def _among(found: pa.Array, wanted: frozenset[int]) -> Bools:
    inside = pc.is_in(found, value_set=pa.array(sorted(wanted), pa.int16()))
    return np.asarray(inside.to_numpy(zero_copy_only=False), dtype=np.bool_)
