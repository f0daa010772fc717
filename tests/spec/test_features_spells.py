"""Which spells a filter means: yes, no or unknown. The index is 2020-07-01."""

from __future__ import annotations

import pytest

from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec

SPELLS = {"measure": "count", "table": "spell", "windows": [365]}
ANY = {"measure": "any", "table": "spell", "windows": [365]}
UNPLANNED = {"urgency": ["unplanned"]}


def stays(*lines: str) -> str:
    return "\n".join(("stay facility admitted discharged to method", *lines))


A, B = "a A 2020-01-01 2020-01-05 home emergency", "b A 2020-03-01 2020-03-09 home unknown"


@pytest.mark.parametrize(
    ("lines", "where", "count", "any_"),
    [
        ([A], UNPLANNED, 1.0, 1.0),
        ([A], {"urgency": ["planned"]}, 0.0, 0.0),
        ([B], UNPLANNED, None, None),
        ([A, B], UNPLANNED, None, 1.0),  # one is certain: that is enough for "any"
        ([A, B], {"urgency": ["undecided"]}, 1.0, 1.0),
        ([A, B], {"urgency": ["unplanned", "undecided"]}, 2.0, 1.0),
        ([A, B], {**UNPLANNED, "admission_method": ["emergency"]}, 1.0, 1.0),  # B is out anyway
    ],
)
def test_a_spell_whose_urgency_is_undecided_may_or_may_not_be_meant(
    lines: list[str], where: dict[str, list[str]], count: object, any_: object
) -> None:
    tables = people(stay=stays(*lines))
    assert ask(tables, where=where, **SPELLS) == count
    assert ask(tables, where=where, **ANY) == any_


@pytest.mark.parametrize(
    ("measure", "column", "expected"),
    [
        ("days", "", None),
        ("max", "nights", None),
        ("mean", "nights", None),
        ("count_change", "", None),
        ("days_change", "", None),
        ("days_since", "admitted_at", 182.0),  # of those that are meant for certain
        ("last", "nights", 4.0),
    ],
)
def test_what_an_undecided_spell_leaves_unknown(
    measure: str, column: str, expected: object
) -> None:
    entry = {"measure": measure, "table": "spell", "windows": [365], "where": UNPLANNED}
    entry |= {"column": column} if column else {}
    assert ask(people(stay=stays(A, B)), **entry) == expected


def test_nights_are_counted_to_the_index_while_a_spell_is_open() -> None:
    tables = people(
        stay=stays(A, "b A 2020-02-01 2020-02-03 home elective", "c B 2020-06-21 - - emergency")
    )
    nights = {"table": "spell", "column": "nights"}
    assert ask(tables, measure="max", windows=[365], **nights) == 10.0
    assert ask(tables, measure="mean", windows=[365], **nights) == (4 + 2 + 10) / 3
    assert ask(tables, measure="last", windows=[365], **nights) == 2.0, "of those that ended"
    assert ask(tables, measure="max", windows=[[365, 30]], **nights) == 4.0
    assert ask(tables, measure="max", windows=[[30, 15]], **nights) is None


def test_nights_of_single_stays() -> None:
    tables = people(
        stay="""
        stay  setting           admitted    discharged
        a     nursing_facility  2020-05-01  2020-05-31
        b     nursing_facility  2020-06-11  -
        c     acute             2020-06-01  2020-06-03
        """
    )
    nights = {"table": "stay", "column": "nights", "where": {"setting": ["nursing_facility"]}}
    assert ask(tables, measure="max", windows=[365], **nights) == 30.0
    assert ask(tables, measure="mean", windows=[365], **nights) == 25.0
    assert ask(tables, measure="last", windows=[365], **nights) == 30.0


@pytest.mark.parametrize(
    ("within", "expected"),
    [(0, 0.0), (29, 0.0), (30, 1.0), (100, 2.0), (365, 2.0)],  # the first spell is no return
)
def test_returns_begin_within_days_of_the_spell_before(within: int, expected: float) -> None:
    tables = people(
        stay=stays(
            "a A 2020-01-01 2020-01-05 home emergency",
            "b A 2020-02-04 2020-02-09 home emergency",  # 30 days after it
            "c A 2020-05-19 2020-05-20 home emergency",  # 100 days after it
        )
    )
    assert ask(tables, within=within, **SPELLS) == expected
    assert ask(tables, within=within, **ANY) == min(expected, 1.0)


def test_nothing_returns_from_a_spell_that_is_not_known_to_have_ended() -> None:
    tables = people(
        stay="""
        stay  facility  admitted    discharged  discharged_known
        a     A         2020-01-01  2020-01-05  2020-08-01
        b     A         2020-01-20  2020-01-25  2020-01-25
        c     A         2020-02-01  2020-02-02  2020-02-02
        """
    )
    assert ask(tables, within=30, **SPELLS) == 1.0, "c after b, and not b after a"


def test_a_return_must_be_known_to_be_unplanned() -> None:
    tables = people(stay=stays(A, "b A 2020-01-20 2020-01-25 home unknown"))
    assert ask(tables, within=30, where=UNPLANNED, **SPELLS) is None
    assert ask(tables, within=3, where=UNPLANNED, **SPELLS) == 0.0, "no return, whatever it was"


