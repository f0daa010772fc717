"""A mapping file: what it may hold, and what is said where it is wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from features.errors import InputError, NotFoundError
from features.readers.table.load import SCHEMA, load_mapping, mapping_of, schema_json, shipped
from features.tables.schema import TABLES

pytestmark = pytest.mark.unit

GOOD = """
name = "good"
[files.claims]
match = "claims.csv"
[[person.rows]]
file = "claims"
person_id = "id"
[[stay.rows]]
file = "claims"
person_id = "id"
stay_id = "claim"
setting = { const = "acute" }
admitted_at = { column = "from", date = "%d/%m/%Y" }
[[diagnosis.rows]]
file = "claims"
person_id = "id"
stay_id = "claim"
codes = "dx{1..3}"
code_system = { const = "ICD-10-CM" }
"""


def refused(text: str) -> str:
    with pytest.raises(InputError) as error:
        mapping_of(tomllib.loads(text), "map.toml")
    return str(error.value)


def test_a_good_mapping_is_read() -> None:
    mapping = mapping_of(tomllib.loads(GOOD))
    assert mapping.section("diagnosis").rows[0].codes == ("dx1", "dx2", "dx3")
    assert [table for table, _ in mapping.blocks()] == ["person", "stay", "diagnosis"]


FAULTS = {
    "unknown key": (('name = "good"', 'nmae = "good"'), ("key nmae", "did you mean name")),
    "unknown key of a file": (('match = "claims.csv"', 'match = "c"\ndelimitr = ";"'),
                              ("files.claims.delimitr", "did you mean files.claims.delimiter")),
    "unknown column": (("admitted_at =", "admited_at ="),
                       ("stay.rows.0.admited_at", "did you mean stay.rows.0.admitted_at")),
    "unknown key of a value": (("const = ", "konst = "), ("konst", "did you mean", "const")),
    "unknown table": (("[[diagnosis.rows]]", "[[diagnoses.rows]]"), ("did you mean diagnosis",)),
    "missing column": (('person_id = "id"\nstay_id', "stay_id"),
                       ("a key is missing", "stay.rows.0.person_id")),
    "missing name": (('name = "good"', ""), ("a key is missing", "key name")),
    "wrong type": (('match = "claims.csv"', "match = 3"), ("files.claims.match",)),
    "two origins": (('{ const = "acute" }', '{ const = "acute", column = "x" }'),
                    ("setting", "exactly one of")),
    "no origin": (('{ const = "acute" }', '{ missing = "acute" }'), ("exactly one of",)),
    "year of two digits": (("%d/%m/%Y", "%d/%m/%y"), ("admitted_at", "of two centuries")),
    "unknown directive": (("%d/%m/%Y", "%d/%m/%Y %Q"), ("admitted_at", "is written with")),
    "two orders of day and month": (('"%d/%m/%Y"', '["%d/%m/%Y", "%m/%d/%Y"]'),
                                    ("cannot be told apart",)),
    "unknown file": (('file = "claims"\nperson_id = "id"\nstay_id = "claim"\ncodes',
                      'file = "lines"\nperson_id = "id"\nstay_id = "claim"\ncodes'),
                     ("names the file lines",)),
    "unused file": (("[[person.rows]]", '[files.spare]\nmatch = "s"\n[[person.rows]]'),
                    ("no table uses the file spare",)),
    "code and codes": (('codes = "dx{1..3}"', 'codes = "dx{1..3}"\ncode = "dx"'), ("not both",)),
    "neither code nor codes": (('codes = "dx{1..3}"', ""), ("needs codes or code",)),
    "codes that count down": (("dx{1..3}", "dx{3..1}"), ("must count up",)),
    "dates that are fewer": (('codes = "dx{1..3}"', 'codes = "dx{1..3}"\ncode_dates = ["a"]'),
                             ("as many as codes",)),
    "positions that run on without order": (
        ('codes = "dx{1..3}"', 'codes = "dx{1..3}"\npositions = "run_on"'), ("need order",)
    ),
    "combine an unknown column": (
        ("[[stay.rows]]", '[stay]\ncombine = { ended = "last" }\n[[stay.rows]]'),
        ("stay.combine",),
    ),
    "a map of two cases": (
        ('{ const = "acute" }', '{ column = "x", map = { a = "acute", A = "acute" } }'),
        ("differ only in case",),
    ),
    "a condition that says nothing": (
        ("[[stay.rows]]", '[[stay.rows]]\nwhere = [{ column = "x" }]'), ("a condition needs",)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_mapping_is_refused_by_its_key(case: str) -> None:
    (old, new), named = FAULTS[case]
    assert old in GOOD
    message = refused(GOOD.replace(old, new, 1))
    assert all(part in message for part in named), message
    assert "cure:" in message


def test_a_mapping_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(NotFoundError) as error:
        load_mapping("nowhere.toml")
    assert "hes" in str(error.value)
    assert "--draft-mapping" in str(error.value)


@pytest.mark.parametrize("broken", [b"name = ", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(broken)
    with pytest.raises(InputError, match="mapping is no"):
        load_mapping(path)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_is_sound(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping.about
    assert mapping.name == name


def test_the_schema_on_disk_is_that_of_the_code() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_json(), "run make docs"


def test_every_column_of_a_history_is_a_key_of_the_schema() -> None:
    definitions = json.loads(schema_json())["$defs"]
    for name, table in TABLES.items():
        keys = definitions[f"{name.title()}Rows"]["properties"]
        assert {column.name for column in table.columns} <= set(keys)
