"""Real claims to a ranked list by the real commands, the morning after the last day."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command import Ran, caseload

pytestmark = [pytest.mark.integration, pytest.mark.sized]

MORNING_AFTER = "2011-01-01"


@dataclass(frozen=True)
class Listed:
    """What ranking printed, and the rows of the list."""

    ran: Ran
    rows: list[dict[str, str]]


@pytest.fixture(scope="module")
def listed(third_party: Path, full: bool, tmp_path_factory: pytest.TempPathFactory) -> Listed:
    """Of one sample of ten thousand beneficiaries, or of all ten under CASELOAD_FULL=1."""
    folder = tmp_path_factory.mktemp("claims")
    whole = third_party / "cms_desynpuf_10k"
    source = whole if full else whole / "sample_01"
    for command in (
        ("ingest", "--from", "synpuf", source, "--out", "h"),
        ("train", "complexity", "--history", "h"),
    ):
        done = caseload(*command, folder=folder)
        assert done.status == 0, done.err
    ran = caseload(
        "rank", "--history", "h", "--as-of", MORNING_AFTER, "--out", "list.csv", "--json",
        folder=folder,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    with (folder / "list.csv").open(newline="", encoding="utf-8") as file:
        return Listed(ran, list(csv.DictReader(file)))


def test_people_covered_to_the_last_day_are_scored_the_morning_after(listed: Listed) -> None:
    answer = listed.ran.answer
    assert answer["scored"] > 3_000  # type: ignore[operator]
    assert answer["eligible"] == sum(row["action"] != "review" for row in listed.rows)
    assert {row["as_of"] for row in listed.rows} == {MORNING_AFTER}


def test_each_row_has_a_risk_at_or_above_the_cut_in_order_and_a_reason(listed: Listed) -> None:
    ranked = [row for row in listed.rows if row["action"] != "review"]
    risks = [float(row["risk"]) for row in ranked]
    cut = listed.ran.answer["cut"]
    assert risks == sorted(risks, reverse=True)
    assert min(risks) >= cut["value"]  # type: ignore[index]
    assert all(row["reason_1"] for row in ranked[: len(ranked) // 2])