def test_where_a_spell_led_is_where_its_last_stay_led_once_that_is_known() -> None:
    tables = people(
        stay="""
        stay  facility  admitted    discharged  to                discharged_known
        a     A         2020-02-01  2020-02-03  acute             2020-02-03
        b     B         2020-02-03  2020-02-05  nursing_facility  2020-02-05
        c     A         2020-04-01  2020-04-05  nursing_facility  2020-08-01
        """
    )
    nursed = {"discharged_to": ["nursing_facility"]}
    assert ask(tables, where=nursed, **SPELLS) == 1.0
    assert ask(tables, where={"discharged_to": ["acute"]}, **SPELLS) == 0.0
    assert ask(tables, where=nursed, measure="count", table="stay", windows=[365]) == 1.0
    since = {"measure": "days_since", "table": "spell", "column": "discharged_at"}
    assert ask(tables, where=nursed, windows=[365], **since) == 147.0


def test_the_team_that_discharged_is_known_with_the_discharge() -> None:
    tables = people(
        stay="""
        stay  admitted    discharged  specialty
        a     2020-02-01  2020-02-03  geriatrics
        b     2020-03-01  2020-03-03  surgery
        c     2020-05-01  2020-05-03  -
        d     2020-06-21  -           geriatrics
        """
    )
    geriatric = {"where": {"specialty": ["geriatrics"]}, "table": "stay"}
    for window, count, any_ in (
        ([365, 90], 1.0, 1.0),
        (365, None, 1.0),  # c may have been, and what d will have been is not known
        ([90, 30], None, None),
        (30, None, None),
        ([150, 100], 0.0, 0.0),
    ):
        found = [ask(tables, measure=m, windows=[window], **geriatric) for m in ("count", "any")]
        assert found == [count, any_]


def test_a_team_that_is_not_named_says_nothing_of_stays_that_another_part_leaves_out() -> None:
    tables = people(stay="admitted discharged specialty method\n 2020-06-01 2020-06-03 - elective")
    entry = {"measure": "count", "table": "stay", "windows": [365]}
    geriatric = {"specialty": ["geriatrics"]}
    assert ask(tables, where=geriatric, **entry) is None
    assert ask(tables, where={**geriatric, "admission_method": ["emergency"]}, **entry) == 0.0


def test_spells_before_the_index_spell_began() -> None:
    tables = people(stay=stays(A, B, "i B 2020-06-20 2020-07-01 home emergency"))
    for window, count, unplanned in ((365, 2.0, None), ([365, 120], 1.0, 1.0), (30, 0.0, 0.0)):
        entry = {**SPELLS, "windows": [window], "anchor": "admission"}
        assert ask(tables, stay="i", **entry) == count
        assert ask(tables, stay="i", where=UNPLANNED, **entry) == unplanned
        assert ask(tables, **entry) is None, "no stay is being left"


COPD = {
    "person": "person birth\n p1 1950-01-01",
    "stay": """
        stay  admitted    discharged  coded_known  method
        a     2020-02-01  2020-02-03  2020-02-20   emergency
        b     2020-04-01  2020-04-05  2020-08-01   emergency
        c     2020-05-01  2020-05-02  2020-05-09   elective
    """,
    "diagnosis": """
        stay  at          code  position  known
        a     2020-02-01  J449  1         2020-02-20
        b     2020-04-01  J449  1         2020-08-01
        c     2020-05-01  J449  1         2020-05-09
    """,
}


@pytest.mark.parametrize(
    ("window", "words", "expected"),
    [
        ([365, 120], ["uk19"], 1.0),
        ([365, 120], ["uk19:copd"], 1.0),
        ([365, 120], ["uk19:asthma"], 0.0),
        ([365, 120], ["uk19:asthma", "uk19:copd"], 1.0),
        (365, ["uk19:copd"], None),  # what b was for is not known yet
        (70, ["uk19:copd"], 0.0),  # an elective admission is none, whatever for
    ],
)
def test_ambulatory_care_sensitive_spells(
    window: object, words: list[str], expected: object
) -> None:
    entry = {**SPELLS, "windows": [window], "where": {"sensitive": words}}
    assert ask(people(**COPD), **entry) == expected


def test_sensitive_admissions_that_were_or_may_have_been() -> None:
    where = {"sensitive": ["uk19"]}
    assert ask(people(**COPD), where=where, **ANY) == 1.0
    assert ask(people(**COPD), where=where, mode="claims", **SPELLS) == 2.0, "codes at discharge"


def test_a_spell_is_sensitive_by_the_codes_it_had_when_it_counted_as_coded() -> None:
    later = COPD["diagnosis"] + "    a     2020-02-01  D570  2         2020-03-01\n"
    later = later.replace("J449  1         2020-02-20", "J181  1         2020-02-20")
    tables = people(**{**COPD, "diagnosis": later})
    entry = {**SPELLS, "windows": [[365, 120]], "where": {"sensitive": ["uk19"]}}
    assert ask(tables, **entry) == 1.0, "sickle cell beside the pneumonia came a week later"


def test_an_age_that_is_unknown_leaves_a_rule_by_age_unknown() -> None:
    entry = {**SPELLS, "windows": [[365, 120]], "where": {"sensitive": ["pqi"]}}
    direct = COPD["stay"].replace("method", "method     admitted_from")
    direct = direct.replace("emergency", "emergency  home").replace("elective", "elective   home")
    assert ask(people(**{**COPD, "stay": direct}), **entry) == 1.0
    unborn = {**COPD, "stay": direct, "person": "person birth\n p1 -"}
    assert ask(people(**unborn), **entry) is None
    young = {**COPD, "stay": direct, "person": "person birth\n p1 1985-01-01"}
    assert ask(people(**young), **entry) == 0.0, "from 40 on"
