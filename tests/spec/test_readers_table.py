"""A mapping and a drawn extract in, canonical rows out: what each part of a mapping does."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.readers.ingest import ingest
from features.tables.history import History
from tests.command import ROOT
from tests.table_files import Loaded, read

pytestmark = pytest.mark.spec

PEOPLE = """
name = "people"
[files.people]
match = "people.csv"
[[person.rows]]
file = "people"
person_id = "id"
"""


def people(folder: Path, value: str, drawn: str) -> Loaded:
    return read(folder, PEOPLE + value, people=drawn)


STAYS = """
name = "bills"
[files.bills]
match = "bills.csv"
[files.bills.derive]
stay = { concat = ["id", "facility", "admitted"], opaque = true }

[person]
combine = {}
[[person.rows]]
file = "bills"
person_id = "id"

[stay]
combine = { discharged_at = "max", discharged_to = "last", cost = "sum", facility_id = "first" }
[[stay.rows]]
file = "bills"
order = ["claim"]
person_id = "id"
stay_id = "stay"
setting = { const = "acute" }
facility_id = "facility"
admitted_at = "admitted"
discharged_at = "thru"
discharged_to = { column = "status", disposition = "UB-04" }
cost = "paid"

[[diagnosis.rows]]
file = "bills"
order = ["claim"]
person_id = "id"
stay_id = "stay"
codes = "dx{1..2}"
positions = "run_on"
code_system = { const = "ICD-10-CM" }
"""


def test_interim_bills_of_one_admission_are_one_stay(tmp_path: Path) -> None:
    loaded = read(tmp_path, STAYS, bills="""
        id claim facility admitted   thru       status paid dx1  dx2
        A  10    F        2020-03-01 2020-04-10 01     500  J189 I10
        A  9     F        2020-03-01 2020-03-31 30     900  I509 -
        A  11    G        2020-05-01 2020-05-03 20     100  I214 -
    """)  # fmt: skip
    columns = ("admitted_at", "discharged_at", "discharged_to", "cost")
    assert loaded.told("stay", *columns) == [
        ("2020-03-01", "2020-04-10", "home", 1400.0), ("2020-05-01", "2020-05-03", "died", 100.0)
    ]  # fmt: skip
    assert loaded.count("stay") == {"read": 3, "kept": 2, "merged": 1, "rejected": {}}
    # Positions run on over the bills, in the order of their numbers, not of their texts.
    assert loaded.told("diagnosis", "code", "position") == [
        ("I10", 4), ("I509", 1), ("J189", 3), ("I214", 1)
    ]  # fmt: skip


def test_a_fact_of_a_stay_is_known_when_the_stay_is_coded(tmp_path: Path) -> None:
    loaded = read(tmp_path, STAYS, bills="""
        id claim facility admitted   thru       status paid dx1 dx2
        A  1     F        2020-03-01 2020-03-05 01     500  I10 -
        B  2     F        2020-03-01 -          30     500  I10 -
    """)  # fmt: skip
    known = ("admitted_known", "discharged_known", "coded_known")
    assert loaded.told("stay", *known) == [("2020-03-01", "2020-03-05", "2020-04-04")]
    assert loaded.told("stay", *known, person="B") == [("2020-03-01", None, None)]
    assert loaded.told("diagnosis", "at", "known_at") == [("2020-03-01", "2020-04-04")]
    assert loaded.told("diagnosis", "known_at", person="B") == [("2020-03-31",)]
    assert loaded.history.manifest.delays["stay.coded_known"] == "30 days after discharge"


VERSIONS = STAYS.replace('match = "bills.csv"', """
match = "bills.csv"
[[files.bills.once]]
by = ["id", "facility", "admitted", "thru"]
order = [{ column = "sent", date = "%Y-%m-%d" }, "kind"]
keep = "last_version"
cancelled = [{ column = "kind", is = "1" }]
why = "replaced by a later version, or cancelled"
""")  # fmt: skip


def test_the_last_version_of_a_claim_stands_and_a_cancelled_one_is_gone(tmp_path: Path) -> None:
    loaded = read(tmp_path, VERSIONS, bills="""
        id claim facility admitted   thru       sent       kind status paid dx1 dx2
        A  1     F        2020-03-01 2020-03-05 2020-04-01 0    01     500  I10 -
        A  2     F        2020-03-01 2020-03-05 2020-06-01 1    01     500  I10 -
        A  3     F        2020-03-01 2020-03-05 2020-06-01 2    01     450  J18 -
        A  4     F        2020-07-01 2020-07-02 2020-08-01 0    01     70   I10 -
        A  5     F        2020-07-01 2020-07-02 2020-09-01 1    01     70   I10 -
    """)  # fmt: skip
    assert loaded.told("stay", "admitted_at", "cost") == [("2020-03-01", 450.0)]
    assert loaded.left_out("stay") == {
        "rows of bills: replaced by a later version, or cancelled": 4
    }


def test_a_birth_date_is_placed_in_the_middle_of_the_year_an_age_leaves(tmp_path: Path) -> None:
    value = 'birth_date = { age = "age", on = "seen" }'
    loaded = people(tmp_path, value, "id age seen\nA 70 2020-07-01\nB - 2020-07-01")
    assert loaded.told("person", "birth_date") == [("1950-01-01",)]
    assert loaded.told("person", "birth_date", person="B") == [(None,)]
    assert loaded.history.manifest.precision["person"] == "year"


def test_an_age_in_bands_is_read_by_a_map(tmp_path: Path) -> None:
    value = """birth_date = { age = { column = "age", map = { "70-79" = 75, "90+" = 92 } },
                             on = { const = 2020-12-31 } }""".replace("\n", " ")
    loaded = people(tmp_path, value, "id age\nA 70-79\nB 90+")
    assert loaded.told("person", "birth_date") == [("1945-06-30",)]
    assert loaded.told("person", "birth_date", person="B") == [("1928-06-30",)]


def test_a_date_of_another_form_rejects_its_row(tmp_path: Path) -> None:
    mapping = PEOPLE + 'birth_date = { column = "born", date = "%d/%m/%Y" }'
    drawn = "id born\nA 2003-02-01\nB 13/13/2003\nC 01/02/2003"
    loaded = read(tmp_path, mapping, reject=True, people=drawn)
    assert loaded.count("person")["rejected"] == {"impossible_date": 2}
    assert loaded.told("person", "birth_date", person="C") == [("2003-02-01",)]


def test_a_word_that_is_not_in_the_map_rejects_its_row(tmp_path: Path) -> None:
    mapping = PEOPLE + 'sex = { column = "sex", map = { M = "male" } }'
    loaded = read(tmp_path, mapping, reject=True, people="id sex\nA M\nB W")
    assert loaded.count("person") == {
        "read": 2, "kept": 1, "merged": 0, "rejected": {"value_not_allowed": 1}
    }  # fmt: skip


EVENTS = """
name = "lines"
[files.lines]
match = "lines.csv"
untaken = "no care"
[person]
combine = { birth_date = "min" }
[[person.rows]]
file = "lines"
person_id = "id"
[[stay.rows]]
file = "lines"
where = [{ column = "bill", starts = ["11"] }]
person_id = "id"
stay_id = "claim"
setting = { const = "acute" }
admitted_at = { column = "day", clock = { column = "hour", form = "%H%M", unknown = "9999" } }
discharged_at = { column = "day", plus = { column = "nights" } }
[[visit.rows]]
file = "lines"
where = [{ column = "bill", is = "13" }, { column = "hour", present = true }]
person_id = "id"
visit_id = "claim"
at = "day"
setting = { const = "outpatient" }
cost = { column = "paid", decimal = "," }
[[diagnosis.rows]]
file = "lines"
where = [{ column = "bill", starts = "11" }]
person_id = "id"
stay_id = "claim"
code = "dx"
code_system = { switch = { by = "day", on = 2015-10-01, before = "ICD-9-CM", after = "ICD-10-CM" } }
[[diagnosis.rows]]
file = "lines"
where = [{ column = "bill", is = "13" }, { column = "hour", present = true }]
person_id = "id"
visit_id = "claim"
code = "dx"
code_system = { switch = { by = "day", on = 2015-10-01, before = "ICD-9-CM", after = "ICD-10-CM" } }
[delays]
visit = 14
"""


def test_one_row_feeds_several_tables_and_one_of_no_use_is_counted(tmp_path: Path) -> None:
    loaded = read(tmp_path, EVENTS, lines="""
        id | claim | bill | day        | hour | nights | paid     | dx
        A  | c1    | 111  | 2015-09-30 | 1405 | 3      | -        | 4280
        A  | c2    | 13   | 2015-10-01 | 0900 | -      | 1.234,50 | I509
        A  | c3    | 81   | 2016-01-01 | -    | -      | -        | -
        A  | c4    | 114  | 2016-02-01 | 9999 | 0      | -        | I10
    """)  # fmt: skip
    assert loaded.told("stay", "admitted_at", "discharged_at") == [
        ("2015-09-30 14:05", "2015-10-03"), ("2016-02-01", "2016-02-01")
    ]  # fmt: skip
    assert loaded.told("visit", "at", "known_at", "cost") == [("2015-10-01", "2015-10-15", 1234.5)]
    columns = ("code_system", "code", "stay_id", "visit_id", "known_at")
    assert loaded.told("diagnosis", *columns) == [
        ("ICD-9-CM", "4280", "c1", None, "2015-11-02"),
        ("ICD-10-CM", "I509", None, "c2", "2015-10-15"),
        ("ICD-10-CM", "I10", "c4", None, "2016-03-02"),
    ]
    assert loaded.left_out("stay") == {"rows of lines: no care": 1}
    assert loaded.history.manifest.precision["stay"] == "minute"


def test_a_code_of_a_stay_that_is_not_there_is_rejected(tmp_path: Path) -> None:
    mapping = EVENTS.replace('stay_id = "claim"\ncode', 'stay_id = "other"\ncode')
    loaded = read(tmp_path, mapping, reject=True, lines="""
        id | claim | bill | day        | hour | nights | paid | dx   | other
        A  | c1    | 111  | 2015-09-30 | 1405 | 3      | -    | 4280 | c9
    """)  # fmt: skip
    assert loaded.count("diagnosis") == {
        "read": 1, "kept": 0, "merged": 0, "rejected": {"missing_value": 1}
    }  # fmt: skip


FOLDER = """
name = "folder"
[files.members]
match = "members.csv"
unknown = ["NULL"]
unknown_dates = [9999-12-31]
[files.labs]
match = ["lab*.csv"]
may_lack = true
[files.rx]
match = ["rx.csv"]
optional_columns = ["cost"]

