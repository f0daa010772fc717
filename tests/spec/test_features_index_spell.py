"""Facts of the index spell itself (anchor "spell"). The index is 2020-07-01, leaving stay c."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asked import ask
from tests.drawn import people

pytestmark = pytest.mark.spec

STAYS = """
    stay  facility  setting  admitted    discharged  coded_known  to    method
    a     A         acute    2020-05-01  2020-05-09  2020-05-20   home  emergency
    b     B         acute    2020-06-10  2020-06-20  2020-06-25   acute emergency
    c     C         acute    2020-06-20  2020-07-01  {}           home  transfer
"""
CODES = """
    stay  at          code  position  known
    a     2020-05-01  C349  1         2020-05-20
    b     2020-06-10  I500  1         2020-06-25
    b     2020-06-10  J449  2         2020-06-25
    c     2020-07-01  E119  1         2020-07-01
    -     2020-06-15  F200  -         2020-06-15
"""


def left(coded: str = "2020-07-01", **more: str) -> Any:
    return people(**{"stay": STAYS.format(coded), "diagnosis": CODES, **more})


def own(tables: Any, measure: str, table: str, **more: Any) -> Any:
    return ask(tables, stay="c", measure=measure, table=table, anchor="spell", **more)


def test_its_codes() -> None:
    assert own(left(), "count", "diagnosis") == 3.0
    assert own(left(), "count", "diagnosis", where={"position": ["principal"]}) == 2.0
    assert own(left(), "any", "diagnosis", where={"code": ["J449"]}) == 1.0
    assert own(left(), "groups", "diagnosis", code_set="charlson") == 3.0
    assert own(left(), "flag", "diagnosis", code_set="charlson", groups=["chf"]) == 1.0
    assert own(left(), "flag", "diagnosis", code_set="charlson", groups=["canc"]) == 0.0
    assert own(left(), "count", "procedure") == 0.0


def test_before_it_is_coded_what_is_not_recorded_is_unknown() -> None:
    tables = left("2020-07-20")
    assert own(tables, "flag", "diagnosis", code_set="charlson", groups=["chf"]) == 1.0
    assert own(tables, "flag", "diagnosis", code_set="charlson", groups=["canc"]) is None
    assert own(tables, "any", "diagnosis", where={"code": ["C349"]}) is None
    assert own(tables, "count", "procedure") is None
    assert own(tables, "count", "procedure", mode="claims") == 0.0, "coded with the discharge"


def test_its_stays() -> None:
    tables = left()
    assert own(tables, "count", "stay") == 2.0
    assert own(tables, "count", "stay", where={"discharged_to": ["acute"]}) == 1.0
    assert own(tables, "count", "stay", where={"setting": ["emergency"]}) == 0.0
    assert own(tables, "any", "stay", where={"setting": ["acute"]}) == 1.0
    assert own(tables, "distinct", "stay", column="facility_id") == 2.0
    assert own(tables, "max", "stay", column="nights") == 11.0
    assert own(tables, "mean", "stay", column="nights") == 10.5
    assert own(tables, "last", "stay", column="nights") == 11.0


MORE = {
    "visit": "at\n 2020-06-09\n 2020-06-10\n 2020-06-30\n 2020-07-01",
    "measurement": "at code value\n 2020-06-09 Na 120\n 2020-06-11 Na 130\n 2020-06-30 Na 140",
}


def test_visits_and_measurements_since_it_began() -> None:
    tables = left(**MORE)
    assert own(tables, "count", "visit") == 2.0, "of its days before the index day"
    value = {"table": "measurement", "column": "value"}
    for measure, expected in (
        ("first", 130.0), ("last", 140.0), ("min", 130.0), ("max", 140.0), ("mean", 135.0),
        ("change", 10.0),
    ):  # fmt: skip
        assert own(tables, measure, **value) == expected
    assert own(tables, "out_of_range", range={"low": 135}, **value) == 1.0


def test_none_of_them_is_zero_if_a_day_of_it_was_observed() -> None:
    assert own(left(), "count", "visit") == 0.0
    unseen = left(coverage="from until\n 2020-01-01 2020-06-10")
    assert own(unseen, "count", "visit") is None
    assert own(left(coverage="from until\n 2020-01-01 2020-06-11"), "count", "visit") == 0.0
    assert own(unseen, "count", "stay", where={"setting": ["emergency"]}) == 0.0


def test_a_spell_of_the_index_day_alone_is_seen_where_that_day_is() -> None:
    stay = "stay admitted discharged\n c 2020-07-01T02:00 2020-07-01T09:00"
    at = {"at": "2020-07-01T12:00"}
    seen, unseen = (
        people(stay=stay),
        people(stay=stay, coverage="from until\n 2020-01-01 2020-07-01"),
    )
    for table in ("visit", "diagnosis"):
        assert own(seen, "count", table, **at) == 0.0
        assert own(unseen, "count", table, **at) is None


def test_without_an_index_spell_there_is_nothing_to_say() -> None:
    for table in ("diagnosis", "stay", "visit"):
        assert ask(left(**MORE), measure="count", table=table, anchor="spell") is None


def test_an_index_stay_of_another_setting_is_its_own_spell() -> None:
    tables = people(
        stay="stay setting admitted discharged\n c nursing_facility 2020-06-01 2020-07-01",
        diagnosis="stay at code\n c 2020-06-01 I500",
    )
    assert own(tables, "count", "stay") == 1.0
    assert own(tables, "count", "diagnosis") == 1.0
