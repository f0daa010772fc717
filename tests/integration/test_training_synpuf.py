"""The shipped recipes on real claims: what they lack is named, the falling follow-up is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from features.readers.ingest import ingest
from features.spells import SpellRule, spells
from features.tables.history import History
from tests import trained as made
from training.answer import answer_of

pytestmark = [pytest.mark.integration, pytest.mark.sized]


@pytest.fixture(scope="module")
def history(third_party: Path, full: bool, tmp_path_factory: pytest.TempPathFactory) -> History:
    """One sample of ten thousand beneficiaries, or all ten under CASELOAD_FULL=1."""
    whole = third_party / "cms_desynpuf_10k"
    out = tmp_path_factory.mktemp("synpuf") / "history"
    source = whole if full else whole / "sample_01"
    ingest("synpuf", source, out, on_error="stop", progress=made.quiet)
    return History.open(out)


@pytest.fixture(scope="module")
def readmission(history: History) -> dict[str, Any]:
    return answer_of(made.trained("readmission", history))


def test_lace_is_not_computable_and_says_which_inputs(readmission: dict[str, Any]) -> None:
    assert readmission["baselines"]["lace"]["text"] == (
        "not computable: index_unplanned, emergency_visits_before_admission_183d"
    )
    (warning,) = [w for w in readmission["warnings"] if w["code"] == "not_computable"]
    assert warning["text"].startswith("lace is not computable")
    assert readmission["baselines"]["prior_use"]["rows"] == readmission["tested"]["rows"]


def test_the_falling_follow_up_is_told_by_period(readmission: dict[str, Any]) -> None:
    (drift,) = [
        w for w in readmission["warnings"] if w["code"] == "drift" and "followed" in w["of"]
    ]
    years = {period["period"][:4] for period in drift["periods"]}
    assert years == {"2008", "2009", "2010"}
    assert drift["periods"][0]["rate"] > 2 * drift["periods"][-1]["rate"]


def test_codes_decide_the_urgency_of_nearly_every_admission(history: History) -> None:
    """The claims say nothing of how people were admitted; what was done, and for what, they do."""
    by: Counter[str | None] = Counter()
    for bucket in range(history.buckets):
        by.update(spells(history.bucket(bucket), SpellRule.DATES)["decided_by"].to_pylist())
    assert by["admission_method"] == 0
    assert by[None] < 0.01 * by.total()
    assert by["acute_diagnosis"] > by["potentially_planned_procedure"] > 0
    assert by["always_planned_procedure"] > 0
    assert by["no_procedure"] > 0


def test_few_outcomes_hang_on_an_undecided_admission(readmission: dict[str, Any]) -> None:
    undecided = readmission["sensitivity"].get("undecided", 0)
    assert undecided <= 0.01 * readmission["tested"]["rows"]


def test_complexity_trains_with_the_shipped_recipe(history: History) -> None:
    answer = answer_of(made.trained("complexity", history))
    assert answer["high"] >= 1
    assert 0 < answer["prevalence"] < 0.5
    assert set(answer["baselines"]) == {"logistic", "charlson_age", "prior_use", "last_year"}
