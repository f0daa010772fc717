"""Three real Synthea exports: every row accounted for, counts as their makers tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from features.readers.ingest import ingest
from features.readers.report import IngestReport
from features.readers.synthea_layout import LEFT_OUT
from features.tables.history import History, verify
from tests.command import caseload

pytestmark = pytest.mark.integration

NAMES = ("synthea_hospital_records", "synthea_csv_22", "synthea_csv_27nj")


@dataclass(frozen=True)
class Read:
    history: History
    report: IngestReport

    def table(self, name: str) -> pa.Table:
        parts = [self.history.bucket(n, [name])[name] for n in range(self.history.buckets)]
        return pa.concat_tables(parts)

    def settings(self, name: str) -> Counter[str]:
        return Counter(self.table(name)["setting"].to_pylist())

    def kept(self) -> Mapping[str, int]:
        return {name: count.kept for name, count in self.report.tables.items() if count.kept}


@pytest.fixture(scope="module")
def reads(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Read]:
    made = {}
    for name in NAMES:
        out = tmp_path_factory.mktemp(name) / "h"
        report = ingest("synthea", third_party / name, out)
        made[name] = Read(History.open(out), report)
    return made


def test_the_hospital_records_are_those_their_publisher_counts(reads: Mapping[str, Read]) -> None:
    read = reads["synthea_hospital_records"]
    assert read.settings("stay") == {"acute": 1135, "emergency": 2322}
    assert read.settings("visit") == {
        "outpatient": 12_537 + 6_300, "other": 3_666, "primary_care": 1_931
    }  # fmt: skip
    assert read.kept() == {
        "person": 974, "registration": 974, "stay": 1_135 + 2_322,
        "visit": 27_891 - 1_135 - 2_322, "diagnosis": 8_350, "procedure": 47_701,
    }  # fmt: skip
    person = read.table("person")
    assert len(person) - person["death_date"].null_count == 154


def test_409_of_1135_stays_are_followed_by_another_and_143_overlap_it(
    reads: Mapping[str, Read],
) -> None:
    """A stay is compared with the person's next by start: it begins before the end, or up to 30
    times 24 hours after."""
    stays = reads["synthea_hospital_records"].table("stay").select(
        ["person_id", "admitted_at", "discharged_at", "stay_id", "setting"]
    )  # fmt: skip
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for person, start, end, _, setting in zip(*(c.to_pylist() for c in stays.columns), strict=True):
        if setting == "acute":
            spans.setdefault(person, []).append((start, end))
    pairs = [
        (end, after)
        for of_person in map(sorted, spans.values())
        for (_, end), (after, _) in pairwise(of_person)
    ]
    assert len(spans) == 153
    assert sum(timedelta(0) <= after - end <= timedelta(30) for end, after in pairs) == 409
    assert sum(after < end for end, after in pairs) == 143


def test_the_export_with_claims_is_read_whole(reads: Mapping[str, Read]) -> None:
    read = reads["synthea_csv_22"]
    assert read.settings("stay") == {"acute": 15, "emergency": 35}
    assert read.settings("visit").total() == 1_361 - 15 - 35
    assert read.report.inputs == {
        "patients": 22, "encounters": 1_361, "providers": 83, "conditions": 976,
        "procedures": 1_771, "medications": 1_905, "observations": 16_959,
        "payer_transitions": 1_257,
    }  # fmt: skip
    of = read.report.tables
    reasons = of["diagnosis"].read - 976
    assert reasons == 269
    assert {name: of[name].read for name in ("procedure", "dispensing", "measurement")} == {
        "procedure": 1_771, "dispensing": 1_905, "measurement": 16_959
    }  # fmt: skip
    assert of["coverage"].kept == 1_257


def test_the_new_jersey_export_is_read_whole(reads: Mapping[str, Read]) -> None:
    read = reads["synthea_csv_27nj"]
    assert read.settings("stay") == {"acute": 11, "emergency": 17}
    assert read.settings("visit").total() == 604 - 11 - 17
    assert read.report.left_out["coverage"] == {"periods that end as they start": 1}
    assert read.report.tables["coverage"].kept == 1_051 - 1


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_every_file_is_accounted_for(
    reads: Mapping[str, Read], third_party: Path, name: str
) -> None:
    read = reads[name]
    for count in read.report.tables.values():
        assert count.read == count.kept + count.merged + sum(count.rejected.values())
    assert read.report.rejects_file is None
    files = {path.name.split(".")[0] for path in (third_party / name).glob("*.csv*")}
    accounted = {*read.report.inputs, *(LEFT_OUT.keys() & read.report.left_out.keys())}
    assert files - {"data_dictionary"} == accounted
    verify(read.history)


def test_no_name_or_address_reaches_the_history(reads: Mapping[str, Read]) -> None:
    for read in reads.values():
        person = read.table("person")
        assert set(person["language"].to_pylist()) == {None}
        assert all("," in place for place in read.table("registration")["locality"].to_pylist())


def test_the_command_line_reads_an_export_and_takes_what_the_user_states(
    third_party: Path, tmp_path: Path
) -> None:
    source = third_party / "synthea_hospital_records"
    ran = caseload(
        "ingest", "--from", "synthea", source, "--out", "h", "--json",
        "--observed", "hospital=2011-01-01..2022-02-05", folder=tmp_path,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert ran.answer["people"] == 974
    tables: dict[str, dict[str, int]] = ran.answer["tables"]  # type: ignore[assignment]
    assert tables["coverage"]["kept"] == 974
    assert [path.name for path in tmp_path.iterdir()] == ["h"]
