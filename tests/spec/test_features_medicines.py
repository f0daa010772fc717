"""Medicines of the shipped catalogue, drawn: which, how many, begun, kept up, on which lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.codes.crosswalks import SETTING
from features.tables.contract import Tables
from tests.drawn import people
from tests.measured import feature

pytestmark = pytest.mark.spec

CARED_FOR = """
    at          code           days_supply
    2019-09-01  ATORVASTATIN   90
    2020-02-01  LISINOPRIL     90
    2020-03-01  OXYBUTYNIN     30
    2020-03-01  PAROXETINE     30
    2020-04-01  ATORVASTATIN   90
    2020-05-01  LOSARTAN       61
    2020-06-10  OXYCODONE      7
    2020-06-20  WARFARIN       30
"""
"""The index day is 2020-07-01."""


def supplied(rows: str, system: str = "INGREDIENT") -> Tables:
    """Supplies drawn without their code system."""
    head, *body = [line for line in rows.strip().splitlines() if line.strip()]
    return people(
        dispensing="\n".join([f"{head} system", *(f"{line} {system}" for line in body)]),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("medicines_90d", 3.0),  # losartan, oxycodone, warfarin: [2020-04-02, 2020-07-01)
        ("medicine_groups_180d", 7.0),  # each medicine is of a group of its own
        ("medicine_statin_180d", 1.0),
        ("medicine_insulin_180d", 0.0),
        ("medicine_class_raas_180d", 1.0),
        ("anticholinergic_burden_180d", 7.0),  # oxybutynin 3, paroxetine 3, warfarin 1
        ("risk_medicines_bleeding_180d", 1.0),
        ("risk_medicines_high_alert_180d", 2.0),  # oxycodone, warfarin
        ("risk_medicines_low_sugar_180d", 0.0),
        ("new_medicine_opioid_90d", 1.0),
        ("new_medicine_antidepressant_90d", 0.0),
        ("new_medicine_groups_90d", 3.0),  # the statin is none of them
        ("supplies_of_opioid_365d", 1.0),
        ("days_since_medicine_statin", 91.0),
        ("days_since_medicine_insulin", None),
    ],
)
def test_medicines_of_one_person(name: str, value: float | None) -> None:
    assert feature(name, supplied(CARED_FOR)) == value


def test_changing_an_ace_inhibitor_for_a_receptor_blocker_is_no_gap() -> None:
    """[2020-02-01, 2020-05-01) and [2020-05-01, 2020-07-01): every day since the first."""
    tables = supplied(CARED_FOR)
    assert feature("covered_class_raas_365d", tables) == 1.0
    assert feature("gap_class_raas_365d", tables) == 0.0


def test_a_gap_between_two_supplies_is_seen() -> None:
    """Of 304 days from 2019-09-01 on, 180 were covered; none from 2019-11-30 to 2020-04-01."""
    tables = supplied(CARED_FOR)
    assert feature("covered_statin_365d", tables) == 180 / 304
    assert feature("gap_statin_365d", tables) == 123.0


def test_nothing_is_known_where_a_supply_has_no_length() -> None:
    tables = supplied("at code\n 2020-06-01 WARFARIN")
    assert feature("medicine_anticoagulant_180d", tables) == 1.0
    assert feature("covered_anticoagulant_365d", tables) is None
    assert feature("gap_anticoagulant_365d", tables) is None


def test_a_combined_product_is_in_the_groups_of_all_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rxnorm_ingredient_to_atc.csv").write_text(
        "rxcui,ingredient,atc5\n"
        "5640,Ibuprofen,M01AE01\n5489,Hydrocodone,R05DA03\n161,Acetaminophen,N02BE01\n"
    )
    (tmp_path / "rxnorm_drug_to_ingredient.csv").write_text(
        "rxcui,ingredient_rxcui\n856980,5489\n856980,161\n"
    )
    monkeypatch.setenv(SETTING, str(tmp_path))
    tables = supplied("at code\n 2020-06-01 856980", system="RXNORM")
    assert feature("medicine_opioid_180d", tables) == 1.0
    assert feature("medicine_paracetamol_180d", tables) == 1.0
    assert feature("medicine_nsaid_180d", tables) == 0.0
    assert feature("medicines_90d", tables) == 1.0


@pytest.mark.parametrize("name", ["medicine_insulin_180d", "medicine_groups_180d", "medicines_90d"])
def test_without_cover_for_medicines_there_is_no_zero(name: str) -> None:
    tables = people(coverage="person kind\n p1 medical")
    assert feature(name, tables) is None
