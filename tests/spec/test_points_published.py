"""LACE, HOSPITAL and PARR-30 against published cases, in two ways.

By inputs: the numbers of a case are put into the score. By a person: the same facts are drawn as
one whose stay ends, the kernel reads the inputs from the tables, and the score counts them. Beside
the facts that count, everybody has some that must not: a day too early, of another stay, of the way
in, of the day of the discharge.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.matrix import Column, Matrix, Schema, of_tables
from models.points import SCORES, PointScore
from tests.drawn import people

pytestmark = pytest.mark.spec

Case = Mapping[str, str]
Row = dict[str, Any]
ADMITTED = datetime.fromisoformat("2020-06-01T09:00")


def cases_of(oracles: Path, name: str) -> list[Case]:
    with (oracles / f"{name}_cases.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def flag(condition: bool) -> float:
    return float(condition)


def lace_inputs(case: Case) -> dict[str, float]:
    return {
        "index_nights": float(case["los_days"]),
        "index_unplanned": float(case["acute"]),
        "lace_comorbidity_730d": float(case["charlson_lace_points"]),
        "emergency_visits_before_admission_183d": float(case["ed_visits_6m"]),
    }


def hospital_inputs(case: Case) -> dict[str, float]:
    return {
        "haemoglobin_in_stay": float(case["haemoglobin_g_dl"]),
        "sodium_in_stay": float(case["sodium_mmol_l"]),
        "oncology_in_stay": float(case["oncology_or_cancer"]),
        "procedure_in_stay": float(case["any_procedure"]),
        "index_unplanned": float(case["urgent"]),
        "admissions_before_admission_365d": float(case["admissions_12m"]),
        "index_nights": float(case["los_days"]),
        "charlson_canc_730d": 0.0,
        "charlson_metacanc_730d": 0.0,
    }


CONDITIONS = {
    "chf": "I50", "pvd": "I70", "cpd": "J44", "diabwc": "E112", "rend": "N18", "metacanc": "C78",
    "canc": "C50", "msld": "I850", "mld": "K73", "hp": "G81", "dementia": "F03",
}  # fmt: skip
"""Charlson group -> an ICD-10 code of it alone."""


def parr30_inputs(case: Case) -> dict[str, float]:
    present = case["conditions"].split("|")
    return {
        "age": float(case["age"]),
        "unplanned_admissions_before_admission_365d": float(case["emerg_adm_12m"]),
        "unplanned_admissions_before_admission_30d": float(case["emerg_adm_30d"]),
        "index_unplanned": float(case["current_emergency"]),
        "deprivation_imd": float(case["imd2007"]),
        **{f"charlson_{group}_730d": flag(group in present) for group in CONDITIONS},
    }


def trust_effects(oracles: Path) -> dict[str, float]:
    """Effect of each trust of 2008/09, which the score leaves out; 0 for a case without one."""
    with (oracles.parent / "parr30_trusts.csv").open(newline="", encoding="utf-8") as file:
        return {r["trust_code"]: float(r["coefficient"]) for r in csv.DictReader(file)} | {"": 0.0}


INPUTS: Mapping[str, Callable[[Case], dict[str, float]]] = {
    "lace": lace_inputs,
    "hospital": hospital_inputs,
    "hospital_2013": hospital_inputs,
    "hospital_simplified": hospital_inputs,
    "parr30": parr30_inputs,
}
COLUMN = {
    "lace": "lace",
    "hospital": "score_0to1_2to5_over5",
    "hospital_2013": "score_variant_0_1to5_over5",
    "hospital_simplified": "simplified",
    "parr30": "logit",
}
"""Score -> column of the expected answer."""
MANY = {"lace": 400, "hospital": 320, "parr30": 68}


def published(oracles: Path, name: str) -> tuple[list[Case], list[float]]:
    """The cases of a score and the answers expected, hospital effects taken off."""
    source = name.split("_")[0]
    cases = cases_of(oracles, source)
    assert len(cases) == MANY[source]
    effects = trust_effects(oracles)
    return cases, [float(c[COLUMN[name]]) - effects[c.get("trust_code", "")] for c in cases]


@pytest.mark.parametrize("name", COLUMN)
def test_points_of_the_inputs_of_a_case(oracles: Path, name: str) -> None:
    cases, expected = published(oracles, name)
    score = SCORES[name]("readmission")
    schema = Schema(tuple(Column(column, "number") for column in score.inputs))
    given = [INPUTS[name](case) for case in cases]
    X = np.array([[row[column] for column in score.inputs] for row in given])
    assert score.points(X, schema) == pytest.approx(expected, abs=1e-6)


def stay_of(case: Case, nights: int, unplanned: bool, **more: Any) -> Row:
    """The stay being left."""
    return {
        "stay_id": "index",
        "admitted_at": ADMITTED,
        "discharged_at": ADMITTED + timedelta(days=nights, hours=6),
        "admission_method": "emergency" if unplanned else "elective",
        **more,
    }


def earlier(days: Sequence[int], setting: str = "acute") -> Iterator[Row]:
    """Unplanned stays of some hours, so many days before the admission."""
    for day in days:
        at = ADMITTED - timedelta(days=day)
        end = at + timedelta(hours=5)
        yield {"admitted_at": at, "discharged_at": end, "setting": setting}


def spread(count: int, nearest: int, farthest: int) -> list[int]:
    """So many days before the admission, the last of them the farthest."""
    return [round(day) for day in np.linspace(farthest, nearest, count)] if count else []


def coded(codes: Sequence[str]) -> Iterator[Row]:
    for place, code in enumerate(codes):
        at = ADMITTED - timedelta(days=100 * (place % 7) + 10)
        yield {"at": at, "code": code, "code_system": "ICD-10"}


LACE_CODES = {"0": [], "1": ["I252"], "3": ["F03"], "4": ["B20"], "9": ["B20", "F03", "I509"]}
"""Points of comorbidity -> codes that give them: 1, 3, 4 and 4 + 3 + 2."""


def lace_person(case: Case) -> dict[str, list[Row]]:
    nights = int(case["los_days"])
    visits = spread(int(case["ed_visits_6m"]), 4, 183)
    way_in = {
        "admitted_at": ADMITTED - timedelta(hours=4), "discharged_at": ADMITTED,
        "setting": "emergency",
    }  # fmt: skip
    return {
        "stay": [
            stay_of(case, nights, case["acute"] == "1"), way_in,
            *earlier([184, *visits], "emergency"),
        ],
        "diagnosis": [
            *coded(LACE_CODES[case["charlson_lace_points"]]),
            {"at": "2018-01-01", "code": "C787", "code_system": "ICD-10"},
        ],
    }  # fmt: skip


def hospital_person(case: Case) -> dict[str, list[Row]]:
    nights = int(case["los_days"])
    stay = stay_of(
        case, nights, case["urgent"] == "1",
        specialty="370" if case["oncology_or_cancer"] == "1" else "300",
    )  # fmt: skip
    # before the stay and on the day of its end: not in view; first and last of the stay
    values = [("718-7", "g/dL", 9.0, 15.0, case["haemoglobin_g_dl"])]
    values += [("2951-2", "mmol/L", 120, 140, case["sodium_mmol_l"])]
    measured = [
        {
            "at": ADMITTED + timedelta(hours=hours), "code": code, "code_system": "LOINC",
            "unit": unit, "value": float(value),
        }
        for code, unit, before, first, last in values
        for hours, value in ((-24, before), (2, first), (70, last), (24 * nights + 1, before))
    ]  # fmt: skip
    done = {"stay_id": "index", "code": "0DJ08ZZ", "code_system": "ICD-10-PCS"}
    before = {"at": ADMITTED - timedelta(days=30), "code": "0DJ08ZZ", "code_system": "ICD-10-PCS"}
    count = int(case["admissions_12m"])
    return {
        "stay": [stay, *earlier([366, *spread(count, 5, 365)])],
        "measurement": measured,
        "procedure": [before, *([done] if case["any_procedure"] == "1" else [])],
    }


def parr30_person(case: Case) -> dict[str, list[Row]]:
    year, month = int(case["emerg_adm_12m"]), int(case["emerg_adm_30d"])
    index = ADMITTED + timedelta(days=40, hours=6)
    days = [30] * month + spread(year - month, 31, 365)
    return {
        "person": [{"birth_date": index.date().replace(year=index.year - int(case["age"]))}],
        "registration": [{"deprivation": float(case["imd2007"]), "deprivation_scheme": "IMD 2007"}],
        "stay": [
            stay_of(case, 40, case["current_emergency"] == "1"),
            *earlier([366, *days]),
        ],
        "diagnosis": list(
            coded([CONDITIONS[c] for c in filter(None, case["conditions"].split("|"))])
        ),
    }


PEOPLE: Mapping[str, Callable[[Case], dict[str, list[Row]]]] = {
    "lace": lace_person,
    "hospital": hospital_person,
    "parr30": parr30_person,
}


def measured(cases: Sequence[Case], name: str, score: PointScore) -> Matrix:
    """The inputs of a score from a person drawn for each case, how they were admitted deciding."""
    tables: dict[str, list[Row]] = {}
    for number, case in enumerate(cases):
        for table, rows in PEOPLE[name](case).items():
            own = {"person_id": f"p{number:03}"}
            tables.setdefault(table, []).extend(own | row for row in rows)
    left = [row for row in tables["stay"] if row.get("stay_id") == "index"]
    moments = pa.table(
        {
            "person_id": [row["person_id"] for row in left],
            "index_at": pa.array([row["discharged_at"] for row in left], pa.timestamp("us")),
            "stay_id": ["index"] * len(left),
            "spell_id": ["index"] * len(left),
            "moment": ["discharge"] * len(left),
        }
    )
    catalogue = load_catalogue().select(score.inputs).joined_by("evidence")
    return of_tables(people(**tables), moments, catalogue)


def possible(case: Case) -> bool:
    """An admission in the last 30 days is one of the last year: no person has the first alone."""
    return int(case.get("emerg_adm_30d", 0)) <= int(case.get("emerg_adm_12m", 0))


@pytest.mark.parametrize("name", COLUMN)
def test_points_of_a_person_drawn_for_a_case(oracles: Path, name: str) -> None:
    cases, answers = published(oracles, name)
    drawn = [case for case in cases if possible(case)]
    expected = [answer for case, answer in zip(cases, answers, strict=True) if possible(case)]
    assert len(cases) - len(drawn) == (15 if name == "parr30" else 0)
    score = SCORES[name]("readmission")
    matrix = measured(drawn, name.split("_")[0], score)
    for case, row in zip(drawn, matrix.to_arrow().to_pylist(), strict=True):
        given = INPUTS[name](case)
        assert {n: row[n] for n in score.inputs} == {n: given[n] for n in score.inputs}, case
    assert score.points(matrix.X, matrix.schema) == pytest.approx(expected, abs=1e-6)
