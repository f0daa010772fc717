"""Who is alive, how old, where registered and how far in the programme, as known at a moment."""

from __future__ import annotations

from datetime import datetime

import pytest

from serving.people import living, programme
from tests.drawn import people

pytestmark = pytest.mark.spec

AS_OF = datetime.fromisoformat("2024-06-15")


def test_age_and_death_as_known() -> None:
    tables = people(
        person="""
        person  birth       death       death_known
        a       1950-06-15  -           -
        b       1950-06-16  -           -
        c       -           -           -
        d       1940-01-01  2024-06-01  2024-06-14
        e       1940-01-01  2024-06-01  2024-07-01
        """
    )
    found = living(tables, AS_OF).select(["person_id", "age"]).to_pylist()
    assert sorted((row["person_id"], row["age"]) for row in found) == [
        ("a", 74.0), ("b", 73.0), ("c", None), ("e", 84.0),
    ]  # fmt: skip


def test_the_registration_in_force_is_the_one_known_and_begun_last() -> None:
    tables = people(
        registration="""
        person  from        until       known       practice_id  locality
        a       2020-01-01  2024-01-01  2020-01-01  old          coast
        a       2024-01-01  -           2024-01-01  new          hill
        b       2020-01-01  2024-06-15  2020-01-01  left         coast
        c       2020-01-01  -           2020-01-01  stays        coast
        c       2024-06-01  -           2024-07-01  unheard-of   coast
        d       2024-06-16  -           2024-06-01  to-come      coast
        """
    )
    found = living(tables, AS_OF).to_pylist()
    where = {row["person_id"]: (row["practice_id"], row["locality"]) for row in found}
    assert where == {
        "a": ("new", "hill"), "b": (None, None), "c": ("stays", "coast"), "d": (None, None),
    }  # fmt: skip


def test_the_last_event_known_says_where_someone_stands() -> None:
    tables = people(
        programme="""
        person  at          known       event      nurse_id
        a       2024-01-01  2024-01-01  offer      n1
        a       2024-01-01  2024-01-01  accepted   n1
        a       2024-01-01  2024-01-01  enrolment  n1
        a       2024-02-01  2024-02-01  contact    n1
        b       2024-01-01  2024-01-01  offer      n1
        b       2024-01-09  2024-01-09  declined   -
        c       2024-01-01  2024-01-01  enrolment  n2
        c       2024-05-01  2024-05-01  exit       n2
        d       2024-06-01  2024-06-01  offer      n2
        d       2024-06-10  2024-06-20  accepted   n2
        e       2024-06-20  2024-06-01  offer      n2
        """
    )
    found = programme(tables["programme"], AS_OF).to_pylist()
    assert {row["person_id"]: (row["state"], row["nurse_id"]) for row in found} == {
        "a": ("held", "n1"), "b": ("declined", None), "c": ("left", "n2"), "d": ("offered", "n2"),
    }  # fmt: skip


def test_programmes_are_apart() -> None:
    tables = people(
        programme="""
        person  at          event      programme_id
        a       2024-01-01  enrolment  one
        a       2024-02-01  declined   two
        a       2024-03-01  exit       three
        """
    )
    found = programme(tables["programme"], AS_OF).column("state").to_pylist()
    assert sorted(found) == ["declined", "held", "left"]


def test_nobody_is_nobody() -> None:
    tables = people()
    empty = {name: rows.slice(0, 0) for name, rows in tables.items()}
    assert living(empty, AS_OF).num_rows == 0
    assert programme(empty["programme"], AS_OF).num_rows == 0
