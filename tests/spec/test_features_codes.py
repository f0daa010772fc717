"""Codes by their groups: how many, since when, what is new. The index is 2020-07-01."""

from __future__ import annotations

import pytest

from features.tables.contract import Tables
from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec

CHF = {"table": "diagnosis", "code_set": "charlson", "groups": ["chf"]}
CHARLSON = {"table": "diagnosis", "code_set": "charlson"}


def coded(*lines: str) -> Tables:
    return people(diagnosis="\n".join(("at system code", *lines)))


HEART, LUNG = "ICD-10-CM I500", "ICD-10-CM J449"
NEITHER, UNREAD = "ICD-10-CM Z000", "LOCAL I500"


@pytest.mark.parametrize(
    ("codes", "of_group", "of_set", "since"),
    [
        ([HEART, LUNG, HEART, NEITHER], 2.0, 4.0, 28.0),
        ([LUNG, NEITHER], 0.0, 2.0, None),
        ([HEART, UNREAD], 1.0, 1.0, 30.0),  # half of them can be read
        ([HEART, UNREAD, UNREAD], None, None, 30.0),  # fewer: how many is not known
        ([UNREAD], None, None, None),
        ([], 0.0, 0.0, None),
    ],
)
def test_how_many_codes_of_a_group(
    codes: list[str], of_group: object, of_set: object, since: object
) -> None:
    tables = coded(*(f"2020-06-{day:02} {code}" for day, code in enumerate(codes, start=1)))
    assert ask(tables, measure="count", windows=[365], **CHF) == of_group
    assert ask(tables, measure="count", windows=[365], **CHARLSON) == of_set
    assert ask(tables, measure="days_since", column="at", windows=[365], **CHF) == since


def test_codes_by_their_position() -> None:
    tables = people(
        diagnosis="""
        at          code  position
        2020-06-01  I500  1
        2020-06-02  J449  2
        2020-06-03  E119  -
        2020-06-04  C349  5
        """
    )
    first, other = {"position": ["principal"]}, {"position": ["other"]}
    count = {"measure": "count", "table": "diagnosis", "windows": [365]}
    assert ask(tables, where=first, **count) == 1.0
    assert ask(tables, where=other, **count) == 2.0
    assert ask(tables, where={"position": ["principal", "other"]}, **count) == 3.0
    groups = {**CHARLSON, "measure": "groups", "windows": [365]}
    assert ask(tables, where=other, **groups) == 2.0
    assert ask(tables, where=first, measure="flag", windows=[365], **CHF) == 1.0
    assert ask(tables, where=other, measure="flag", windows=[365], **CHF) == 0.0


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (["2020-06-01"], 1.0),
        (["2020-06-01", "2020-03-01"], 0.0),  # recorded 60 days before the window too
        (["2020-06-01", "2020-01-01"], 1.0),  # long before
        (["2020-03-01"], 0.0),
        ([], 0.0),
    ],
)
def test_new_is_recorded_now_and_not_in_the_days_before(on: list[str], expected: float) -> None:
    tables = coded(*(f"{day} {HEART}" for day in on))
    assert ask(tables, measure="new", windows=[60], earlier=90, **CHF) == expected


def test_new_has_an_earlier_window_of_its_own_ends() -> None:
    new = {"measure": "new", "windows": [30], "earlier": 30, **CHF}
    now = f"2020-06-15 {HEART}"
    for day, expected in (("2020-05-31", 0.0), ("2020-05-02", 0.0), ("2020-05-01", 1.0)):
        assert ask(coded(now, f"{day} {HEART}"), **new) == expected


def test_what_was_not_looked_for_is_not_new() -> None:
    tables = people(diagnosis="at code\n 2020-06-15 I500", coverage="from\n 2020-06-01")
    assert ask(tables, measure="new", windows=[30], earlier=30, **CHF) is None
    assert ask(tables, measure="flag", windows=[30], **CHF) == 1.0
    unread = coded(f"2020-06-15 {HEART}", f"2020-05-15 {UNREAD}")
    assert ask(unread, measure="new", windows=[30], earlier=30, **CHF) is None
    before = coded(f"2020-06-15 {UNREAD}", f"2020-05-15 {HEART}", f"2020-05-16 {UNREAD}")
    assert ask(before, measure="new", windows=[30], earlier=30, **CHF) == 0.0
    neither = coded(f"2020-06-15 {UNREAD}")
    assert ask(neither, measure="new", windows=[30], earlier=30, **CHF) is None


def test_codes_of_the_index_spell_are_new_though_it_began_before_the_window() -> None:
    tables = people(
        stay="stay admitted discharged\n i 2020-05-20 2020-07-01",
        diagnosis="stay at code known\n i 2020-05-20 I500 2020-07-01",
    )
    new = {"measure": "new", "windows": [30], "earlier": 30, **CHF}
    assert ask(tables, stay="i", **new) == 1.0


NEW_GROUPS = {"measure": "new_groups", "windows": [60], "earlier": 90, **CHARLSON}
DIABETES, COMPLICATED = "ICD-10-CM E119", "ICD-10-CM E112"


@pytest.mark.parametrize(
    ("lines", "plain", "ranked"),
    [
        ([f"2020-06-01 {HEART}", f"2020-06-02 {LUNG}", f"2020-03-01 {LUNG}"], 1.0, 1.0),
        ([f"2020-06-01 {HEART}", f"2020-03-01 {HEART}"], 0.0, 0.0),
        ([f"2020-03-01 {HEART}"], 0.0, 0.0),
        ([f"2020-06-01 {HEART}", f"2020-03-01 {UNREAD}"], None, None),
        ([f"2020-06-01 {HEART}", f"2020-06-01 {UNREAD}", f"2020-06-02 {UNREAD}"], None, None),
        ([f"2020-06-01 {NEITHER}", f"2020-03-01 {UNREAD}"], 0.0, 0.0),  # nothing that may be new
        ([f"2020-06-01 {DIABETES}", f"2020-06-01 {COMPLICATED}"], 2.0, 1.0),
        ([f"2020-06-01 {COMPLICATED}", f"2020-03-01 {DIABETES}"], 1.0, 1.0),
        ([f"2020-06-01 {DIABETES}", f"2020-03-01 {COMPLICATED}"], 1.0, 1.0),
    ],
)
def test_how_many_groups_are_new(lines: list[str], plain: object, ranked: object) -> None:
    assert ask(coded(*lines), **NEW_GROUPS) == plain
    assert ask(coded(*lines), hierarchy=True, **NEW_GROUPS) == ranked


def test_groups_are_not_new_to_those_who_have_just_come_into_view() -> None:
    tables = people(diagnosis="at code\n 2020-06-15 I500", coverage="from\n 2020-06-01")
    assert ask(tables, **NEW_GROUPS) is None
    seen = people(diagnosis="at code\n 2020-06-15 I500", coverage="from\n 2020-05-01")
    assert ask(seen, **NEW_GROUPS) == 1.0, "one day before the window was seen"
