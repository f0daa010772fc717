"""People in memory: what is filled in, and what is refused with a cure."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from features.errors import InputError
from features.tables.memory import tables_of
from features.tables.schema import TABLES
from tests.drawn import draw, people

pytestmark = pytest.mark.unit

PERSON = {"person_id": "p1", "sex": "male"}


def test_all_ten_tables_are_there_in_canonical_types() -> None:
    tables = tables_of({"person": [PERSON]})
    assert list(tables) == list(TABLES)
    assert all(rows.schema.equals(TABLES[name].schema) for name, rows in tables.items())


def test_python_dates_and_iso_text_give_the_same_tables() -> None:
    spoken = {"person_id": "p1", "from_at": "2020-01-01", "known_at": "2020-01-01T00:00:00"}
    typed = spoken | {"from_at": date(2020, 1, 1), "known_at": datetime(2020, 1, 1)}  # noqa: DTZ001
    first, second = (
        tables_of({"person": [PERSON], "coverage": [row | {"kind": "all"}]})
        for row in (spoken, typed)
    )
    assert first["coverage"].equals(second["coverage"])


@pytest.mark.parametrize(
    ("rows", "what", "where"),
    [
        ({"patient": []}, "there is no table patient", "tables given"),
        ({"person": [PERSON | {"age": 80}]}, "has no column age", "rows given"),
        ({"person": [{"person_id": "p1"}]}, "has no column sex", "table person"),
        ({"person": [PERSON | {"sex": None}]}, "missing", "column sex"),
        ({"person": [PERSON | {"sex": "m"}]}, "allowed", "column sex"),
        ({"person": [PERSON | {"birth_date": "1940-13-01"}]}, "calendar", "column birth_date"),
        ({"person": [PERSON | {"birth_date": 3.5}]}, "cannot hold a date", "column birth_date"),
        ({"person": [PERSON, PERSON | {"sex": "female"}]}, "different things", "person_id"),
        ({"person": [PERSON | {"sex": 1}, PERSON]}, "several types", "column sex"),
        ({"coverage": [{"person_id": "p1", "from_at": "2020-01-01", "known_at": "2020-01-01",
                        "kind": "all"}]}, "no row in the table person", "table coverage"),
        ({"person": [PERSON | {"death_known": datetime(2020, 1, 1, tzinfo=UTC)}]},
         "calendar", "column death_known"),
        ({"person": pa.table({"person_id": ["p1"], "sex": ["male"],
                              "death_known": pa.array([0], pa.timestamp("us", "UTC"))})},
         "time zone", "column death_known"),
    ],
)  # fmt: skip
def test_what_is_refused(rows: dict[str, object], what: str, where: str) -> None:
    with pytest.raises(InputError) as refused:
        tables_of(rows)  # type: ignore[arg-type]
    assert what in refused.value.what
    assert where in refused.value.where
    assert refused.value.cure


def test_no_value_of_a_bad_row_is_in_the_message() -> None:
    with pytest.raises(InputError) as refused:
        tables_of({"person": [PERSON | {"birth_date": "1933-02-31", "sex": "secret"}]})
    assert "1933" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_exact_copies_are_one_row() -> None:
    assert len(tables_of({"person": [PERSON, dict(PERSON)]})["person"]) == 1


def test_drawn_people_are_complete() -> None:
    tables = people(
        stay="""
            person_id admitted_at discharged_at
            a         2020-01-01  2020-01-05
            b         2020-02-01  -
        """,
        diagnosis="""
            person | stay | code
            a      | s1   | I50.9
        """,
    )
    assert sorted(tables["person"]["person_id"].to_pylist()) == ["a", "b"]
    assert tables["coverage"]["kind"].to_pylist() == ["all", "all"]
    stays = {row["stay_id"]: row for row in tables["stay"].to_pylist()}
    assert stays["s1"]["discharged_to"] == "home"
    assert stays["s1"]["coded_known"] == stays["s1"]["discharged_at"]
    assert stays["s2"]["discharged_known"] is None
    (fact,) = tables["diagnosis"].to_pylist()
    assert fact["at"] == stays["s1"]["admitted_at"]
    assert fact["known_at"] == stays["s1"]["coded_known"]


def test_a_drawing_reads_blanks_bars_and_dashes() -> None:
    assert draw("stay cost\n s1 12\n s2 -") == [
        {"stay_id": "s1", "cost": 12},
        {"stay_id": "s2", "cost": None},
    ]
    assert draw("text | value\n ---|---\n two words | 1.5\n  | 2") == [
        {"text": "two words", "value": 1.5},
        {"text": None, "value": 2},
    ]
