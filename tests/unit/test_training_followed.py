"""The share of stays followed by another: any urgency, ends alive, thirty days observed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from features.definition import load_definition
from features.tables.history import History, HistoryWriter
from tests.drawn import people
from training.followed import Followed, followed_stays
from training.split import EPOCH

pytestmark = pytest.mark.unit


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    tables = people(
        stay="""
            person  stay  facility  admitted    discharged  to    method
            p1      a     h1        2020-01-01  2020-01-05  home  emergency
            p1      b     h1        2020-02-04  2020-02-05  home  elective
            p1      c     h1        2020-03-08  2020-03-09  home  emergency
            p2      d     h1        2020-01-01  2020-01-02  died  emergency
            p3      e     h1        2020-01-01  2020-01-03  home  emergency
            p3      f     h2        2020-01-04  2020-01-06  home  emergency
            p4      g     h1        2020-01-01  2020-01-05  home  emergency
            p5      h     h1        2020-11-20  2020-11-25  home  emergency
        """,
        coverage="""
            person  from        until
            p1      2010-01-01  -
            p2      2010-01-01  -
            p3      2010-01-01  -
            p4      2010-01-01  2020-01-20
            p5      2010-01-01  -
        """,
    )
    with HistoryWriter(
        tmp_path / "h", source="drawn", buckets=1, precision={}, delays={},
        last=date(2020, 12, 31), last_known=datetime.fromisoformat("2020-12-31T23:59:59.999999"),
    ) as writer:  # fmt: skip
        writer.write(0, tables)
    return followed_stays(History.open(tmp_path / "h"), load_definition("readmission"))


def test_stays_that_count_and_which_were_followed(followed: Followed) -> None:
    found = {
        ((EPOCH.fromordinal(EPOCH.toordinal() + int(day))).isoformat(), int(y))
        for day, y in zip(followed.day, followed.y, strict=True)
    }
    assert found == {
        ("2020-01-05", 1),  # a planned stay on the thirtieth day follows
        ("2020-02-05", 0),  # the next is on the thirty-second
        ("2020-03-09", 0),
        ("2020-01-06", 0),  # e and f are one stay: a transfer, not a return
    }


def test_each_person_has_a_number_of_their_own(followed: Followed) -> None:
    assert len(set(followed.person.tolist())) == 2
