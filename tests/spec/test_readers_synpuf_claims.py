"""The whole DE-SynPUF in: outpatient and physicians' claims, drug events, and what then is seen."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.synpuf_files import write_sample
from tests.told import rows_of

pytestmark = pytest.mark.spec

EVERYBODY = "id year\nA 2008\nA 2009\nA 2010"


class Read:
    """A drawn sample, read: the rows of its tables and the answer."""

    def __init__(self, folder: Path, beneficiaries: str = EVERYBODY, **also: str) -> None:
        drawn = {"beneficiaries": beneficiaries, "claims": "id\nA", **also}
        source = write_sample(folder / "in", gz=False, sample=1, **drawn)
        self.report = ingest("synpuf", source, folder / "out", buckets=1)
        self.history = History.open(folder / "out")
        self.tables = self.history.bucket(0)

    def rows(self, name: str, *columns: str) -> list[tuple[object, ...]]:
        """The columns of A's rows, those of the inpatient claim left out; times as ISO days."""
        own = self.tables[name].filter(pc.equal(self.tables[name]["person_id"], "A"))
        if "stay_id" in own.column_names:
            own = own.filter(pc.not_equal(own["stay_id"].fill_null(""), "1"))
        return sorted(rows_of(own, *columns), key=str)


def test_an_outpatient_claim_is_a_visit_known_when_billed(tmp_path: Path) -> None:
    read = Read(tmp_path, outpatient="""
        claim from     thru     physician provider paid
        501   20080601 20080604 7001      3902MB   150
    """)  # fmt: skip
    columns = ("visit_id", "at", "known_at", "setting", "provider_id", "facility_id", "cost")
    assert read.rows("visit", *columns) == [
        ("501", "2008-06-01", "2008-07-04", "outpatient", "7001", "3902MB", 150.0)
    ]
    assert (
        read.history.manifest.delays["visit.known_at"] == "30 days after the last day of the claim"
    )
    assert "dispensing.known_at" not in read.history.manifest.delays


def test_an_emergency_visit_is_a_stay_of_the_first_day_with_its_codes(tmp_path: Path) -> None:
    read = Read(tmp_path, outpatient="""
        claim from     thru     paid hcpcs1 hcpcs45 dx1   admitting
        501   20080601 20080604 150  J1234  99284   78650 7860
    """)  # fmt: skip
    assert read.rows("visit", "visit_id") == []
    columns = ("stay_id", "setting", "admitted_at", "discharged_at", "discharged_known", "cost")
    assert read.rows("stay", *columns) == [
        ("501", "emergency", "2008-06-01", "2008-06-01", "2008-06-01", 150.0)
    ]
    assert read.rows("stay", "coded_known", "admission_method") == [("2008-07-04", "unknown")]
    facts = ("stay_id", "visit_id", "code", "position", "known_at")
    assert read.rows("diagnosis", *facts) == [
        ("501", None, "7860", None, "2008-07-04"), ("501", None, "78650", 1, "2008-07-04")
    ]  # fmt: skip
    assert read.rows("procedure", "stay_id", "code_system", "code", "position") == [
        ("501", "HCPCS", "99284", 45), ("501", "HCPCS", "J1234", 1)
    ]  # fmt: skip


def test_outpatient_segments_are_one_visit_told_by_the_first(tmp_path: Path) -> None:
    read = Read(tmp_path, outpatient="""
        claim segment from     thru     paid dx1  dx2
        501   2       -        -        20   2724 -
        501   1       20080601 20080601 150  4019 4280
    """)  # fmt: skip
    assert read.rows("visit", "visit_id", "at", "cost") == [("501", "2008-06-01", 150.0)]
    assert read.rows("diagnosis", "visit_id", "code", "position", "at") == [
        ("501", "2724", 11, "2008-06-01"), ("501", "4019", 1, "2008-06-01"),
        ("501", "4280", 2, "2008-06-01"),
    ]  # fmt: skip
    count = read.report.tables["visit"]
    assert (count.read, count.kept, count.merged) == (2, 1, 1)


def test_procedure_columns_are_told_by_the_shape_of_their_codes(tmp_path: Path) -> None:
    read = Read(tmp_path, outpatient="""
        claim pr1  pr2   pr3
        501   4523 25000 -
        502   3893 4019  -
    """)  # fmt: skip
    assert read.rows("procedure", "code_system", "code", "visit_id") == [
        ("ICD-9-PCS", "3893", "502"), ("ICD-9-PCS", "4523", "501")
    ]  # fmt: skip
    told = read.report.left_out["procedure"]
    assert told["outpatient ICD9_PRCDR columns of diagnosis codes"] == 2


def test_a_carrier_claim_is_a_visit_of_all_its_lines(tmp_path: Path) -> None:
    read = Read(tmp_path, carrier="""
        claim from     thru     npi1 npi2 hcpcs1 hcpcs13 paid1 paid13 dx1
        801   20080701 20080702 -    7002 99213  81002   40.5  9.5    4019
    """, carrier_b="""
        claim from     thru     hcpcs1
        802   20080801 20080801 80061
    """)  # fmt: skip
    columns = ("visit_id", "at", "known_at", "setting", "provider_id", "facility_id", "cost")
    assert read.rows("visit", *columns) == [
        ("801", "2008-07-01", "2008-08-01", "outpatient", "7002", None, 50.0),
        ("802", "2008-08-01", "2008-08-31", "other", None, None, None),
    ]
    assert read.rows("procedure", "visit_id", "code", "position") == [
        ("801", "81002", 13), ("801", "99213", 1), ("802", "80061", 1)
    ]  # fmt: skip
    assert read.report.inputs["carrier"] == 2


