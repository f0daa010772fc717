"""Flat tables and recipes that will not do, through the real command line: what, where, cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.command import caseload_here
from tests.flat_tables import ORDER, drawn, recipe, written
from tests.refused import refused

pytestmark = pytest.mark.integration

Change = Callable[[pa.Table], pa.Table]
SECRET = "p3-of-Elm-Street"


def put(column: str, value: str | None, *, row: int = 3) -> Change:
    """Another cell in one row (counted from 1)."""

    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row - 1] = value
        return table.set_column(table.column_names.index(column), column, [values])

    return change


def fill(column: str, value: str) -> Change:
    return lambda t: t.set_column(t.column_names.index(column), column, [[value] * len(t)])


CASES: dict[str, tuple[Change, str, str]] = {
    "no column": (lambda t: t.drop_columns(["ward"]), "the column ward is missing", "header line"),
    "twice": (
        lambda t: t.append_column("ward", t["ward"]), "the column ward stands twice", "header line"
    ),
    "no person": (put("person", "?"), "1 rows have no person", "row 3, column person"),
    "no id": (put("stay", ""), "1 rows have no stay", "row 3, column stay"),
    "same id": (put("stay", "000000"), "1 ids stand on more than one row", "column stay"),
    "text": (put("nights", SECRET), "here is no number", "row 3, column nights"),
    "no band": (put("age", SECRET), "no band with two ends", "row 3, column age"),
    "outcome": (put("back", SECRET), "an outcome that the recipe does not know", "row 3"),
    "one outcome": (fill("back", "no"), "all of them have the same outcome", "column back"),
    "no outcome": (fill("back", "?"), "no row is asked and has an outcome", "column back"),
    "all left out": (fill("ward", "hospice"), "no row is asked", "column back"),
    "too few": (lambda t: t.slice(0, 40), "too little to learn from", "labelled rows"),
    "no row": (lambda t: t.slice(0, 0), "a header line and no row", "t.csv"),
    "an unnamed text column": (
        lambda t: t.append_column("note", [[SECRET] * len(t)]), "here is no number", "column note"
    ),
    "what may not score": (
        lambda t: t.append_column("Religion", [["1"] * len(t)]), "for audit only", "key table"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_table_that_will_not_do_is_refused(case: str, tmp_path: Path) -> None:
    change, what, where = CASES[case]
    written(change(drawn(120)), tmp_path / "t.csv")
    ran = caseload_here("train", recipe(tmp_path), "--table", "t.csv", folder=tmp_path)
    message = refused(ran, (SECRET,))
    assert what in message
    assert where in message
    assert not (tmp_path / "var").exists()


FILES: dict[str, tuple[str, bytes, str]] = {
    "not there": ("u.csv", b"", "the source does not exist"),
    "empty": ("t.csv", b"", "the file is empty"),
    "no text": ("t.csv", b"stay,person\n\xff\xfe\x00", "cannot be read"),
    "no Parquet": ("t.parquet", b"PAR1 no more", "the table cannot be read"),
    "no gzip": ("t.csv.gz", b"stay,person\n", "named .gz and is not gzipped"),
    "a spreadsheet": ("t.xlsx", b"PK", "this is no table"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read_is_refused(case: str, tmp_path: Path) -> None:
    name, content, what = FILES[case]
    (tmp_path / name.replace("u.csv", "t.csv")).write_bytes(content)
    ran = caseload_here("train", recipe(tmp_path), "--table", name, folder=tmp_path)
    assert what in refused(ran)


def test_a_line_with_more_cells_is_named(tmp_path: Path) -> None:
    lines = written(drawn(40), tmp_path / "t.csv").read_text().splitlines()
    lines[4] += ",more"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    ran = caseload_here("train", recipe(tmp_path), "--table", "t.csv", folder=tmp_path)
    assert "line 5" in refused(ran)


RECIPES: dict[str, tuple[str, str, str]] = {
    "unknown key": ('group = "person"', 'groop = "person"', "did you mean"),
    "protected scores": ('["sex", "ward"]', '["sex", "ward", "race"]', "has two roles"),
    "outcome scores": ('["sex", "ward"]', '["sex", "ward", "back"]', "has two roles"),
    "outcome of a row not settled": ('known = "next_row"\n', "", "are settled by then"),
    "no order": (ORDER, "", "name an order or time column"),
    "later rows": ('how = "rows"', 'how = "later"', "change it"),
    "rows of a group": ('how = "rows"', 'how = "all_rows"', "change it"),
    "no code set": ('set = "charlson"', 'set = "chopin"', "there is no code set chopin"),
    "no domain": ('domain = "use"', 'domain = "usage"', "there is no clinical domain usage"),
    "a label beside": ("seed = 4\n", 'seed = 4\nlabel = "need"\n', "[table.outcome]"),
    "no baseline": ('"two_stays", "last_time"]', '"two_stay"]', "use logistic"),
}  # fmt: skip


@pytest.mark.parametrize("case", RECIPES)
def test_a_recipe_that_will_not_do_is_refused(case: str, tmp_path: Path) -> None:
    old, new, cure = RECIPES[case]
    path = recipe(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    written(drawn(40), tmp_path / "t.csv")
    ran = caseload_here("train", path, "--table", "t.csv", folder=tmp_path)
    assert cure in refused(ran)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("train", "readmission", "--table", "t.csv"), "this needs a History"),
        (("matrix", "readmission", "--table", "t.csv", "--out", "m.parquet"), "needs a History"),
        (("train", "diabetes130", "--history", "h"), "this needs a flat table"),
        (("train", "diabetes130"), "this needs a flat table"),
        (("train", "readmission"), "this needs a History"),
        (("train", "diabetes130", "--table", "t", "--history", "h"), "are both given"),
    ],
)
def test_the_other_kind_of_data_is_refused(
    arguments: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    assert what in refused(caseload_here(*arguments, folder=tmp_path))
