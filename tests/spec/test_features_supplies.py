"""Medicines in hand: days covered and gaps. The index is 2020-07-01; June has 30 days."""

from __future__ import annotations

import pytest

from features.tables.contract import Tables
from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec


def supplied(*lines: str) -> Tables:
    return people(dispensing="\n".join(("at days_supply code", *lines)))


def found(tables: Tables, window: object, **more: object) -> tuple[object, object]:
    entry = {"table": "dispensing", "column": "days_supply", "windows": [window], **more}
    share = ask(tables, measure="covered_share", **entry)
    return share, ask(tables, measure="longest_gap", **entry)


@pytest.mark.parametrize(
    ("lines", "window", "share", "gap"),
    [
        (["2020-06-01 30 A"], 30, 1.0, 0.0),
        (["2020-06-01 15 A"], 30, 15 / 30, 15.0),
        # from the first supply on: what was before it is no gap
        (["2020-06-16 10 A"], 30, 10 / 15, 5.0),
        (["2020-06-30 30 A"], 30, 1.0, 0.0),
        # given before the window, and reaching into it
        (["2020-05-22 20 A"], 30, 10 / 30, 20.0),
        (["2020-05-22 10 A"], 30, None, None),  # it ends where the window begins
        # they overlap, and are not put end to end
        (["2020-06-01 10 A", "2020-06-06 10 A"], 30, 15 / 30, 15.0),
        (["2020-06-01 20 A", "2020-06-02 3 A"], 30, 20 / 30, 10.0),
        # the longest of two gaps, within and at the end
        (["2020-06-01 5 A", "2020-06-13 10 A", "2020-06-30 1 A"], 30, 16 / 30, 7.0),
        (["2020-06-01 5 A", "2020-06-08 10 A"], 30, 15 / 30, 13.0),
        # a window with two ends: June's first 20 days
        (["2020-06-01 5 A", "2020-06-11 60 A"], [30, 10], 15 / 20, 5.0),
        (["2020-06-21 30 A"], [30, 10], None, None),  # given on the day after it
        (["2020-06-20 30 A"], [30, 10], 1.0, 0.0),
        # what lasts no known days, or none, is no supply
        (["2020-06-01 - A", "2020-06-11 20 A", "2020-06-05 0 A"], 30, 1.0, 0.0),
        (["2020-06-01 - A"], 30, None, None),
        ([], 30, None, None),
        (["2020-07-01 30 A"], 30, None, None),
    ],
)
def test_days_covered_and_the_longest_gap(
    lines: list[str], window: object, share: object, gap: object
) -> None:
    assert found(supplied(*lines), window) == (share, gap)


def test_a_supply_told_later_is_none_yet() -> None:
    tables = people(dispensing="at days_supply code known\n 2020-06-01 30 A 2020-07-02")
    assert found(tables, 30) == (None, None)


def test_of_a_medicine_or_of_a_group_of_medicines() -> None:
    tables = supplied("2020-06-01 30 METFORMIN", "2020-06-16 5 WARFARIN", "2020-06-21 5 APIXABAN")
    assert found(tables, 30, where={"code": ["WARFARIN"]}) == (5 / 15, 10.0)
    group = {"code_set": "medicines", "groups": ["anticoagulant"]}
    assert found(tables, 30, **group) == (10 / 15, 5.0)
    assert found(tables, 30, code_set="medicines") == (1.0, 0.0)


def test_codes_that_the_set_cannot_read_are_no_supply_of_it() -> None:
    tables = people(
        dispensing="""
        at          days_supply  system  code
        2020-06-01  30           NDC     00093721410
        """
    )
    assert found(tables, 30, code_set="medicines") == (None, None)
    assert found(tables, 30) == (1.0, 0.0)
