"""What decides whether a spell was planned, and from when on: small stays in, urgency out."""

from __future__ import annotations

from datetime import datetime

import pytest

from features.spells import SpellRule, spells
from tests.drawn import people

pytestmark = pytest.mark.spec

CODES_FIRST = ("codes", "method", "no_procedure")
METHOD_FIRST = ("method", "codes", "no_procedure")


def urgencies(
    stay: str,
    diagnosis: str = "",
    procedure: str = "",
    deciders: tuple[str, ...] = CODES_FIRST,
    at: str | None = None,
) -> list[tuple[str, str | None]]:
    tables = people(stay=stay, diagnosis=diagnosis, procedure=procedure)
    moment = None if at is None else datetime.fromisoformat(at)
    found = spells(tables, SpellRule.DATES, at=moment, deciders=deciders).to_pylist()
    return [(spell["urgency"], spell["decided_by"]) for spell in found]


def one(
    code: str, done: str, method: str, deciders: tuple[str, ...] = CODES_FIRST
) -> tuple[str, str | None]:
    stay = f"stay admitted discharged method\n a 2020-01-01 2020-01-05 {method}"
    cause = f"stay code position\n a {code} 1"
    act = f"stay code position\n a {done} 1" if done else ""
    (found,) = urgencies(stay, cause, act, deciders)
    return found


HEART_FAILURE, PNEUMONIA, ARTHROSIS, CHEMOTHERAPY = "I509", "J189", "M1711", "Z5111"
KNEE, ENDOSCOPY = "0SRC0J9", "0DJ08ZZ"


@pytest.mark.parametrize(
    ("code", "done", "method", "codes_first", "method_first"),
    [
        (ARTHROSIS, KNEE, "elective",
         ("planned", "potentially_planned_procedure"), ("planned", "admission_method")),
        (ARTHROSIS, KNEE, "emergency",
         ("planned", "potentially_planned_procedure"), ("unplanned", "admission_method")),
        (HEART_FAILURE, ENDOSCOPY, "elective",
         ("unplanned", "no_planned_procedure"), ("planned", "admission_method")),
        (PNEUMONIA, "", "unknown",
         ("unplanned", "acute_diagnosis"), ("unplanned", "acute_diagnosis")),
        (CHEMOTHERAPY, "", "transfer",
         ("planned", "always_planned_diagnosis"), ("planned", "always_planned_diagnosis")),
        # nothing is recorded as done: what the source says of the admission goes before its silence
        (HEART_FAILURE, "", "elective",
         ("planned", "admission_method"), ("planned", "admission_method")),
        (HEART_FAILURE, "", "unknown",
         ("unplanned", "no_procedure"), ("unplanned", "no_procedure")),
        # a code without a category
        ("U099", KNEE, "emergency",
         ("unplanned", "admission_method"), ("unplanned", "admission_method")),
        ("U099", KNEE, "unknown", ("undecided", None), ("undecided", None)),
    ],
)  # fmt: skip
def test_the_first_rule_that_can_say_decides(
    code: str, done: str, method: str, codes_first: tuple[str, str], method_first: tuple[str, str]
) -> None:
    assert one(code, done, method, CODES_FIRST) == codes_first
    assert one(code, done, method, METHOD_FIRST) == method_first


def test_a_rule_that_is_not_listed_decides_nothing() -> None:
    assert one(ARTHROSIS, KNEE, "elective", ("codes",)) == (
        "planned", "potentially_planned_procedure",
    )  # fmt: skip
    assert one(HEART_FAILURE, "", "elective", ("codes",)) == ("undecided", None)
    assert one(HEART_FAILURE, "", "elective", ("codes", "no_procedure")) == (
        "unplanned", "no_procedure",
    )  # fmt: skip
    assert one(PNEUMONIA, "", "elective", ()) == ("undecided", None)


def test_what_goes_with_a_rule_of_linking_where_nothing_is_listed() -> None:
    tables = people(
        stay="stay admitted discharged method\n a 2020-01-01 2020-01-05 emergency",
        diagnosis="stay code position\n a M1711 1",
        procedure="stay code position\n a 0SRC0J9 1",
    )
    by = [spells(tables, rule)["urgency"].to_pylist() for rule in SpellRule]
    assert by == [["planned"], ["unplanned"]]


def test_planned_chemotherapy_after_an_emergency_is_a_spell_of_its_own() -> None:
    stay = """
        stay  facility  admitted    discharged  method
        a     A         2020-01-01  2020-01-05  emergency
        b     A         2020-01-05  2020-01-07  unknown
    """
    causes = """
        stay  code   position
        a     J189   1
        b     Z5111  1
    """
    assert urgencies(stay, causes) == [
        ("unplanned", "acute_diagnosis"), ("planned", "always_planned_diagnosis"),
    ]  # fmt: skip


def test_an_operation_after_a_transfer_does_not_make_the_emergency_planned() -> None:
    stay = """
        stay  facility  admitted    discharged  to     method
        a     A         2020-01-01  2020-01-03  acute  emergency
        b     B         2020-01-03  2020-01-09  home   elective
    """
    causes = "stay code position\n a I214 1\n b I2510 1"
    acts = "stay code position\n b 027034Z 1"
    assert urgencies(stay, causes, acts) == [("unplanned", "acute_diagnosis")]


STAY = """
    stay  admitted    discharged  coded_known  method
    a     2020-01-01  2020-01-05  2020-01-25   {}
"""
CAUSE, ACT = "stay code position\n a M1711 1", "stay code position\n a 0SRC0J9 1"


@pytest.mark.parametrize(
    ("at", "method", "expected"),
    [
        ("2020-01-24", "unknown", ("undecided", None)),
        ("2020-01-24", "emergency", ("unplanned", "admission_method")),
        ("2020-01-25", "unknown", ("planned", "potentially_planned_procedure")),
        ("2020-01-25", "emergency", ("planned", "potentially_planned_procedure")),
    ],
)
def test_codes_decide_from_when_the_stay_is_coded(
    at: str, method: str, expected: tuple[str, str | None]
) -> None:
    assert urgencies(STAY.format(method), CAUSE, ACT, at=at) == [expected]


def test_what_is_added_after_the_coding_changes_nothing() -> None:
    late = "stay code position known\n a 0SRC0J9 1 2020-02-01"
    stay = STAY.format("unknown")
    assert urgencies(stay, CAUSE, late, ("codes",)) == [("undecided", None)]
    assert urgencies(stay, CAUSE, late, ("codes",), at="2020-02-02") == [("undecided", None)]


def test_a_stay_that_was_never_coded_is_decided_by_its_admission_alone() -> None:
    stay = "stay admitted discharged coded_known method\n a 2020-01-01 2020-01-05 - elective"
    cause = "stay code position known\n a J189 1 2020-01-05"
    assert urgencies(stay, cause) == [("planned", "admission_method")]


def test_only_the_principal_diagnosis_is_what_a_stay_was_for() -> None:
    stay = "stay admitted discharged method\n a 2020-01-01 2020-01-05 unknown"
    causes = "stay code position\n a I509 1\n a J189 2"
    assert urgencies(stay, causes, deciders=("codes",)) == [("undecided", None)]
    assert urgencies(stay, causes) == [("unplanned", "no_procedure")]
