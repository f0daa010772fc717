"""Files as other programs and systems leave them: read all the same, or refused by what is odd."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from features.readers.ingest import ingest
from features.tables.history import History
from tests.synthea_files import write_export

pytestmark = pytest.mark.integration


def kept(source: Path, out: Path) -> dict[str, int]:
    """Rows of each table of the History made of a Synthea export."""
    return {name: count.kept for name, count in ingest("synthea", source, out).tables.items()}


def test_a_folder_behind_a_link_is_read_once(tmp_path: Path) -> None:
    plain = kept(write_export(tmp_path / "in"), tmp_path / "a")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "data").symlink_to(tmp_path / "in")
    (tmp_path / "linked" / "again").symlink_to(tmp_path / "linked")
    assert kept(tmp_path / "linked", tmp_path / "b") == plain


@pytest.mark.parametrize("packed", [False, True])
def test_names_in_capitals_are_read(tmp_path: Path, packed: bool) -> None:
    plain = kept(write_export(tmp_path / "in", gz=packed), tmp_path / "a")
    (tmp_path / "big").mkdir()
    for path in (tmp_path / "in").iterdir():
        (tmp_path / "big" / path.name.upper()).write_bytes(path.read_bytes())
    assert kept(tmp_path / "big", tmp_path / "b") == plain


def test_a_column_named_filename_is_as_good_as_any(tmp_path: Path) -> None:
    source = write_export(tmp_path / "in", conditions="""
        START      | PATIENT | ENCOUNTER | CODE     | filename
        2020-01-01 | A       | e1        | 44054006 | x
    """)  # fmt: skip
    ingest("synthea", source, tmp_path / "out", on_error="reject")


@pytest.mark.parametrize(
    ("name", "pack", "odd"),
    [
        ("patients.csv", gzip.compress, "gzipped and not named .gz"),
        ("patients.csv.gz", bytes, "named .gz and is not gzipped"),
    ],
)
def test_a_file_whose_name_hides_what_it_is_is_refused(
    tmp_path: Path, name: str, pack: Any, odd: str
) -> None:
    source = write_export(tmp_path / "in")
    data = (source / "patients.csv").read_bytes()
    (source / "patients.csv").unlink()
    (source / name).write_bytes(pack(data))
    with pytest.raises(InputError, match=odd) as error:
        ingest("synthea", source, tmp_path / "out")
    assert name in str(error.value)


def parquet(folder: Path, **changed: Mapping[str, pa.Array]) -> Path:
    """A small export as Parquet, columns exchanged as `changed` says by table."""
    at = [datetime.fromisoformat(f"2020-0{month}-01T10:00") for month in (1, 2)]
    tables: dict[str, dict[str, Any]] = {
        "patients": {
            "Id": ["1", "2"], "BIRTHDATE": [date(1940, 1, 2), date(1950, 3, 4)],
            "DEATHDATE": pa.nulls(2, pa.date32()), "GENDER": ["F", "M"],
        },
        "encounters": {
            "Id": ["7", "8"], "PATIENT": ["1", "2"], "START": at, "STOP": at,
            "ENCOUNTERCLASS": ["inpatient", "inpatient"],
        },
        "conditions": {
            "START": at, "PATIENT": ["1", "2"], "ENCOUNTER": ["7", "8"],
            "CODE": ["44054006", "38341003"],
        },
    }  # fmt: skip
    folder.mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table({**columns, **changed.get(name, {})}), folder / f"{name}.parquet")
    return folder


def digest(source: Path, out: Path) -> str:
    ingest("synthea", source, out)
    return History.open(out).digest


NUMBERS: dict[str, dict[str, pa.Array]] = {
    "patients": {"Id": pa.array([1, 2]), "BIRTHDATE": pa.array([19400102, 19500304])},
    "encounters": {"Id": pa.array([7, 8]), "PATIENT": pa.array([1, 2], pa.int16())},
    "conditions": {
        "PATIENT": pa.array([1.0, 2.0]), "ENCOUNTER": pa.array([7.0, 8.0]),
        "CODE": pa.array([44054006.0, 38341003.0]),
    },
}  # fmt: skip
"""Ids, codes and dates as numbers, floating where a column once had a gap."""


def test_ids_codes_and_dates_may_be_numbers_in_parquet(tmp_path: Path) -> None:
    plain = digest(parquet(tmp_path / "in"), tmp_path / "a")
    assert digest(parquet(tmp_path / "numbers", **NUMBERS), tmp_path / "b") == plain


@pytest.mark.parametrize(
    ("column", "values", "type_"),
    [
        ("BIRTHDATE", pa.array([1.5, 2.5]), "float64"),
        ("BIRTHDATE", pa.array([True, False]), "boolean"),
        ("GENDER", pa.array([["F"], ["M"]]), "array"),
    ],
)
def test_a_type_that_cannot_hold_a_column_is_named(
    tmp_path: Path, column: str, values: pa.Array, type_: str
) -> None:
    source = parquet(tmp_path / "in", patients={column: values})
    with pytest.raises(InputError, match=f"(?s){type_}.*cannot hold.*column {column}"):
        ingest("synthea", source, tmp_path / "out")


def test_a_day_that_is_none_is_rejected_where_it_is_a_number_too(tmp_path: Path) -> None:
    source = parquet(tmp_path / "in", patients={"BIRTHDATE": pa.array([19400102, 19500231])})
    report = ingest("synthea", source, tmp_path / "out", on_error="reject")
    assert report.tables["person"].rejected == {"impossible_date": 1}
