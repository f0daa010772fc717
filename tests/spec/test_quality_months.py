"""Findings that take many rows: months that are short, codes still to come, costs far from others.

People are drawn by rule: so many rows a month, and one fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest

from features.quality.finding import Finding
from tests.drawn import people
from tests.quality import checked, manifest_of

pytestmark = pytest.mark.spec

MONTHS = [date(2018 + m // 12, m % 12 + 1, 1) for m in range(36)]
EVERY = 60
"""Rows of a usual month."""
COVERED = [{"person_id": "p1", "from_at": "2018-01-01"}]


def visits(rows_of: Callable[[int], int], late: int = 0) -> list[dict[str, object]]:
    """Visits by month; each is known `late` days after it."""
    return [
        {"visit_id": f"v{month:%y%m}{k}", "at": day.isoformat(), "cost": 100 + k % 7,
         "known_at": (day + timedelta(days=late)).isoformat()}
        for m, month in enumerate(MONTHS)
        for k in range(rows_of(m))
        for day in [month + timedelta(days=k % 28)]
    ]  # fmt: skip


def told(code: str, **drawn: list[dict[str, object]]) -> list[Finding]:
    tables = people(coverage=COVERED, **drawn)
    return [f for f in checked(tables, manifest_of(tables)) if f.code == code]


def of_months(rows_of: Callable[[int], int], code: str, late: int = 0) -> list[tuple[str, int]]:
    return [(f.text, f.count) for f in told(code, visit=visits(rows_of, late))]


@pytest.mark.parametrize("code", ["ramp_up", "ramp_down", "run_out", "hole"])
def test_usual_months_tell_nothing(code: str) -> None:
    assert of_months(lambda m: EVERY + m % 3, code) == []


def test_a_source_that_fills_up_ramps_up() -> None:
    assert of_months(lambda m: EVERY if m > 1 else 12, "ramp_up") == [
        ("visits ramp up from 2018-01 to 2018-02: 79% fewer than usual, 80% fewer in the lowest "
         "month", 2)
    ]  # fmt: skip


def test_a_source_that_runs_dry_ramps_down() -> None:
    assert of_months(lambda m: EVERY if m < 33 else 40 - 12 * (m - 33), "ramp_down") == [
        ("visits ramp down from 2020-10 to 2020-12: 53% fewer than usual, 73% fewer in the lowest "
         "month", 3)
    ]  # fmt: skip


def test_months_whose_rows_are_on_their_way_are_run_out_and_no_ramp() -> None:
    def cut(m: int) -> int:
        return EVERY if m < 34 else 12

    assert of_months(cut, "ramp_down", late=70) == []
    assert of_months(cut, "run_out", late=70) == [
        ("visits from 2020-11 to 2020-12 are 80% fewer than usual and still to come: it takes up "
         "to 70 days until they are known", 2)
    ]  # fmt: skip
    assert of_months(cut, "run_out", late=5) == []


def test_months_in_the_middle_without_rows_are_a_hole() -> None:
    assert of_months(lambda m: 0 if m in (14, 15) else EVERY, "hole") == [
        ("visits have a hole from 2019-03 to 2019-04: 100% fewer than usual", 2)
    ]


def stays(coded_until: date) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """An acute stay every other day with a diagnosis, of those that end before a day."""
    for k in range(0, 1090, 2):
        day = date(2018, 1, 2) + timedelta(days=k)
        stay = {"stay_id": f"s{k}", "admitted_at": day.isoformat(), "cost": 4000,
                "discharged_at": (day + timedelta(days=1)).isoformat()}  # fmt: skip
        known = {"at": day.isoformat(), "known_at": (day + timedelta(days=1)).isoformat()}
        yield stay, {"stay_id": stay["stay_id"], "code": "I500"} | known
        if day >= coded_until:
            stay["coded_known"] = None


def not_coded(coded_until: date) -> list[Finding]:
    pairs = list(stays(coded_until))
    diagnoses = [d for s, d in pairs if date.fromisoformat(str(s["admitted_at"])) < coded_until]
    return told("not_coded_yet", stay=[s for s, _ in pairs], diagnosis=diagnoses)


def test_codes_that_come_late_are_told_by_month() -> None:
    (finding,) = not_coded(date(2020, 11, 1))
    assert finding.text.startswith("acute stays that ended since 2020-11 and have no diagnosis yet")
    assert finding.count == 28
    assert not_coded(date(2021, 1, 1)) == []


def test_a_cost_far_beyond_all_others_is_told() -> None:
    rows = visits(lambda m: 3)
    assert told("cost_outlier", visit=rows) == []
    rows[7]["cost"] = 9_000_000
    (finding,) = told("cost_outlier", visit=rows)
    assert finding.count == 1
    assert "1 of 108" in finding.text


def test_the_last_day_the_extract_can_speak_of_ends_its_months() -> None:
    """What is known until the end of June has no ramp in the months after it."""
    tables = people(coverage=COVERED, visit=visits(lambda m: EVERY if m < 30 else 0))
    until = manifest_of(tables, last_known=datetime.fromisoformat("2020-06-30T23:59:59"))
    assert [f.code for f in checked(tables, until) if f.code.startswith("ramp")] == []
    assert [f.code for f in checked(tables) if f.code.startswith("ramp")] == ["ramp_down"]


@pytest.mark.parametrize(("until", "months"), [("2022-12-31", []), ("2099-12-31", [948])])
def test_an_extract_said_to_last_long_after_its_last_row_is_told(
    until: str, months: list[int]
) -> None:
    """A placeholder for "still covered" would make everybody well until then."""
    tables = people(coverage=COVERED, visit=visits(lambda _: EVERY))
    manifest = manifest_of(tables, last_known=datetime.fromisoformat(f"{until}T23:59:59"))
    found = [f for f in checked(tables, manifest) if f.code == "observed_without_facts"]
    assert [f.count for f in found] == months
    assert all("last row of any care is of 2020-12" in f.text for f in found)
