"""Ambulatory-care-sensitive stays: a stay and its codes in, a condition or a reason out."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.codes import code_set
from features.codes.sensitive import (
    DIAGNOSES,
    METHOD,
    NO_CONDITION,
    ORIGIN,
    PRINCIPAL,
    PROCEDURES,
    Codes,
    Stays,
    sensitive,
)  # fmt: skip
from tests.drawn import draw

pytestmark = pytest.mark.spec

NHS = {"diagnosis": "ICD-10", "procedure": "OPCS-4"}
US = {"diagnosis": "ICD-10-CM", "procedure": "ICD-10-PCS"}

UK = """
    | codes            | done  | method    | found                                |
    | J459             |       | emergency | asthma                               |
    | J459             |       | elective  | none                                 |
    | I10 J459         |       | emergency | hypertension                         |
    | S720 J459        |       | emergency | none                                 |
    | S720 E115        |       | emergency | diabetes                             |
    | S720 R02         |       | emergency | gangrene                             |
    | J181             |       | emergency | influenza_pneumonia                  |
    | J181 D570        |       | emergency | none                                 |
    | J182             |       | emergency | none                                 |
    | J209             |       | emergency | none                                 |
    | J209 J449        |       | emergency | copd                                 |
    | J449             |       | emergency | copd                                 |
    | I500             |       | emergency | heart_failure                        |
    | I500             | K401  | emergency | none                                 |
    | I500             | W371  | emergency | heart_failure                        |
    | I200             | W371  | emergency | none                                 |
    | I200             | X998  | emergency | angina                               |
    | L031             | S471  | emergency | cellulitis                           |
    | L031             | S421  | emergency | none                                 |
    | J459             |       | unknown   | how the person was admitted is unknown |
    | S720             |       | unknown   | none                                 |
"""


def told(
    name: str,
    row: dict[str, object],
    systems: dict[str, str],
    *,
    age: float = 70,
    origin: str | None = "home",
    no_procedures: bool = False,
    direct: bool = False,
) -> str | None:
    """The condition of one stay, or the reason why there is none."""
    diagnoses = _codes(str(row["codes"] or ""), systems["diagnosis"])
    done = None if no_procedures else _codes(str(row.get("done") or ""), systems["procedure"])
    method = str(row.get("admission_method") or "emergency")
    stays = Stays(np.array([age]), pa.array([method]), pa.array([origin], pa.string()))
    found = sensitive(name, stays, diagnoses, done, direct=direct)
    condition, reason = found.condition[0].as_py(), found.reason[0].as_py()
    assert (condition is None) != (reason is None)
    return condition or reason


def _codes(text: str, system: str) -> Codes:
    """Codes in order of position; `SYSTEM:CODE` is of another system, `?` has no position."""
    words = [word.removesuffix("?") for word in text.split()]
    systems = [word.split(":")[0] if ":" in word else system for word in words]
    position = [0 if word.endswith("?") else n + 1 for n, word in enumerate(text.split())]
    return Codes(
        np.zeros(len(words), np.int64),
        pa.array(systems, pa.string()),
        pa.array([word.split(":")[-1] for word in words], pa.string()),
        np.array(position, np.int64),
    )


@pytest.mark.parametrize("row", draw(UK), ids=str)
def test_a_stay_under_the_english_list(row: dict[str, object]) -> None:
    assert told("uk19", row, NHS) == row["found"]


AHRQ = """
    | codes                   | done            | years | found |
    | E1100                   |                 | 70    | PQI01 |
    | E1100                   |                 | 17    | none  |
    | E1142                   |                 | 70    | PQI03 |
    | J441                    |                 | 40    | PQI05 |
    | J441                    |                 | 39    | none  |
    | J45901                  |                 | 40    | PQI05 |
    | J45901                  |                 | 39    | PQI15 |
    | J441 E840               |                 | 70    | none  |
    | I10                     |                 | 70    | PQI07 |
    | I10 I129                |                 | 70    | PQI07 |
    | I5022                   |                 | 70    | PQI08 |
    | J13                     |                 | 70    | PQI11 |
    | J13 D571                |                 | 70    | none  |
    | N390                    |                 | 70    | PQI12 |
    | E1165                   |                 | 70    | PQI14 |
    | L97509 E1151            | 0Y6M0Z0         | 70    | PQI16 |
    | L97509 E1151            |                 | 70    | none  |
    | O2411 E1100             | 0Y6M0Z0         | 30    | none  |
    | I5022                   | 02100Z9         | 70    | none  |
    | S72001A                 |                 | 70    | none  |