CONTACTS = {
    "99201": "outpatient", "99215": "outpatient", "99245": "outpatient", "99396": "outpatient",
    "G0438": "outpatient", "99341": "home_visit", "99350": "home_visit", "99442": "telehealth",
    "G0425": "telehealth", "99223": "other", "99285": "other", "99308": "other", "80061": "other",
    "-": "other",
}  # fmt: skip


def test_the_code_of_a_line_says_what_kind_of_contact_it_was(tmp_path: Path) -> None:
    """An emergency physician's claim is of a visit that the department bills, too: no stay."""
    lines = [f"{number} 36415 {code}" for number, code in enumerate(CONTACTS, 100)]
    read = Read(tmp_path, carrier="\n".join(["claim hcpcs1 hcpcs2", *lines]))
    settings = [setting for _, setting in read.rows("visit", "visit_id", "setting")]
    assert settings == list(CONTACTS.values())
    assert read.rows("stay", "stay_id") == []


def test_a_diagnosis_of_a_line_counts_where_the_claim_does_not_list_it(tmp_path: Path) -> None:
    read = Read(tmp_path, carrier="""
        claim dx1  dx8  line1 line2 line3 line13
        801   4019 2724 4019  4280  4280  25000
    """)  # fmt: skip
    assert read.rows("diagnosis", "visit_id", "code", "position", "code_system") == [
        ("801", "25000", None, "ICD-9-CM"), ("801", "2724", 8, "ICD-9-CM"),
        ("801", "4019", 1, "ICD-9-CM"), ("801", "4280", None, "ICD-9-CM"),
    ]  # fmt: skip
    assert list(read.report.left_out["diagnosis"].values()) == [2]


def test_a_drug_event_is_a_supply_known_on_its_day(tmp_path: Path) -> None:
    read = Read(tmp_path, drugs="""
        event served   ndc         days drug_cost
        901   20080801 00093715698 30   40.00
        902   20080901 OTHER       0    5.00
    """)  # fmt: skip
    columns = ("at", "known_at", "code_system", "code", "days_supply", "cost")
    assert read.rows("dispensing", *columns) == [
        ("2008-08-01", "2008-08-01", "NDC", "00093715698", 30, 40.0),
        ("2008-09-01", "2008-09-01", "LOCAL", "OTHER", 0, 5.0),
    ]


MONTHS = """
    id year months part_b hmo plan
    A  2008 12     12     0   12
    A  2009 12     6      2   0
    A  2010 12     0      0   3
"""
INPATIENT = [("inpatient", "2008-01-01", "2009-01-01"), ("inpatient", "2009-01-01", "2009-11-01"),
             ("inpatient", "2010-01-01", None)]  # fmt: skip
AMBULATORY = [
    ("ambulatory", "2008-01-01", "2009-01-01"),
    ("ambulatory", "2009-01-01", "2009-05-01"),
]
PHARMACY = [("pharmacy", "2008-01-01", "2009-01-01"), ("pharmacy", "2010-01-01", "2010-04-01")]
SEEN = {
    "admissions alone": ({}, INPATIENT),
    "outpatient claims without the physicians'": ({"outpatient": "claim\n501"}, INPATIENT),
    "all claims": ({"outpatient": "claim\n501", "carrier": "claim\n801"}, INPATIENT + AMBULATORY),
    "drug events": ({"drugs": "event\n901"}, INPATIENT + PHARMACY),
}


@pytest.mark.parametrize("case", SEEN)
def test_coverage_is_of_what_the_files_let_us_see(tmp_path: Path, case: str) -> None:
    also, expected = SEEN[case]
    read = Read(tmp_path, MONTHS, **also)
    assert read.rows("coverage", "kind", "from_at", "to_at") == sorted(expected, key=str)


def test_every_row_of_every_file_is_accounted_for(tmp_path: Path) -> None:
    read = Read(
        tmp_path,
        outpatient="claim segment hcpcs1\n501 1 99281\n501 2 -\n502 1 -",
        carrier="claim\n801\n802",
        drugs="event\n901\n902",
    )
    assert read.report.inputs == {
        "beneficiary": 3, "inpatient": 1, "outpatient": 3, "carrier": 2, "drugs": 2
    }  # fmt: skip
    told = {n: (c.read, c.kept, c.merged) for n, c in read.report.tables.items() if c.read}
    assert told["stay"] == (1 + 2, 2, 1)
    assert told["visit"] == (1 + 2, 3, 0)
    assert told["dispensing"] == (2, 1, 1), "two supplies that say the same are one"


def test_a_sample_of_admissions_alone_reads_as_it_always_has(tmp_path: Path) -> None:
    """The digest is that of the first release of the reader."""
    source = write_sample(tmp_path / "in", beneficiaries="""
        id year months hmo birth    death    sex race state county
        A  2008 12     0   19400101 -        1   2    39    230
        A  2009 12     3   19400101 -        1   5    39    230
        A  2010 6      0   19400101 20100501 1   5    05    010
        B  2008 7      0   19500101 -        2   1    05    010
        B  2009 12     0   19500101 -        2   1    05    010
    """, claims="""
        id claim segment provider admitted discharged paid drg admitting dx1  dx10 pr1  pr2   hcpcs1 hcpcs45
        A  7     2       0700QA   20080205 20080310   900  OTH -         -    -    -    25000 -      -
        A  7     1       0700QQ   20080301 20080310   4000 386 V08       5609 4019 3893 -     99281  J1234
        B  8     1       39S0MB   20090301 20090310   4000 291 -         4280 -    -    -     -      -
    """)  # noqa: E501  # fmt: skip
    ingest("synpuf", source, tmp_path / "out")
    assert History.open(tmp_path / "out").digest == (
        "090931acb7db5605a28b91f393cdd8555272ed856c9a8f895d29fa4df8233f04"
    )
