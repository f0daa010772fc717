"""Twenty published-rule cases of readmission, under the measure of CMS and under the NHS's.

Each case is a person drawn from its facts: a stay that the planned-readmission algorithm calls
planned has a knee replaced, any other has an endoscopy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.cohort import index_moments
from features.definition import Definition, load_definition
from features.labels import labels
from features.spells import SpellRule, spell_of_stay, spells
from features.tables.contract import Tables
from tests.drawn import people

pytestmark = pytest.mark.spec

RULES = {"cms_like": "readmission_cms", "nhs_like": "readmission_nhs"}
TO = {"home": "home", "acute_transfer": "acute", "died": "died", "ama": "against_advice"}
CAUSES = {"A": "I509", "B": "M1711", "psychiatric": "F209"}
ACTS = {True: "0SRC0J9", False: "0DJ08ZZ"}
REASONS = {"insufficient_follow_up": "horizon_not_observed"}


def cases(oracles: Path) -> list[dict[str, Any]]:
    text = (oracles / "readmission_cases.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["cases"]
    return found


def lived(case: Mapping[str, Any]) -> Tables:
    stays = case["stays"]
    return people(
        person=[{"person_id": "p1", "death_date": case["death"]}],
        stay=[
            {
                "stay_id": stay["id"], "facility_id": stay["facility"],
                "admitted_at": stay["admit"], "discharged_at": stay["discharge"],
                "admission_method": stay["admission_type"], "day_case": stay["daycase"],
                "discharged_to": TO[stay["disposition"]] if stay["discharge"] else None,
            }
            for stay in stays
        ],
        diagnosis=[
            {
                "stay_id": stay["id"], "position": 1,
                "code": CAUSES[stay["index_exclusion"] or stay["condition"]],
            }
            for stay in stays
        ],
        procedure=[{"stay_id": stay["id"], "code": ACTS[stay["planned"]]} for stay in stays],
    )  # fmt: skip


def ripe(name: str) -> Definition:
    """The shipped definition for facts that are all there when the extract ends."""
    definition = load_definition(name)
    return replace(definition, censoring=replace(definition.censoring, run_out_days=0))


def episodes(tables: Tables, definition: Definition) -> dict[str, str]:
    """The episode ("a+b") of each spell, by its first stay."""
    rule = SpellRule[definition.spells.upper()]
    stay = tables["stay"]["stay_id"].to_pylist()
    of = spell_of_stay(tables, rule).tolist()
    found = spells(tables, rule, deciders=definition.urgency)["spell_id"].to_pylist()
    return {
        first: "+".join(one for one, own in zip(stay, of, strict=True) if own == place)
        for place, first in enumerate(found)
    }


def answers(case: Mapping[str, Any], definition: Definition) -> tuple[list[Any], Counter[str]]:
    """Each index episode with its answer, and the reasons of the others."""
    tables = lived(case)
    cohort = index_moments(tables, definition)
    end = datetime.fromisoformat(f"{case['data_end']}T23:59:59.999999")
    told = labels(tables, cohort.moments, definition, last_known=end).to_pylist()
    name = episodes(tables, definition)
    reasons = Counter(cohort.excluded)
    kept = []
    for moment, label in zip(cohort.moments.to_pylist(), told, strict=True):
        if label["status"] != "labelled":
            reasons[label["status"]] += 1
            continue
        kept.append(
            (
                name[moment["spell_id"]], str(moment["index_at"].date()), bool(label["value"]),
                label["by"], label["competing_death_day"],
            )
        )  # fmt: skip
    return kept, reasons


@pytest.mark.parametrize("rule", RULES)
def test_published_cases(oracles: Path, rule: str) -> None:
    definition, stated = ripe(RULES[rule]), cases(oracles)
    assert len(stated) == 20
    for case in stated:
        kept, reasons = answers(case, definition)
        expected = case["expected"][rule]
        index = [
            (
                one["episode"], one["index_discharge"], one["readmit"], one["by"],
                one.get("competing_death_day"),
            )
            for one in expected
            if one["index"]
        ]  # fmt: skip
        assert kept == index, case["name"]
        others = [one["reason"] for one in expected if not one["index"]]
        assert reasons == Counter(REASONS.get(one, one) for one in others), case["name"]
        told = episodes(lived(case), definition).values()
        assert list(told) == [one["episode"] for one in expected], case["name"]
