"""Groups for the audit: as they stood at the index moment, unknown where nobody says."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from features.tables.history import History, HistoryWriter
from tests.drawn import people
from training.groups import groups_of

pytestmark = pytest.mark.unit

MOMENTS = [("p2", "2020-06-01"), ("p1", "2020-06-01"), ("p1", "2021-06-01"), ("p3", "2019-01-01")]


@pytest.fixture
def history(tmp_path: Path) -> History:
    tables = people(
        person="""
            person  birth       sex     ethnicity
            p1      1946-01-01  female  -
            p2      1931-01-01  male    black
            p3      -           male    white
        """,
        registration="""
            person  from        until       locality  deprivation  practice_id
            p1      2015-01-01  2021-01-01  north     10           a
            p1      2021-01-01  -           south     40           b
            p2      2015-01-01  -           north     20           a
            p3      2020-01-01  -           south     30           b
        """,
    )
    with HistoryWriter(
        tmp_path / "h", source="drawn", buckets=1, precision={}, delays={}
    ) as writer:
        writer.write(0, tables)
    return History.open(tmp_path / "h")


def grouped(history: History) -> dict[str, list[str]]:
    ids, days = zip(*MOMENTS, strict=True)
    moments = pa.table(
        {"person_id": pa.chunked_array([ids]), "index_at": pa.array(days).cast(pa.timestamp("us"))}
    )
    return {name: levels.to_pylist() for name, levels in groups_of(history, moments).items()}


def test_each_row_has_the_level_of_its_person_and_day(history: History) -> None:
    found = grouped(history)
    assert found["sex"] == ["male", "female", "female", "male"]
    assert found["age"] == ["85 and over", "65-74", "75-84", "unknown"]
    assert found["ethnicity"] == ["black", "unknown", "unknown", "white"]


def test_a_place_is_the_one_in_force_at_the_moment(history: History) -> None:
    found = grouped(history)
    assert found["locality"] == ["north", "north", "south", "unknown"]


def test_deprivation_is_in_fifths_from_the_least(history: History) -> None:
    assert grouped(history)["deprivation"] == ["3", "1 (least)", "5 (most)", "unknown"]


def test_an_attribute_that_nobody_has_is_left_out(tmp_path: Path) -> None:
    with HistoryWriter(
        tmp_path / "h", source="drawn", buckets=1, precision={}, delays={}
    ) as writer:
        writer.write(0, people(person="person birth sex\np1 1940-01-01 male"))
    moments = pa.table(
        {
            "person_id": pa.chunked_array([["p1"]]),
            "index_at": pa.array(["2020-01-01"]).cast(pa.timestamp("us")),
        }
    )
    assert set(groups_of(History.open(tmp_path / "h"), moments)) == {"sex", "age"}
