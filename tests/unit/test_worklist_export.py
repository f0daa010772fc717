"""A list as CSV, XLSX and JSON: columns, same bytes, no formula, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from features.errors import InputError
from serving.worklist.domain import Action, Entry, Flag, Run, Why
from serving.worklist.export import FORMS, form_of, write_whole

pytestmark = pytest.mark.unit

AS_OF = datetime.fromisoformat("2025-01-01")
RUN = Run("guided_care", AS_OF, {"complexity": "3"}, 9, 4, 0.25, 8, 55, 1, 0.01, "d")
FIRST = Entry(
    1, 1, "p1", "guided_care", "north", None, "nurse of north", Action.INVITE, "complexity", "3",
    AS_OF, 0.1 + 0.2, 99.5, -1.5, 0.9, ("age",),
    (Why("use", 0.5, "2 admissions, 9 nights", "", True), Why("social", 0.1, "alone", "", True)),
    (),
)  # fmt: skip
REVIEW = replace(
    FIRST, position=2, rank=None, person_id="p2", action=Action.REVIEW, nurse_id=None, risk=None,
    percentile=None, base=None, reasons=(), flags=(Flag.INSUFFICIENT, Flag.NO_PRACTICE),
    index_at=datetime.fromisoformat("2024-12-31 13:05:00"),
)  # fmt: skip
COLUMNS = (
    "rank,person_id,lane,practice_id,locality,nurse_id,action,model,model_version,index_at,as_of,"
    "risk,percentile,completeness,reason_1,reason_2,reason_3,flags"
)


def as_csv(*entries: Entry) -> list[dict[str, str]]:
    text = FORMS[".csv"](RUN, entries).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_the_columns_of_the_contract_in_order() -> None:
    assert FORMS[".csv"](RUN, []).decode() == COLUMNS + "\n"


def test_csv_rows() -> None:
    first, review = as_csv(FIRST, REVIEW)
    assert first["rank"] == "1"
    assert float(first["risk"]) == 0.1 + 0.2, "the exact risk, as every other door gives it"
    assert (first["as_of"], first["index_at"]) == ("2025-01-01", "2025-01-01")
    assert (first["reason_1"], first["reason_3"]) == ("2 admissions, 9 nights", "")
    assert (review["rank"], review["risk"], review["nurse_id"]) == ("", "", "")
    assert review["flags"] == "insufficient|no_practice"
    assert review["index_at"] == "2024-12-31T13:05:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'"])
def test_no_cell_of_a_csv_begins_a_formula(start: str) -> None:
    row = as_csv(replace(FIRST, person_id=f"{start}cmd|' /C calc'!A0"))[0]
    assert row["person_id"] == f"'{start}cmd|' /C calc'!A0"


def test_xlsx_holds_text_as_text_and_never_a_formula() -> None:
    content = FORMS[".xlsx"](RUN, [replace(FIRST, person_id="=1+1", practice_id="007")])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in texts
    assert "<t>007</t>" in texts


def test_json_says_what_the_list_is() -> None:
    whole = json.loads(FORMS[".json"](RUN, [FIRST, REVIEW]))
    assert whole["cut"] == {"value": 0.25, "count": 8}
    assert whole["models"] == {"complexity": "3"}
    assert [row["person_id"] for row in whole["rows"]] == ["p1", "p2"]
    assert list(whole["rows"][0]) == COLUMNS.split(",")


@pytest.mark.parametrize("ending", sorted(FORMS))
def test_the_same_list_gives_the_same_bytes(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    once = FORMS[ending](RUN, [FIRST, REVIEW])
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert FORMS[ending](RUN, [FIRST, REVIEW]) == once


def test_an_ending_we_do_not_know_is_refused(tmp_path: Path) -> None:
    assert form_of(tmp_path / "LIST.CSV") is FORMS[".csv"]
    with pytest.raises(InputError, match=r"\.csv, \.xlsx, \.json"):
        form_of(tmp_path / "list.pdf")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "new" / "list.csv"
    write_whole(out, b"one")
    write_whole(out, b"two")
    assert out.read_bytes() == b"two"
    assert list(out.parent.iterdir()) == [out]
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(out / "list.csv", b"three")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(tmp_path / "folder.csv", b"four")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
