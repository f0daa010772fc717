"""A flat table as it may come: kinds of file, nulls, bands, codes, exclusions, unseen values."""

from __future__ import annotations

import gzip
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from features.flat import FlatTable, features_of_table, flat_table_of, read_table
from features.flat.coded import code_columns, groups_of
from tests.flat_tables import ORDER, RECIPE, drawn, read, written
from training.question import ask

pytestmark = pytest.mark.spec

SPEC = FlatTable.model_validate(
    tomllib.loads(RECIPE.format(when=ORDER + '\nleave_out = ["day"]'))["table"]
)


def test_every_kind_of_file_says_the_same(tmp_path: Path) -> None:
    table = drawn(40)
    plain = read_table(written(table, tmp_path / "t.csv"), SPEC)
    text = (tmp_path / "t.csv").read_text()
    variants = {
        "bom.csv": b"\xef\xbb\xbf" + text.encode(),
        "windows.csv": text.replace("\n", "\r\n").encode(),
        "semicolons.csv": text.replace(",", ";").encode(),
        "zipped.csv.gz": gzip.compress(text.encode()),
    }
    for name, content in variants.items():
        (tmp_path / name).write_bytes(content)
        assert read_table(tmp_path / name, SPEC).digest == plain.digest, name
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    assert read_table(written(shuffled, tmp_path / "s.csv"), SPEC).digest == plain.digest
    nights = [None if n == "?" else float(n) for n in table["nights"].to_pylist()]
    numbers = table.set_column(table.column_names.index("nights"), "nights", [nights])
    assert read_table(written(numbers, tmp_path / "t.parquet"), SPEC).digest == plain.digest


def test_columns_become_numbers_categories_bands_and_groups(tmp_path: Path) -> None:
    rows = features_of_table(read(drawn(200), SPEC, tmp_path))
    matrix = rows.matrix
    assert rows.matrix.schema.names[:4] == ("nights", "age", "sex", "ward")
    assert set(matrix.column("age")) == {55.0, 65.0, 75.0, 85.0}
    ward = rows.catalogue["ward"]
    assert ward.categories == ("hospice", "north", "south")
    assert ward.say(1.0) == "Ward: north"
    assert rows.catalogue["charlson_chf"].say(1.0) == "Congestive heart failure recorded"
    assert set(matrix.column("charlson_chf")) == {0.0, 1.0}
    assert 0.05 < np.isnan(matrix.column("nights")).mean() < 0.2
    assert "race" not in matrix.schema
    assert set(matrix.rows.column("by_race").to_pylist()) == {"a", "b", "unknown"}


def test_rows_left_out_are_counted_and_still_looked_back_on(tmp_path: Path) -> None:
    table = pa.table(
        {
            "stay": ["1", "2", "3", "4"], "person": ["p", "p", "p", "q"],
            "age": ["[50-60)"] * 4, "sex": ["F"] * 4, "race": ["a"] * 4,
            "ward": ["north", "hospice", "north", "north"], "nights": ["1", "2", "3", "4"],
            "code": ["428.0"] * 4, "back": ["yes", "no", "no", "?"],
        }
    )  # fmt: skip
    rows = features_of_table(read(table, SPEC, tmp_path))
    assert rows.excluded == {"cohort": {"hospice": 1}, "labels": {"outcome_not_known": 1}}
    assert rows.matrix.rows.column("row_id").to_pylist() == ["1", "3"]
    assert rows.matrix.column("stays_before").tolist() == [0, 2]
    assert rows.matrix.column("last_outcome")[1] == 0


def test_a_category_that_the_model_has_not_met_is_null_and_counted(tmp_path: Path) -> None:
    table = read(drawn(200), SPEC, tmp_path)
    rows = features_of_table(table, {"sex": ("F", "M"), "ward": ("north",)})
    ward = rows.matrix.column("ward")
    assert rows.unseen == {"ward": int(np.isnan(ward).sum())}
    assert set(ward[~np.isnan(ward)]) == {0.0}


def test_leading_zeros_of_codes_are_put_back(tmp_path: Path) -> None:
    """042 is HIV; a spreadsheet makes 42 of it, which means nothing."""
    table = drawn(4).slice(0, 4)
    place = table.column_names.index("code")
    opened = read(table.set_column(place, "code", [["42", "042", "V10", "?"]]), SPEC, tmp_path)
    at = [opened.column("code").to_pylist().index(code) for code in ("42", "042", "V10", None)]
    plain, padded = SPEC.codes[0], SPEC.codes[0].model_copy(update={"pad": True})
    aids = list(groups_of(plain)).index("aids")
    assert code_columns(opened, padded)[at, aids] == pytest.approx([1, 1, 0, np.nan], nan_ok=True)
    assert code_columns(opened, plain)[at, aids] == pytest.approx([0, 1, 0, np.nan], nan_ok=True)


def test_the_description_reads_back_as_it_was_written() -> None:
    table = ask("diabetes130").definition
    assert isinstance(table, FlatTable)
    assert flat_table_of(table.to_toml(), "here") == table
