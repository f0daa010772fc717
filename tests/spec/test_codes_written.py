"""Codes as people write them in, codes as History writes them out."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.codes.code import Code
from features.codes.readable import unreadable
from features.codes.systems import SYSTEMS, System, fits, normal, normal_pairs
from tests.drawn import draw

pytestmark = pytest.mark.spec

WRITTEN = """
    | system     | text           | code        |
    | ICD-10-CM  | i50.32         | I5032       |
    | ICD-10-CM  | C4A.0          | C4A0        |
    | ICD-10-CM  | S72.8X1A       | S728X1A     |
    | ICD-10     | I10X           | I10         |
    | ICD-10     | I10.X          | I10         |
    | ICD-10     | I10X-          | I10         |
    | ICD-10     | E11.9-         | E119        |
    | ICD-10     | A39.0†         | A390        |
    | ICD-10     | G01*           | G01         |
    | ICD-10     | A390 D         | A390        |
    | ICD-10     | G01X-A         | G01         |
    | ICD-9-CM   | 428.0          | 4280        |
    | ICD-9-CM   | 008.45         | 00845       |
    | ICD-9-CM   | V45.81         | V4581       |
    | ICD-9-CM   | e850.0         | E8500       |
    | ICD-9-PCS  | 38.93          | 3893        |
    | ICD-9-PCS  | 00.66          | 0066        |
    | ICD-10-PCS | 02703zz        | 02703ZZ     |
    | OPCS-4     | w37.1          | W371        |
    | NDC        | 0002-1433-80   | 00002143380 |
    | NDC        | 50242-040-62   | 50242004062 |
    | NDC        | 60575-4112-1   | 60575411201 |
    | NDC        | 00002-1433-80  | 00002143380 |
    | RXNORM     | 00000161       | 161         |
    | ATC        | C03 CA01       | C03CA01     |
    | CCS        | 0049           | 49          |
    | HCPCS      | j1234          | J1234       |
    | CPT        | 0001a          | 0001A       |
    | LOINC      | 2160-0         | 2160-0      |
    | SNOMED     | 44054006       | 44054006    |
    | INGREDIENT | Metformin      | METFORMIN   |
"""

NOT_CODES = """
    | system     | text        | why                                                    |
    | ICD-9-CM   | 25.0        | not 250: the dot is in the wrong place                 |
    | ICD-9-CM   | 4280.1      | a dot after four digits                                |
    | ICD-10-CM  | E1          | too short                                              |
    | ICD-10     | 4280        | a code of ICD-9-CM                                     |
    | NDC        | 1234567890  | ten digits without hyphens: three ways to fill them up |
    | NDC        | 1234-567-89 | nine digits                                            |
    | CPT        | 99213-25    | a modifier belongs to another column                   |
    | SNOMED     | 44054007    | check digit                                            |
    | LOINC      | 2160-1      | check digit                                            |
    | ICD-10-PCS | 0270OZZ     | the letter O                                           |
    | ATC        | C0          | half a class                                           |
    | UNKNOWN    | 1           | no such system                                         |
"""


@pytest.mark.parametrize("row", draw(WRITTEN), ids=str)
def test_a_code_as_history_writes_it(row: dict[str, object]) -> None:
    system, given = str(row["code_system"]), pa.array([f" {row['text']} "])
    found = normal(system, given)
    assert found.to_pylist() == [row["code"]]
    assert fits(system, found).all()


@pytest.mark.parametrize("row", draw(NOT_CODES), ids=str)
def test_what_is_no_code_is_kept_as_it_came(row: dict[str, object]) -> None:
    system, given = str(row["code_system"]), str(row["text"])
    found = normal(system, pa.array([f" {given.lower()}"]))
    assert found.to_pylist() == [given.upper()]
    assert not fits(system, found).any()


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.name)
def test_the_examples_of_the_reference_are_codes(system: System) -> None:
    assert system.examples
    assert fits(system.name, normal(system.name, pa.array(system.examples))).all()


def test_a_blank_is_no_code() -> None:
    assert normal("ICD-10", pa.array(["", "  ", None])).to_pylist() == [None, None, None]


def test_each_code_of_a_column_by_the_system_beside_it() -> None:
    systems = pa.array(["ICD-10", "ICD-10-CM", "ICD-9-CM", None, "ICD-10", "LOCAL"])
    codes = pa.array(["I10X", "I10X", "401.9", "401.9", None, "a.b"])
    assert normal_pairs(systems, codes).to_pylist() == [
        "I10", "I10X", "4019", "401.9", None, "A.B"
    ]  # fmt: skip


def test_a_column_without_rows() -> None:
    nothing = pa.array([], pa.string())
    assert normal_pairs(nothing, nothing).to_pylist() == []
    assert unreadable(nothing, nothing).to_pylist() == []


def test_two_ways_of_writing_are_one_value() -> None:
    one, other = Code.of("NDC", "0002-1433-80"), Code.of("NDC", "00002143380")
    assert one == other
    assert str(one) == "00002-1433-80"
    assert str(Code.of("ICD-10", "i10x")) == "I10"
    assert str(Code.of("ICD-9-CM", "E8500")) == "E850.0"
    assert Code.of("ICD-9-CM", "4280") != Code.of("ICD-10", "4280")
    with pytest.raises(ValueError, match="blank"):
        Code.of("ICD-10", " ")


def test_why_a_code_cannot_be_read() -> None:
    systems = pa.array(["ICD-10-CM", "ICD-10-CM", "SNOMED", "SNOMED", "LOCAL", "ICD-10", None])
    codes = pa.array(["I509", "123", "44054006", "44054007", "X", None, "X"])
    written = [
        None, "not written as a code of ICD-10-CM", None, "the check digit of SNOMED is wrong",
        None, None, None,
    ]  # fmt: skip
    assert unreadable(systems, codes).to_pylist() == written
    by_set = unreadable(systems, codes, by=["charlson", "social"]).to_pylist()
    assert by_set[0] is None
    assert by_set[2] == "no code set or crosswalk reads SNOMED"
    assert by_set[4] == "no code set or crosswalk reads LOCAL"
