"""What a verdict says of a History, in words: what stops a model, and what only warns.

Populations are made by rule: people of 70, seen for three years, some with an admission each
spring and a return within the month.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from features.quality.report import Report, Verdict, check_history
from features.tables.contract import Tables
from features.tables.history import History, HistoryWriter
from tests.drawn import Row, people

pytestmark = pytest.mark.spec

PEOPLE = 500
START = date(2018, 1, 1)
END = datetime.fromisoformat("2021-12-31T23:59:59")
EVERY = {"readmission", "admission", "complexity"}


def population(**changed: object) -> dict[str, list[Row]]:
    """Every other person is admitted each spring, every fourth comes back; all visit each
    summer, and every other has three conditions, the rest one.

    changed  values of all stays
    """
    ids = [f"p{n}" for n in range(PEOPLE)]
    stays, diagnoses, visits = [], [], []
    for n, person in enumerate(ids):
        for year in range(4):
            day = START + timedelta(days=365 * year + 60 + n % 60)
            visits.append({"person_id": person, "visit_id": f"v{year}",
                           "at": (day + timedelta(days=120)).isoformat()})  # fmt: skip
            diagnoses += [
                {"person_id": person, "visit_id": f"v{year}", "code": code}
                for code in ("I500", "E119", "J449")[: 1 if n % 2 else 3]
            ]
            for again in range((n % 2) + (n % 4 == 1)):
                begins = day + timedelta(days=14 * again)
                ends = (begins + timedelta(days=4)).isoformat()
                stay = {"person_id": person, "stay_id": f"s{year}{again}",
                        "admitted_at": begins.isoformat(), "discharged_at": ends}  # fmt: skip
                stays.append(stay | changed)
    return {
        "person": [{"person_id": person, "birth_date": "1948-01-01"} for person in ids],
        "registration": [
            {"person_id": person, "from_at": "2010-01-01", "practice_id": "A"} for person in ids
        ],
        "coverage": [{"person_id": person, "from_at": "2018-01-01"} for person in ids],
        "stay": stays,
        "visit": visits,
        "diagnosis": diagnoses,
    }


def report(folder: Path, rows: dict[str, list[Row]], end: datetime = END) -> Report:
    tables: Tables = people(**rows)
    path = folder / "history"
    with HistoryWriter(
        path, source="drawn", buckets=1, precision={}, delays={}, last=end.date(), last_known=end
    ) as writer:
        writer.write(0, tables)
    return check_history(History.open(path))


def verdicts(folder: Path, rows: dict[str, list[Row]], end: datetime = END) -> dict[str, Verdict]:
    return dict(report(folder, rows, end).verdicts)


def stopped(found: dict[str, Verdict]) -> set[str]:
    return {name for name, verdict in found.items() if not verdict.can}


def test_a_sound_population_supports_every_model(tmp_path: Path) -> None:
    found = verdicts(tmp_path, population())
    assert stopped(found) == set()
    assert found["readmission"].why[0].startswith("375 of 1,125 discharges that can be followed up")
    assert "inside" not in " ".join(why for verdict in found.values() for why in verdict.why)


def test_nobody_observed_stops_every_model(tmp_path: Path) -> None:
    rows = population() | {"coverage": []}
    found = verdicts(tmp_path, rows)
    assert stopped(found) == EVERY
    assert all("load it with --observed" in v.why[0] for v in found.values())


def test_coverage_for_medicines_alone_stops_every_model(tmp_path: Path) -> None:
    rows = population()
    rows["coverage"] = [row | {"kind": "pharmacy"} for row in rows["coverage"]]
    found = verdicts(tmp_path, rows)
    assert stopped(found) == EVERY
    assert found["readmission"].why[0] == (
        "No coverage sees admissions to hospital (it is for medicines)."
    )


def test_too_short_an_extract_stops_the_models_that_look_far(tmp_path: Path) -> None:
    """Twenty months: enough for a year back, a month on and the run-out, not for two years."""
    end = datetime.fromisoformat("2019-08-31T23:59:59")
    rows = population()
    for name, time in (("stay", "admitted_at"), ("visit", "at")):
        rows[name] = [row for row in rows[name] if str(row[time]) < "2019-08"]
    seen = {(row["person_id"], row["visit_id"]) for row in rows["visit"]}
    rows["diagnosis"] = [r for r in rows["diagnosis"] if (r["person_id"], r["visit_id"]) in seen]
    found = verdicts(tmp_path, rows, end)
    assert found["admission"].why[0] == (
        "The extract spans 547 days and 637 are needed: 182 to look back on, 365 to follow up, 90 "
        "until late facts have arrived."
    )
    assert not found["complexity"].can
    assert "spans" not in found["readmission"].why[0]


def test_no_stays_stop_what_asks_about_stays(tmp_path: Path) -> None:
    found = verdicts(tmp_path, population() | {"stay": []})
    assert stopped(found) == {"readmission", "admission"}
    assert "There is no stay in an acute hospital." in found["readmission"].why


def test_codes_that_cannot_be_read_stop_need_alone(tmp_path: Path) -> None:
    rows = population()
    rows["diagnosis"] = [row | {"code_system": "LOCAL"} for row in rows["diagnosis"]]
    found = verdicts(tmp_path, rows)
    assert stopped(found) == {"complexity"}
    told = "No diagnosis code can be read: conditions are unknown, never none."
    assert told in found["complexity"].why
    assert told in found["readmission"].why


def test_unknown_births_stop_every_model(tmp_path: Path) -> None:
    rows = population()
    rows["person"] = [row | {"birth_date": None} for row in rows["person"]]
    found = verdicts(tmp_path, rows)
    assert stopped(found) == EVERY
    assert "Nobody's birth is known, so nobody's age." in found["complexity"].why


def test_too_few_outcomes_stop_a_model(tmp_path: Path) -> None:
    rows = population()
    once = [row for row in rows["stay"] if str(row["stay_id"]).endswith("0")]
    again = [row for row in rows["stay"] if str(row["stay_id"]).endswith("1")][:20]
    found = verdicts(tmp_path, rows | {"stay": once + again})
    assert stopped(found) == {"readmission"}
    assert found["readmission"].why[0].startswith("Too few outcomes, training refuses: ")


def test_what_is_not_said_of_stays_is_a_warning(tmp_path: Path) -> None:
    rows = population(admission_method="unknown", discharged_to=None)
    found = verdicts(tmp_path, rows)
    assert stopped(found) == set()
    text = " ".join(found["readmission"].why)
    assert "Where the person went is unknown for 100% of acute stays" in text
    assert "cannot be said for 100% of them" in text
    assert "LACE cannot be counted" in text


def test_a_ramp_inside_the_test_period_is_a_warning(tmp_path: Path) -> None:
    rows = population()
    rows["stay"] = [
        {"person_id": f"p{n}", "stay_id": f"s{day}", "admitted_at": begins.isoformat(),
         "discharged_at": (begins + timedelta(days=2)).isoformat()}
        for day in range(0, 1_460)
        for begins in [START + timedelta(days=day)]
        for n in range(0 if day > 1_200 and day % 3 else 4)
    ]  # fmt: skip
    found = verdicts(tmp_path, rows)
    told = [why for why in found["readmission"].why if "inside the test period" in why]
    assert len(told) == 1
    assert told[0].startswith("Stays of 2021-0")
