"""The real DE-SynPUF files: every row accounted for, and the same people, stays and money as a
plain count over the files finds. One sample, or all ten at full size.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.cohort import index_moments
from features.definition import load_definition
from features.labels import labels
from features.readers.ingest import ingest
from features.tables.history import History, verify
from tests.command import caseload
from tests.synpuf_files import write_rows

pytestmark = [pytest.mark.integration, pytest.mark.sized]

PUBLISHED = {False: (10_000, 5_775), True: (100_000, 57_390)}
"""Beneficiaries and inpatient claim rows of sample 1 and of all ten, as the publisher counts."""


ALWAYS = "b7fcc847a43bfc25a4d9f9ec50e16b14d65b55d4c68d6c2b6e121c5803c8f155"
"""Digest of sample 1 as the first release of the reader read it: more kinds of file change nothing
where there are none of them."""


def source_of(third_party: Path, full: bool) -> Path:
    folder = third_party / "cms_desynpuf_10k"
    return folder if full else folder / "sample_01"


@dataclass(frozen=True)
class Read:
    """A History made by the command line, what it was made of, and the answer."""

    source: Path
    history: History
    answer: dict[str, object]

    def table(self, name: str) -> pa.Table:
        parts = [self.history.bucket(n, [name])[name] for n in range(self.history.buckets)]
        return pa.concat_tables(parts)


@pytest.fixture(scope="module")
def read(third_party: Path, full: bool, tmp_path_factory: pytest.TempPathFactory) -> Read:
    source, folder = source_of(third_party, full), tmp_path_factory.mktemp("synpuf")
    ran = caseload("ingest", "--from", "synpuf", source, "--out", "h", "--json", folder=folder)
    assert ran.status == 0, ran.err
    assert [path.name for path in folder.iterdir()] == ["h"]
    return Read(source, History.open(folder / "h"), ran.answer)


def lines(source: Path, kind: str) -> Iterator[dict[str, str]]:
    for path in sorted(source.rglob(f"*{kind}*.csv.gz")):
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            yield from csv.DictReader(file)


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@dataclass
class Counted:
    """A plain count over the claim files: first segments are stays."""

    stays: Counter[str] = field(default_factory=Counter)
    nights: int = 0
    cost: float = 0.0
    diagnoses: Counter[str] = field(default_factory=Counter)
    spans: dict[str, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))


def counted(source: Path) -> Counted:
    found = Counted()
    for row in lines(source, "Inpatient_Claims"):
        codes = [row[f"ICD9_DGNS_CD_{n}"] for n in range(1, 11)] + [row["ADMTNG_ICD9_DGNS_CD"]]
        found.diagnoses.update(code for code in codes if code)
        if row["SEGMENT"] == "1":
            start, end = day(row["CLM_ADMSN_DT"]), day(row["NCH_BENE_DSCHRG_DT"])
            found.stays[row["DESYNPUF_ID"]] += 1
            found.nights += (end - start).days
            found.cost += float(row["CLM_PMT_AMT"])
            found.spans[row["DESYNPUF_ID"]].append((start, end))
    return found


def test_every_row_is_kept_merged_or_rejected(read: Read, full: bool) -> None:
    people, claims = PUBLISHED[full]
    tables: dict[str, dict[str, object]] = read.answer["tables"]  # type: ignore[assignment]
    for count in tables.values():
        rejected = sum(count["rejected"].values())  # type: ignore[attr-defined]
        assert count["read"] == count["kept"] + count["merged"] + rejected  # type: ignore[operator]
    yearly = sum(1 for _ in lines(read.source, "Beneficiary"))
    assert read.answer["people"] == people
    assert read.answer["inputs"] == {"beneficiary": yearly, "inpatient": claims}
    assert tables["person"]["read"] == yearly
    assert tables["stay"]["read"] == claims
    assert read.answer["rejects_file"] is None


def test_people_stays_money_and_codes_are_those_a_plain_count_finds(read: Read) -> None:
    plain, stay, person = counted(read.source), read.table("stay"), read.table("person")
    nights = pc.days_between(stay["admitted_at"], stay["discharged_at"])
    assert Counter(stay["person_id"].to_pylist()) == plain.stays
    assert pc.sum(nights).as_py() == plain.nights
    assert pc.sum(stay["cost"]).as_py() == pytest.approx(plain.cost)
    assert Counter(read.table("diagnosis")["code"].to_pylist()) == plain.diagnoses
    died = {r["DESYNPUF_ID"] for r in lines(read.source, "Beneficiary") if r["BENE_DEATH_DT"]}
    assert set(person.filter(pc.is_valid(person["death_date"]))["person_id"].to_pylist()) == died
    assert pc.unique(stay["admission_method"]).to_pylist() == ["unknown"]
    assert stay["discharged_to"].null_count == len(stay)


def test_months_of_coverage_add_up(read: Read) -> None:
    rows = lines(read.source, "Beneficiary")
    pairs = ((row["BENE_HI_CVRAGE_TOT_MONS"], row["BENE_HMO_CVRAGE_TOT_MONS"]) for row in rows)
    months = sum(max(int(part_a) - int(hmo), 0) for part_a, hmo in pairs)
    coverage = read.table("coverage")
    start, stop = (coverage[name].cast(pa.date32()) for name in ("from_at", "to_at"))
    end = pc.fill_null(stop, read.history.manifest.last + timedelta(days=1))
    spans = pc.add(
        pc.multiply(pc.subtract(pc.year(end), pc.year(start)), 12),
        pc.subtract(pc.month(end), pc.month(start)),
    )
    assert pc.sum(spans).as_py() == months


def test_the_history_holds_what_its_manifest_says(read: Read) -> None:
    verify(read.history)


def test_ever_fewer_stays_are_followed_by_another(read: Read) -> None:
    """A known trait of these files that training has to warn of; both counts see it."""
    by_hand: dict[int, list[bool]] = defaultdict(list)
    for spans in counted(read.source).spans.values():
        spans.sort()
        for number, (_, end) in enumerate(spans):
            after = (start for start, _ in spans[number + 1 :])
            by_hand[end.year].append(any(start <= end + timedelta(days=30) for start in after))
    by_label: dict[int, list[float]] = defaultdict(list)
    definition, manifest = load_definition("readmission"), read.history.manifest
    for number in range(read.history.buckets):
        tables = read.history.bucket(number)
        moments = index_moments(tables, definition, span=(manifest.first, manifest.last)).moments
        found = labels(tables, moments, definition, last_known=manifest.last_known)["value"]
        for at, value in zip(moments["index_at"].to_pylist(), found.to_pylist(), strict=True):
            if value is not None:
                by_label[at.year].append(value)
    for shares in ([float(np.mean(found[year])) for year in (2008, 2009, 2010)]
                   for found in (by_hand, by_label)):  # fmt: skip
        assert shares[0] > shares[1] > shares[2] > 0, shares


def test_order_of_rows_files_and_buckets_change_nothing(
    third_party: Path, tmp_path: Path, read: Read, full: bool
) -> None:
    source, seen = third_party / "cms_desynpuf_10k" / "sample_01", read.history.digest
    if full:
        seen = _digest(source, tmp_path / "as-given")
    assert seen == ALWAYS
    random = np.random.default_rng(5)
    for path in source.rglob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            rows = list(csv.DictReader(file))
        mixed = [rows[n] for n in random.permutation(len(rows))]
        halves = {"1": mixed[: len(rows) // 3], "22": mixed[len(rows) // 3 :]}
        for sample, part in halves.items():
            name = path.name.removesuffix("1.csv.gz") + f"{sample}.csv"
            write_rows(tmp_path / "mixed" / sample / name, part)
    assert _digest(tmp_path / "mixed", tmp_path / "other", buckets=16) == seen


def _digest(source: Path, out: Path, buckets: int | None = None) -> str:
    ingest("synpuf", source, out, buckets=buckets)
    return History.open(out).digest