"""


@pytest.mark.parametrize("row", draw(AHRQ), ids=str)
def test_a_stay_under_the_indicators_of_ahrq(row: dict[str, object]) -> None:
    assert told("pqi", row, US, age=float(str(row["years"]))) == row["found"]


def test_a_transfer_is_not_counted_by_ahrq() -> None:
    row: dict[str, object] = {"codes": "I5022"}
    assert told("pqi", row, US, origin="nursing_facility") == NO_CONDITION
    assert told("pqi", row, US, origin=None) == ORIGIN
    assert told("pqi", row, US, origin=None, direct=True) == "PQI08"
    assert told("pqi", {"codes": "S72001A"}, US, origin=None) == NO_CONDITION
    moved: dict[str, object] = {"codes": "I5022", "admission_method": "transfer"}
    assert told("pqi", moved, US, origin=None) == NO_CONDITION


def test_what_cannot_be_read_is_not_taken_for_no() -> None:
    assert told("uk19", {"codes": "SNOMED:195967001"}, NHS) == DIAGNOSES
    assert told("uk19", {"codes": ""}, NHS) == DIAGNOSES
    assert told("pqi", {"codes": "I5022?"}, US) == PRINCIPAL
    assert told("uk19", {"codes": "J459 SNOMED:1"}, NHS) == "asthma"
    assert told("uk19", {"codes": "I10", "admission_method": "unknown"}, NHS) == METHOD


def test_a_source_without_procedures_leaves_open_what_they_would_settle() -> None:
    assert told("uk19", {"codes": "I500"}, NHS, no_procedures=True) == PROCEDURES
    assert told("uk19", {"codes": "J459"}, NHS, no_procedures=True) == "asthma"
    assert told("uk19", {"codes": "I500", "done": "CPT:92950"}, NHS) == PROCEDURES


def test_which_of_several_procedures_was_the_first_is_not_guessed() -> None:
    assert told("uk19", {"codes": "I200", "done": "W371?"}, NHS) == PROCEDURES
    assert told("uk19", {"codes": "I200", "done": "X998 W371?"}, NHS) == "angina"
    assert told("uk19", {"codes": "I200", "done": "X998?"}, NHS) == "angina"


def test_what_would_excuse_a_procedure_may_stand_in_a_code_that_is_not_read() -> None:
    """Dialysis access beside a code that may be the kidney disease it was made for."""
    row: dict[str, object] = {"codes": "I10 SNOMED:1", "done": "031509D"}
    assert told("pqi", row, US) == DIAGNOSES
    assert told("pqi", {"codes": "I10 S72001A", "done": "031509D"}, US) == "PQI07"
    assert told("pqi", {"codes": "I10 I129", "done": "031509D"}, US) == NO_CONDITION


def test_stays_are_told_apart() -> None:
    diagnoses = Codes(
        np.array([2, 0, 0]),
        pa.array(["ICD-10"] * 3),
        pa.array(["J459", "S720", "E115"]),
        np.array([1, 1, 2]),
    )
    stays = Stays(np.full(3, 70.0), pa.array(["emergency"] * 3), pa.nulls(3, pa.string()))
    found = sensitive("uk19", stays, diagnoses, None)
    assert found.condition.to_pylist() == ["diabetes", None, "asthma"]
    assert found.reason.to_pylist() == [None, DIAGNOSES, None]


def test_the_code_sets_are_the_published_lists(third_party: Path) -> None:
    folder = third_party.parent / "reference"
    with (folder / "acsc.csv").open(newline="", encoding="utf-8") as file:
        listed = [row for row in csv.DictReader(file) if row["scheme"] != "UK19_variant"]
    with (folder / "pqi_exclusion_codes.csv").open(newline="", encoding="utf-8") as file:
        ruled_out = [(row["code_set"], row["code"]) for row in csv.DictReader(file)]
    english = {row["code_prefix"] for row in listed if row["scheme"] == "UK19"}
    named = {(row["rule"].split(":")[0], row["code_prefix"]) for row in listed
             if row["scheme"] == "AHRQ_PQI"}  # fmt: skip
    uk19, pqi = code_set("uk19"), code_set("pqi")
    beside = {"D57", "J41", "J42", "J43", "J44", "J47"}
    assert set(uk19.prefixes["ICD-10"]) == english | beside
    held = {
        (group, code)
        for family in pqi.prefixes.values()
        for code, bits in family.items()
        for group, place in pqi.positions.items()
        if bits >> place & 1
    }
    assert held == named | set(ruled_out)
