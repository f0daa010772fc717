"""Discharge dispositions of others in, words of the History out."""

from __future__ import annotations

import csv
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from features.codes.dispositions import SYSTEMS, destinations, disposition, nhs_disposition
from features.errors import InputError
from features.tables.schema import TABLES
from tests.drawn import draw

pytestmark = pytest.mark.spec

EXAMPLES = """
    | system  | code    | discharged_to    |
    | UB-04   | 01      | home             |
    | UB-04   | 1       | home             |
    | UB-04   | 03      | nursing_facility |
    | UB-04   | 07      | against_advice   |
    | UB-04   | 20      | died             |
    | UB-04   | 30      |                  |
    | UB-04   | 51      | hospice          |
    | UB-04   | 62      | rehabilitation   |
    | UB-04   | 93      | psychiatric      |
    | HL7     | hosp    | hospice          |
    | HL7     | exp     | died             |
    | HL7     | HOME    | home             |
    | DISDEST | 19      | home             |
    | DISDEST | 51      | acute            |
    | DISDEST | 85      | nursing_facility |
    | DISDEST | 98      |                  |
    | DISMETH | 2       | against_advice   |
    | DISMETH | 4       | died             |
    | DISMETH | 1       |                  |
"""


@pytest.mark.parametrize("row", draw(EXAMPLES), ids=str)
def test_a_code_in_words(row: dict[str, object]) -> None:
    found = disposition(str(row["code_system"]), pa.array([str(row["code"])]))
    assert found.to_pylist() == [row["discharged_to"]]


def test_unknown_is_null_and_what_no_list_has_is_handed_on() -> None:
    given = pa.array([" 06 ", None, "", "  ", "77", " Q1 "])
    assert disposition("UB-04", given).to_pylist() == ["home_health", None, None, None, "77", "Q1"]


def test_an_integer_column_is_read_too() -> None:
    assert disposition("UB-04", pa.array([1, 20, None])).to_pylist() == ["home", "died", None]


def test_a_death_or_a_self_discharge_is_told_by_the_method() -> None:
    destination = pa.array(["19", "19", "79", "51", None, "98", "19"])
    method = pa.array(["1", "2", "4", None, "4", "8", "3"])
    assert nhs_disposition(destination, method).to_pylist() == [
        "home", "against_advice", "died", "acute", "died", None, "home"
    ]  # fmt: skip


def test_every_word_is_one_of_the_history() -> None:
    allowed = {*TABLES["stay"].column("discharged_to").allowed, None}
    for system in SYSTEMS:
        assert set(destinations(system).values()) <= allowed


def test_the_list_serves_a_relational_mapping() -> None:
    text = ibis.memtable(pa.table({"code": ["exp", "snf", "??"]})).code
    cases = text.upper().cases(*destinations("HL7").items(), else_=text)
    assert ibis.duckdb.connect().to_pyarrow(cases).to_pylist() == ["died", "nursing_facility", "??"]


def test_another_list_is_refused() -> None:
    with pytest.raises(InputError, match="no list of discharge dispositions"):
        disposition("UB-92", pa.array(["01"]))


def test_every_published_ub04_code_is_read_in_its_group(third_party: Path) -> None:
    page = third_party.parent / "reference" / "discharge_disposition_ub04.csv"
    with page.open(newline="") as file:
        rows = list(csv.DictReader(file))
    ours = {
        "acute_transfer": "acute", "snf": "nursing_facility", "long_term": "nursing_facility",
        "ama": "against_advice", "irf": "rehabilitation", "psych": "psychiatric", "ltch": "other",
        "still_in": None,
    }  # fmt: skip
    found = disposition("UB-04", pa.array([row["code"] for row in rows])).to_pylist()
    assert len(rows) == 40
    assert found == [ours.get(row["group"], row["group"]) for row in rows]
