"""A draft of a mapping: what is recognised, what is marked, and what is never written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from features.readers.table.draft import draft_mapping
from features.readers.table.load import load_mapping
from tests.table_files import text_of

pytestmark = pytest.mark.unit

CLAIMS = """
    member_id  claim_id admission_date discharge_date ip_flag discharge_status dob        gender diagnosis_code_1 diagnosis_code_2 paid_amount zip
    SECRETONE  SECRETC1 25/12/2019     31/12/2019     Y       01               13/03/1938 F      I50.9            E11.9            1234.56     SECRETZIP
    SECRETONE  SECRETC2 01/02/2020     -              N       -                13/03/1938 F      J44.9            -                99.10       SECRETZIP
    SECRETTWO  SECRETC3 02/02/2020     14/02/2020     Y       20               30/11/1941 M      I21.4            N18.30           777.77      SECRETZIP
"""  # noqa: E501


def drafted(folder: Path, *, delimiter: str = ",", **files: str) -> str:
    source = folder / "in"
    source.mkdir()
    for name, drawn in files.items():
        (source / f"{name}.csv").write_text(text_of(drawn, delimiter), encoding="utf-8")
    draft_mapping(source, folder / "map.toml")
    return (folder / "map.toml").read_text(encoding="utf-8")


def test_columns_are_recognised_by_name_and_look(tmp_path: Path) -> None:
    draft = drafted(tmp_path, claims=CLAIMS)
    for line in (
        'person_id = "member_id"',
        'birth_date = { column = "dob", date = "%d/%m/%Y" }',
        'admitted_at = { column = "admission_date", date = "%d/%m/%Y" }',
        'discharged_to = { column = "discharge_status", disposition = "UB-04" }',
        'codes = "diagnosis_code_{1..2}"',
        'code_system = { const = "ICD-10-CM" }',
        "# not recognised: zip",
    ):
        assert line in draft


def test_no_cell_of_anybody_is_written(tmp_path: Path) -> None:
    draft = drafted(tmp_path, claims=CLAIMS)
    cells = {cell for line in CLAIMS.strip().splitlines()[1:] for cell in line.split()}
    telling = {cell for cell in cells if len(cell) > 2}
    assert not [cell for cell in telling if cell in draft]


def test_a_draft_loads_as_it_is(tmp_path: Path) -> None:
    drafted(tmp_path, claims=CLAIMS)
    report = ingest(
        "table", tmp_path / "in", tmp_path / "h", mapping=tmp_path / "map.toml", on_error="stop"
    ).to_json()
    tables: dict[str, dict[str, int]] = report["tables"]  # type: ignore[assignment]
    assert {name: tables[name]["kept"] for name in ("person", "stay", "visit", "diagnosis")} == {
        "person": 2, "stay": 2, "visit": 1, "diagnosis": 5
    }  # fmt: skip


def test_the_same_files_give_the_same_draft(tmp_path: Path) -> None:
    first = drafted(tmp_path, claims=CLAIMS)
    draft_mapping(tmp_path / "in", tmp_path / "again.toml")
    assert (tmp_path / "again.toml").read_text(encoding="utf-8") == first


def test_a_day_that_may_be_a_month_is_for_a_person_to_decide(tmp_path: Path) -> None:
    draft = drafted(tmp_path, people="id_person dob\nA 01/02/1940\nB 03/04/1950")
    assert re.search(r"birth_date = .*DECIDE: day or month first", draft)


def test_a_year_of_two_digits_is_named(tmp_path: Path) -> None:
    draft = drafted(tmp_path, people="person_id dob\nA 01/02/40\nB 13/04/50")
    assert re.search(r"birth_date = .*DECIDE: years of two digits", draft)


def test_what_was_not_found_is_to_be_filled_in_before_it_loads(tmp_path: Path) -> None:
    draft = drafted(tmp_path, people="ident dob\nA 1940-02-01")
    assert 'person_id = "FILL_IN"  # FILL IN' in draft
    with pytest.raises(InputError, match="FILL_IN"):
        ingest("table", tmp_path / "in", tmp_path / "h", mapping=tmp_path / "map.toml")


def test_signs_between_cells_and_words_for_unknown_are_found(tmp_path: Path) -> None:
    draft = drafted(
        tmp_path, delimiter=";", people="person_id dob\nA 1801-01-01\nB NULL\nC 1940-01-01"
    )
    assert 'delimiter = ";"' in draft
    assert "unknown_dates = [1801-01-01]" in draft
    assert 'unknown = ["null"]' in draft
    assert load_mapping(tmp_path / "map.toml").files["people"].delimiter == ";"


REST = {
    "dispensing": ("rx", "person_id fill_date ndc days_supply\nA 2020-01-01 00002143380 28",
                   'code_system = { const = "NDC" }'),
    "measurement": ("labs", "person_id collected loinc result units\nA 2020-01-01 4548-4 7.1 %",
                    'code_system = { const = "LOINC" }'),
    "coverage": ("cover", "person_id enrollment_start_date enrollment_end_date\n"
                 "A 2020-01-01 2020-06-30",
                 'to_at = { column = "enrollment_end_date", plus = { amount = 1 } }'),
}  # fmt: skip


@pytest.mark.parametrize("table", REST)
def test_medicines_values_and_enrolment_have_tables_of_their_own(
    tmp_path: Path, table: str
) -> None:
    name, drawn, line = REST[table]
    draft = drafted(tmp_path, **{name: drawn})
    assert f"[[{table}.rows]]" in draft
    assert line in draft
    assert "[[stay.rows]]" not in draft
    load_mapping(tmp_path / "map.toml")


def test_a_file_without_a_header_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not look like names"):
        drafted(tmp_path, people="A 1940-02-01 4711\nB 1950-02-01 4712")
    assert not (tmp_path / "map.toml").exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text("hours of work")
    with pytest.raises(InputError, match="there is a file already"):
        drafted(tmp_path, people="person_id dob\nA 1940-02-01")
    assert (tmp_path / "map.toml").read_text() == "hours of work"