[person]
combine = { birth_date = "first", death_date = "max" }
[[person.rows]]
file = "members"
order = [{ column = "joined", date = "%Y-%m-%d" }]
person_id = "id"
birth_date = "born"
death_date = "died"
[[coverage.rows]]
file = "members"
person_id = "id"
from_at = "joined"
to_at = { column = "left", plus = { amount = 1 } }
kind = { const = "all" }
[[registration.rows]]
file = "members"
person_id = "id"
from_at = "joined"
practice_id = "practice"
[[measurement.rows]]
file = "labs"
person_id = "id"
at = { column = "at", date = ["%Y-%m-%dT%H:%M:%S"] }
code_system = { const = "LOINC" }
code = "loinc"
value = "value"
unit = "unit"
[[dispensing.rows]]
file = "rx"
person_id = "id"
at = "filled"
code_system = { column = "vocabulary", map = { N = "NDC", R = "RXNORM" } }
code = "drug"
days_supply = "days"
cost = "cost"
"""


def test_a_folder_of_several_files_is_one_history(tmp_path: Path) -> None:
    loaded = read(
        tmp_path, FOLDER,
        members="""
            id born       died joined     left       practice
            A  1940-01-01 -    2018-01-01 2018-12-31 P1
            A  1941-01-01 -    2019-01-01 9999-12-31 NULL
        """,
        rx="""
            id filled     vocabulary drug       days
            A  2018-02-01 n          0002143380 28
        """,
        labs_2018="""
            id at                  loinc  value unit
            A  2018-02-01T10:30:00 4548-4 7.1   %
        """,
    )  # fmt: skip
    assert loaded.told("person", "birth_date") == [("1940-01-01",)]
    assert loaded.answer["conflicts"]["person"] == {"birth_date": 1}  # type: ignore[index]
    assert loaded.told("coverage", "from_at", "to_at", "kind") == [
        ("2018-01-01", "2019-01-01", "all"), ("2019-01-01", None, "all")
    ]  # fmt: skip
    assert loaded.told("registration", "from_at", "practice_id") == [
        ("2018-01-01", "P1"), ("2019-01-01", None)
    ]  # fmt: skip
    assert loaded.told("measurement", "at", "code", "value", "unit") == [
        ("2018-02-01 10:30", "4548-4", 7.1, "%")
    ]
    assert loaded.told("dispensing", "at", "code_system", "days_supply", "cost") == [
        ("2018-02-01", "NDC", 28, None)
    ]
    assert loaded.answer["inputs"] == {"members": 2, "rx": 1, "labs": 1}


def test_columns_no_part_reads_are_named(tmp_path: Path) -> None:
    loaded = people(tmp_path, "", "id telephone\nA 1")
    assert loaded.answer["left_out"] == {"person": {"columns of people not mapped: telephone": 1}}


PAGE = ROOT / "docs" / "how-to" / "ingest-a-local-extract.md"


def test_the_worked_mapping_of_the_how_to_does_what_the_page_says(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    mapping = page.split("```toml\n")[1].split("```")[0]
    loaded = read(tmp_path, mapping, claims=page.split("```text\n")[1].split("```")[0])
    columns = ("admitted_at", "discharged_at", "discharged_to", "cost")
    assert loaded.told("stay", *columns, person="m1") == [
        ("2022-03-01", "2022-04-09", "nursing_facility", 13100.5)
    ]
    assert sorted(loaded.told("diagnosis", "position", "code", person="m1")) == [
        (1, "I509"), (2, "N18"), (3, "I509")
    ]  # fmt: skip
    assert loaded.told("visit", "at", person="m1") == [("2022-05-02",)]


PARQUET = """
name = "typed"
[files.stays]
match = "stays/*.parquet"
[[person.rows]]
file = "stays"
person_id = "id"
[person]
combine = {}
[[stay.rows]]
file = "stays"
where = [{ column = "inpatient", is = "true" }]
person_id = "id"
stay_id = "claim"
setting = { const = "acute" }
admitted_at = "began"
discharged_at = "ended"
cost = "paid"
"""


def test_parquet_is_read_by_its_own_types(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "stays"
    folder.mkdir(parents=True)
    began = pa.array(["2020-03-01"]).cast(pa.date32())
    ended = pa.array(["2020-03-05 10:30"]).cast(pa.timestamp("us"))
    rows = {"id": ["A"], "claim": [7], "inpatient": [True], "paid": [12.5]}
    pq.write_table(pa.table({**rows, "began": began, "ended": ended}), folder / "1.parquet")
    (tmp_path / "map.toml").write_text(PARQUET)
    report = ingest("table", tmp_path / "in", tmp_path / "h", mapping=tmp_path / "map.toml")
    history = History.open(tmp_path / "h")
    loaded = Loaded(history.bucket(0), report.to_json(), history)
    assert loaded.told("stay", "stay_id", "admitted_at", "discharged_at", "cost") == [
        ("7", "2020-03-01", "2020-03-05 10:30", 12.5)
    ]
