"""Published samples through the real command line and a mapping: counts as their READMEs tell."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from features.readers.ingest import ingest
from features.readers.table.draft import draft_mapping
from features.tables.contract import Tables
from features.tables.history import History
from tests.command import Ran, caseload

pytestmark = pytest.mark.integration

Counts = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def cv19(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("cv19")
    return loaded(third_party / "cv19index_claims", "cv19_claims", folder)


@pytest.fixture(scope="module")
def hes(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("hes")
    return loaded(third_party / "nhs_artificial_hes", "hes", folder)


PLACE: dict[int, Path] = {}


def loaded(source: Path, mapping: object, folder: Path, on_error: str = "reject") -> Ran:
    ran = caseload(
        "ingest", "--from", "table", source, "--mapping", mapping, "--out", folder / "h",
        "--on-error", on_error, "--json", folder=folder,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    PLACE[id(ran)] = folder / "h"
    return ran


def rows_of(ran: Ran) -> Tables:
    history = History.open(PLACE[id(ran)])
    assert history.buckets == 1
    return history.bucket(0)


def tables_of(ran: Ran) -> Counts:
    tables: Counts = ran.answer["tables"]  # type: ignore[assignment]
    for counts in tables.values():
        rejected: dict[str, int] = counts["rejected"]  # type: ignore[assignment]
        kept, merged = int(str(counts["kept"])), int(str(counts["merged"]))
        assert counts["read"] == kept + merged + sum(rejected.values())
    return tables


def count(rows: Tables, table: str, column: str, value: str) -> int:
    return int(pc.sum(pc.equal(rows[table][column], value)).as_py())


def test_cv19_claims_every_row_is_a_stay_or_a_visit(cv19: Ran) -> None:
    assert cv19.answer["inputs"] == {"people": 1_000, "claims": 68_481}
    tables = tables_of(cv19)
    assert cv19.answer["people"] == 1_000
    # 348 inpatient rows, all TRUE, and 2,882 emergency rows; the other 65,251 are visits.
    assert tables["stay"] == {"read": 348 + 2_882, "kept": 1_309, "merged": 1_921, "rejected": {}}
    assert tables["visit"]["read"] == 68_481 - 348 - 2_882
    assert cv19.answer["rejects_file"] is None


def test_cv19_stays_are_people_and_days(cv19: Ran) -> None:
    """348 inpatient claims begin on 346 days of a person; emergency claims on 963."""
    rows = rows_of(cv19)
    assert count(rows, "stay", "setting", "acute") == 346
    assert count(rows, "stay", "setting", "emergency") == 963
    assert len(pc.unique(rows["visit"]["person_id"])) == 673
    people = pc.unique(pc.drop_null(rows["diagnosis"]["person_id"]))
    assert len(people) <= 680
    acute = rows["stay"].filter(pc.equal(rows["stay"]["setting"], "acute"))
    assert acute["discharged_at"].null_count == 0
    # 219 inpatient claims carry both flags, each on a day of its own.
    assert count({**rows, "stay": acute}, "stay", "admission_method", "emergency") == 219


def test_cv19_ages_are_birth_dates_of_a_year(cv19: Ran) -> None:
    rows = rows_of(cv19)
    assert rows["person"]["birth_date"].null_count == 0
    assert History.open(PLACE[id(cv19)]).manifest.precision["person"] == "year"
    assert count(rows, "person", "sex", "female") == 565


def test_hes_every_episode_and_attendance_is_accounted_for(hes: Ran) -> None:
    assert hes.answer["inputs"] == {"apc": 2_075, "ae": 1_000, "op": 1_000}
    tables = tables_of(hes)
    # One artificial death lies before its birth; that person's stays and codes go with it.
    assert tables["person"] == {
        "read": 4_075, "kept": 1_934, "merged": 2_140, "rejected": {"ends_before_start": 1}
    }  # fmt: skip
    # Nothing links in the artificial data: each episode is a spell of its own. One admission date
    # is the placeholder 1801-01-01.
    assert tables["stay"] == {
        "read": 3_075, "kept": 3_069, "merged": 0,
        "rejected": {"missing_value": 1, "unknown_person": 5},
    }  # fmt: skip
    assert tables["visit"] == {"read": 818, "kept": 818, "merged": 0, "rejected": {}}
    left_out: dict[str, dict[str, int]] = hes.answer["left_out"]  # type: ignore[assignment]
    assert left_out["visit"]["rows of op: the appointment was not kept"] == 1_000 - 818


def test_hes_placeholder_dates_are_unknown(hes: Ran) -> None:
    rows = rows_of(hes)
    first = History.open(PLACE[id(hes)]).manifest.first
    assert first is not None
    assert first.year >= 1990
    assert count(rows, "stay", "setting", "emergency") == 1_000
    known = pc.is_valid(rows["stay"]["admission_method"])
    assert pc.all(known).as_py()


SAMPLES = {
    "cv19index_claims": ("cv19_claims", {"person": 69_481, "stay": 3_230, "visit": 65_251}),
    "nhs_artificial_hes": ("hes", {"person": 4_075, "stay": 3_075, "visit": 1_000}),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_draft_of_a_sample_loads(third_party: Path, tmp_path: Path, sample: str) -> None:
    shipped, expected = SAMPLES[sample]
    answer = draft_mapping(third_party / sample, tmp_path / "map.toml")
    assert answer["shipped"] == [shipped]
    report = ingest(
        "table", third_party / sample, tmp_path / "h", mapping=tmp_path / "map.toml",
        on_error="reject",
    )  # fmt: skip
    assert {name: report.tables[name].read for name in expected} == expected
    assert report.tables["stay"].kept > 1_000
