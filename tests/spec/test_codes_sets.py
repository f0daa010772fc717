"""Code sets against published cases, and what their files claim of themselves."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.codes import code_set, medicines
from features.codes.frailty import Frailty, frailty
from features.codes.shipped import DATA, age_points

pytestmark = pytest.mark.spec


def union(name: str, codes: list[str]) -> np.ndarray:
    bits = code_set(name).bits("ICD-10", codes)
    return np.array([np.bitwise_or.reduce(bits)], dtype=np.uint64)


def groups(name: str, bits: np.ndarray) -> set[str]:
    held = code_set(name)
    return {g for g, place in held.positions.items() if int(bits[0]) >> place & 1}


def frail(codes: list[str]) -> Frailty:
    """Frailty of one owner."""
    owners = np.zeros(len(codes), np.int64)
    return frailty(owners, 1, pa.array(["ICD-10"] * len(codes)), pa.array(codes))


def test_published_cases(oracles: Path) -> None:
    with (oracles / "comorbidity_icd10_cases.csv").open(newline="") as file:
        cases = list(csv.DictReader(file))
    assert len(cases) == 140
    charlson, elixhauser = code_set("charlson"), code_set("elixhauser")
    for case in cases:
        codes = [code.upper().replace(".", "") for code in case["codes"].split("|")]
        c, e = union("charlson", codes), union("elixhauser", codes)
        age = float(age_points(float(case["age"])))
        found = {
            "charlson_categories": "|".join(sorted(groups("charlson", c))),
            "cci_1987": charlson.index("charlson_1987", c)[0],
            "cci_1987_no_hierarchy": charlson.index("charlson_1987", c, hierarchy=False)[0],
            "cci_quan2011": charlson.index("quan_2011", c)[0],
            "age_points": age,
            "cci_1987_age_adjusted": charlson.index("charlson_1987", c)[0] + age,
            "elixhauser_categories": "|".join(sorted(groups("elixhauser", e))),
            "vw_2009": elixhauser.index("van_walraven_2009", e)[0],
            "lace_charlson_points": charlson.index("lace_2010", c)[0],
            "swiss": elixhauser.index("swiss_sharma_2021", e)[0],
            "hfrs": frail(codes).points[0],
            "hfrs_band": frail(codes).bands[0].as_py(),
            "vw_2009_no_hierarchy": elixhauser.index("van_walraven_2009", e, hierarchy=False)[0],
        }
        for column, value in found.items():
            expected = case[column]
            if column == "hfrs_band":
                assert value == expected, case["case"]
            elif isinstance(value, str):
                assert value == "|".join(sorted(filter(None, expected.split("|")))), case["case"]
            else:
                assert value == float(expected), (case["case"], column)


def test_a_system_that_cannot_be_read_says_so() -> None:
    charlson = code_set("charlson")
    assert charlson.reads("ICD-10-CM")
    assert charlson.reads("ICD-9-CM")
    assert not charlson.reads("SNOMED")
    assert charlson.bits("SNOMED", ["I509"]).tolist() == [0]


@pytest.mark.parametrize(
    ("system", "code", "group"),
    [
        ("ICD-10-CM", "I5032", "chf"),
        ("ICD-10", "I50", "chf"),
        ("ICD-9-CM", "4280", "chf"),
        ("ICD-10-CM", "E1122", "diabwc"),
        ("ICD-9-CM", "25000", "diab"),
    ],
)
def test_prefixes(system: str, code: str, group: str) -> None:
    held = code_set("charlson")
    assert int(held.bits(system, [code])[0]) == 1 << held.positions[group]


def test_short_junk_matches_nothing() -> None:
    assert code_set("charlson").bits("ICD-10-CM", ["E1", "", "I"]).tolist() == [0, 0, 0]


def test_a_code_may_belong_to_two_groups() -> None:
    assert groups("elixhauser", union("elixhauser", ["I110"])) == {"chf", "hypc"}


def test_medicines_are_whole_names() -> None:
    held = medicines()
    known, prefix_only = held.bits("INGREDIENT", ["INSULIN GLARGINE", "INSULIN GLARGINE 2"])
    assert int(known) == 1 << held.positions["insulin"]
    assert int(prefix_only) == 0


def test_social_need() -> None:
    assert code_set("social").bits("ICD-10-CM", ["Z590", "Z602", "Z660"]).tolist() == [1, 1, 0]


def test_every_file_is_as_its_source_page_says() -> None:
    page = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\S+\.csv(?:\.gz)?) .*`([0-9a-f]{64})` \|$", page, re.MULTILINE))
    held = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in DATA.glob("*.csv*")}
    assert told == held
