"""Each finding of `caseload check`: people without a fault, then with one fault, and what it tells.

`SOUND` is told nothing about. A case replaces the tables it draws, and is told exactly what stands
beside it. Ramps and holes have a file of their own.
"""

from __future__ import annotations

import pytest

from features.quality.register import CHECKS
from tests.drawn import people
from tests.quality import checked, found

pytestmark = pytest.mark.spec

SOUND = {
    "person": """
        person  birth
        p1      1940-01-01
    """,
    "registration": """
        from        practice_id  locality
        2010-01-01  A            north
    """,
    "stay": """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  4000
    """,
    "visit": """
        visit  at          cost
        v1     2019-05-01  100
    """,
    "diagnosis": """
        stay  visit  code
        s1    -      I500
        -     v1     E119
    """,
    "procedure": """
        at          system      stay  code
        2019-03-02  ICD-10-PCS  s1    02HV33Z
    """,
    "dispensing": """
        at          system      code       cost
        2019-05-02  INGREDIENT  METFORMIN  5
    """,
    "measurement": """
        at          system  code   value  unit
        2019-03-05  LOINC   718-7  12.5   g/dL
        2019-05-05  LOINC   718-7  12.9   g/dL
    """,
    "programme": """
        at          event
        2019-06-01  offer
    """,
}

PERSON = {
    "birth_missing": ("person birth\n p1 -", [("birth_missing", "person", 1)]),
    "sex_missing": ("person sex\n p1 unknown", [("sex_missing", "person", 1)]),
    "aged 121 at the last fact": (
        "person birth\n p1 1898-05-05", [("age_impossible", "person", 1)],
    ),
    "aged 120 at the last fact": ("person birth\n p1 1898-05-06", []),
    "dead at 120": ("person birth death\n p1 1900-01-01 2020-12-31", []),
    "dead at 121": (
        "person birth death\n p1 1899-12-31 2020-12-31", [("age_impossible", "person", 1)],
    ),
    "born after a stay began": (
        "person birth\n p1 2019-03-02",
        [("before_birth", "stay", 1), ("before_birth", "diagnosis", 1)],
    ),
    "dead before a measurement": (
        "person birth death\n p1 1940-01-01 2019-05-04", [("after_death", "measurement", 1)],
    ),
    "dead on the day of the last fact": ("person birth death\n p1 1940-01-01 2019-05-05", []),
    "dead before the discharge": (
        "person birth death\n p1 1940-01-01 2019-03-04",
        [("after_death", "visit", 1), ("after_death", "diagnosis", 1),
         ("after_death", "dispensing", 1), ("after_death", "measurement", 2),
         ("stay_outlasts_death", "stay", 1)],
    ),
    "no_activity": (
        "person birth\n p1 1940-01-01\n p2 1950-01-01",
        [("no_activity", "person", 1), ("practice_missing", "registration", 1),
         ("locality_missing", "registration", 1)],
    ),
}  # fmt: skip

STAYS = {
    "same times under another id": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  4000
        s2    2019-03-01  2019-03-05  4000
        """,
        [("stays_repeated", "stay", 1), ("stays_without_diagnosis", "stay", 1)],
    ),
    "nested": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  4000
        s2    2019-03-02  2019-03-04  4000
        s3    2019-03-02  2019-03-05  4000
        """,
        [("stays_nested", "stay", 2), ("stays_without_diagnosis", "stay", 2)],
    ),
    "overlapping": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  4000
        s2    2019-03-04  2019-03-09  4000
        """,
        [("stays_overlapping", "stay", 1), ("stays_without_diagnosis", "stay", 1)],
    ),
    "one after the other, on the day of discharge": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  4000
        s2    2019-03-05  2019-03-09  4000
        """,
        [("stays_without_diagnosis", "stay", 1)],
    ),
    "an emergency visit, then the admission": (
        """
        stay  setting    admitted          discharged        cost
        s1    acute      2019-03-01T10:00  2019-03-05T12:00  4000
        s2    emergency  2019-03-01T08:00  2019-03-01T11:00  400
        """,
        [],
    ),
    "open since long ago": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  -           4000
        """,
        [("stays_open_long", "stay", 1)],
    ),
    "open at the end": (
        """
        stay  admitted    discharged  cost
        s1    2020-12-20  -           4000
        """,
        [],
    ),
    "a nursing facility, open for years": (
        """
        stay  setting           admitted    discharged  cost
        s1    nursing_facility  2019-03-01  -           4000
        """,
        [],
    ),
    "without length": (
        """
        stay  admitted    discharged  day_case  cost
        s1    2019-03-01  2019-03-01  -         4000
        """,
        [("stays_without_length", "stay", 1)],
    ),
    "a day case": (
        """
        stay  admitted    discharged  day_case  cost
        s1    2019-03-01  2019-03-01  yes       4000
        """,
        [],
    ),
    "more than a year": (
        """
        stay  admitted    discharged  cost
        s1    2018-03-01  2019-03-05  4000
        """,
        [("known_late", "diagnosis", 1), ("stays_too_long", "stay", 1)],
    ),
    "known before it happened": (
        """
        stay  admitted    discharged  admitted_known  cost
        s1    2019-03-01  2019-03-05  2019-02-27      4000
        """,
        [("known_too_early", "stay", 1)],
    ),
    "without a cost": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  -
        """,
        [("cost_missing", "stay", 1)],
    ),
    "a cost below zero": (
        """
        stay  admitted    discharged  cost
        s1    2019-03-01  2019-03-05  -4000
        """,
        [("cost_negative", "stay", 1)],
    ),
    "dead, and nobody told": (
        """
        stay  admitted    discharged  to    cost
        s1    2020-03-01  2020-03-05  died  4000
        """,
        [("death_not_told", "person", 1)],
    ),
    "dead, and seen later": (
        """
        stay  admitted    discharged  to    cost
        s1    2019-03-01  2019-03-05  died  4000
        """,
        [("after_death_in_hospital", "visit", 1), ("after_death_in_hospital", "diagnosis", 1),
         ("after_death_in_hospital", "dispensing", 1),
         ("after_death_in_hospital", "measurement", 1), ("death_not_told", "person", 1)],
    ),
}  # fmt: skip

OTHERS = {
    "visit": {
        "after the end": (
            "visit at cost\n v1 2021-01-01 100",
            [("after_the_end", "visit", 1), ("after_the_end", "diagnosis", 1)],
        ),
        "a tenth known a year late": (
            "visit at known cost\n v1 2019-05-01 2020-05-01 100",
            [("known_late", "visit", 1), ("known_late", "diagnosis", 1)],
        ),
        "known before it happened": (
            "visit at known cost\n v1 2019-05-01 2019-04-01 100",
            [("known_too_early", "visit", 1), ("known_too_early", "diagnosis", 1)],
        ),
    },
    "diagnosis": {
        "none of a stay": (
            "visit code\n v1 E119", [("stays_without_diagnosis", "stay", 1)],
        ),
        "of another system": (
            "stay code\n s1 7", [("codes_misshapen", "diagnosis", 1)],
        ),
        "of a system that nothing reads": (
            "stay system code\n s1 LOCAL heart\n s1 ICD-10-CM I500",
            [("codes_unreadable", "diagnosis", 1)],
        ),
        "of a stay that is not there": (
            "stay at known code\n s1 2019-03-01 2019-03-05 I500\n s9 2019-03-01 2019-03-05 I500",
            [("tied_to_nothing", "diagnosis", 1)],
        ),
    },
    "dispensing": {
        "of a system that nothing reads": (
            "at system code cost\n 2019-05-02 LOCAL 17 5", [("codes_unreadable", "dispensing", 1)],
        ),
    },
    "measurement": {
        "in two units": (
            """
            at          system  code   value  unit
            2019-03-05  LOINC   718-7  12.5   g/dL
            2019-04-05  LOINC   718-7  12.6   g/dL
            2019-05-05  LOINC   718-7  129    g/L
            """,
            [("units_mixed", "measurement", 1)],
        ),
        "without a value": (
            "at system code value\n 2019-03-05 LOINC 718-7 -",
            [("measurement_empty", "measurement", 1)],
        ),
        "a text for a value": (
            "at system code text\n 2019-03-05 LOINC 718-7 low", [],
        ),
        "with a wrong check digit": (
            "at system code value unit\n 2019-03-05 LOINC 718-8 12.5 g/dL",
            [("codes_misshapen", "measurement", 1)],
        ),
    },
    "registration": {
        "no practice": (
            "from practice_id locality\n 2010-01-01 - north",
            [("practice_missing", "registration", 1)],
        ),
        "no locality": (
            "from practice_id locality\n 2010-01-01 A -",
            [("locality_missing", "registration", 1)],
        ),
        "left": (
            "from until practice_id locality\n 2010-01-01 2019-01-01 A north",
            [("practice_missing", "registration", 1), ("locality_missing", "registration", 1)],
        ),
    },
    "coverage": {
        "a pause, and a visit in it": (
            "from until\n 2010-01-01 2019-04-01\n 2019-05-02 -",
            [("coverage_gaps", "coverage", 1), ("outside_coverage", "visit", 1),
             ("outside_coverage", "diagnosis", 1)],
        ),
        "two periods that meet": ("from until\n 2010-01-01 2019-04-01\n 2019-04-01 -", []),
        "for admissions alone": (
            "from kind\n 2010-01-01 hospital", [],
        ),
        "of somebody else": (
            "person from\n p2 2010-01-01",
            [("coverage_missing", "person", 1), ("no_activity", "person", 1),
             ("practice_missing", "registration", 1), ("locality_missing", "registration", 1)],
        ),
    },
    "person": PERSON,
    "stay": STAYS,
}  # fmt: skip
CASES = [
    pytest.param(table, drawn, told, id=f"{table}: {name}")
    for table, cases in OTHERS.items()
    for name, (drawn, told) in cases.items()
]


def test_nothing_is_told_of_sound_people() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize(("table", "drawn", "told"), CASES)
def test_a_fault_is_told_and_counted(
    table: str, drawn: str, told: list[tuple[str, str, int]]
) -> None:
    tied = () if table != "stay" else ("procedure",)
    rest = {name: text for name, text in SOUND.items() if name != table and name not in tied}
    assert found(rest | {table: drawn}) == told


def test_a_death_told_by_the_month_may_be_any_day_of_it() -> None:
    dead = SOUND | {"person": "person birth death\n p1 1940-01-01 2019-05-01"}
    assert found(dead) == [("after_death", "dispensing", 1), ("after_death", "measurement", 1)]
    assert found(dead, precision={"person": "month"}) == []


def test_nobody_dies_twice() -> None:
    """Two discharges as dead, of a person whose death is known."""
    drawn = SOUND | {
        "person": "person birth death\n p1 1940-01-01 2020-01-09",
        "stay": """
            stay  admitted    discharged  to    cost
            s1    2019-03-01  2019-03-05  died  4000
            s2    2020-01-02  2020-01-09  died  4000
        """,
    }
    assert found(drawn) == [
        ("stays_without_diagnosis", "stay", 1),
        ("died_more_than_once", "person", 1),
    ]


def test_a_finding_says_what_and_how_many_and_nothing_of_anyone() -> None:
    """Ids, codes, dates and values of people never stand in a text."""
    drawn = SOUND | {
        "person": "person birth\n p1 1899-07-14",
        "diagnosis": "stay at known code\n s1 2019-03-01 2019-03-05 SECRET\n"
        " s9 2019-03-01 2019-03-05 I500",
        "procedure": "at stay code\n 2019-03-02 s1 SECRET",
        "stay": "stay admitted discharged cost\n s1 2019-03-01 2019-03-01 -5123",
    }
    tables = people(**drawn)
    text = " ".join(finding.text for finding in checked(tables))
    assert "acute stays that end at the very time they begin" in text
    assert "1 of 2 ICD-10-CM codes (50%)" in text
    for value in ("p1", "s1", "s9", "SECRET", "1899", "2019-03", "5123"):
        assert value not in text


ELSEWHERE = {
    "ramp_up", "ramp_down", "run_out", "hole", "not_coded_yet", "cost_outlier",
    "observed_without_facts",
}  # fmt: skip
"""Findings that take many rows: `test_quality_months.py`."""


def test_every_check_has_a_case() -> None:
    told = {
        code for cases in OTHERS.values() for _, found in cases.values() for code, _, _ in found
    }
    assert {c.code for c in CHECKS} - told == ELSEWHERE | {"died_more_than_once"}


def test_a_rare_fault_is_a_note_and_a_common_one_has_its_level() -> None:
    sound, faulty = "person birth\n p1 1940-01-01", "person birth\n p1 -"
    many = "\n".join(f" q{n} 1940-01-01" for n in range(120))
    level = {
        drawn: {f.code: f.level for f in checked(people(person=drawn))}.get("birth_missing")
        for drawn in (sound, faulty, f"{faulty}\n{many}")
    }
    assert list(level.values()) == [None, "warning", "note"]
