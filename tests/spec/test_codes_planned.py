"""CCS categories of codes, and what the planned-readmission algorithm makes of a stay."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from features.codes.ccs import DATA, DIAGNOSES, PROCEDURES, categories, category, ccs_map
from features.codes.planned import Reason, decide, operated_on, treated_for

pytestmark = pytest.mark.spec


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("ICD-10-CM", "J189", 122),  # pneumonia
        ("ICD-9-CM", "486", 122),
        ("ICD-10-CM", "Z5111", 45),  # chemotherapy
        ("ICD-9-CM", "V5811", 45),
        ("ICD-10-PCS", "0SRC0J9", 152),  # knee replacement
        ("ICD-9-PCS", "8154", 152),
        ("ICD-10-CM", "J18", None),  # no whole code: nothing is guessed
        ("ICD-10-CM", "U099", None),  # later than the software
        ("ICD-10", "J189", None),  # the WHO's edition has no map
        ("SNOMED", "233604007", None),
        ("CPT", "27447", None),
    ],
)
def test_category_of_a_code(system: str, code: str, expected: int | None) -> None:
    assert category(system, pa.array([code])).to_pylist() == [expected]
    assert category(system, pa.array([code])).type == pa.int16()


def test_a_column_of_mixed_systems_keeps_its_order_and_its_nulls() -> None:
    systems = pa.array(["ICD-9-CM", "ICD-10-CM", "LOCAL", "ICD-10-CM", "ICD-10-PCS"])
    codes = pa.array(["486", None, "486", "J189", "0SRC0J9"])
    assert categories(systems, codes, DIAGNOSES).to_pylist() == [122, None, None, 122, None]
    assert category("ICD-10-CM", pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize(
    ("system", "codes", "found"),
    [
        ("ICD-9-CM", 15_072, 283),
        ("ICD-10-CM", 72_446, 283),
        ("ICD-9-PCS", 3_948, 231),
        ("ICD-10-PCS", 80_492, 224),
    ],
)
def test_the_maps_are_whole(system: str, codes: int, found: int) -> None:
    held = ccs_map(system)
    assert (len(held), len(set(held.values()))) == (codes, found)


def planned_rows() -> list[dict[str, str]]:
    with (DATA / "planned.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_lists_of_the_algorithm_have_as_many_categories_as_published() -> None:
    assert Counter((row["list"], row["kind"]) for row in planned_rows()) == {
        ("always", "procedure"): 3,
        ("always", "diagnosis"): 2,
        ("always_all_payer", "procedure"): 2,
        ("always_all_payer", "diagnosis"): 2,
        ("potentially", "procedure"): 65,
        ("acute", "diagnosis"): 80,
        ("psychiatric", "diagnosis"): 11,
        ("cancer", "diagnosis"): 35,
        ("rehabilitation", "diagnosis"): 1,
        ("surgery", "procedure"): 89,
    }


@pytest.mark.parametrize("edition", ["ICD-9", "ICD-10"])
def test_every_listed_category_can_be_reached_from_a_code(edition: str) -> None:
    reached = {
        kind: {found for system in systems if system.startswith(edition)
               for found in ccs_map(system).values()}
        for kind, systems in (("diagnosis", DIAGNOSES), ("procedure", PROCEDURES))
    }  # fmt: skip
    for row in planned_rows():
        assert int(row["category"]) in reached[row["kind"]], row


KNEE, SCOPE, KIDNEY = "ICD-10-PCS 0SRC0J9", "ICD-10-PCS 0DJ08ZZ", "ICD-9-PCS 5569"
NEW, CPT = "ICD-10-PCS XW033E5", "CPT 27447"
ARTHROSIS, PNEUMONIA, CHEMOTHERAPY, FAILURE = 203, 122, 45, 108


@pytest.mark.parametrize(
    ("diagnosis", "procedures", "reason"),
    [
        (PNEUMONIA, [KIDNEY], "always_planned_procedure"),
        (None, [KIDNEY], "always_planned_procedure"),
        (CHEMOTHERAPY, [], "always_planned_diagnosis"),
        (CHEMOTHERAPY, [CPT], "always_planned_diagnosis"),
        (ARTHROSIS, [KNEE], "potentially_planned_procedure"),
        (ARTHROSIS, [SCOPE, KNEE], "potentially_planned_procedure"),
        (ARTHROSIS, [KNEE, NEW], "potentially_planned_procedure"),
        (PNEUMONIA, [KNEE], "acute_diagnosis"),  # an acute cause: never planned by an operation
        (PNEUMONIA, [], "acute_diagnosis"),  # ... and no need to know what was done
        (PNEUMONIA, [CPT], "acute_diagnosis"),
        (FAILURE, [SCOPE], "no_planned_procedure"),
        (FAILURE, [SCOPE, CPT], "no_planned_procedure"),  # CPT tells the same acts another way
        (FAILURE, [], "no_procedure"),
        (FAILURE, [SCOPE, NEW], "undecided"),  # the new code may be an operation
        (FAILURE, [CPT], "undecided"),  # what was done cannot be read
        (None, [KNEE], "undecided"),  # perhaps for something acute
        (None, [SCOPE], "undecided"),  # perhaps for chemotherapy
        (None, [], "undecided"),
    ],
)
def test_what_decides_a_stay(diagnosis: int | None, procedures: list[str], reason: str) -> None:
    told = [act.split() for act in procedures]
    found = decide(
        pa.array([None, diagnosis], pa.int16()),
        np.array([1] * len(told) + [-1], np.int64),
        pa.array([system for system, _ in told] + ["ICD-9-PCS"]),
        pa.array([code for _, code in told] + ["5569"]),  # of nobody here
    )
    assert [Reason(one).name.lower() for one in found] == ["undecided", reason]


def test_what_the_measure_does_not_ask_about() -> None:
    causes = pa.array([659, 19, 254, 122, None], pa.int16())
    none, every = np.zeros(5, np.bool_), np.ones(5, np.bool_)
    assert treated_for("psychiatric", causes, every).tolist() == [True, False, False, False, False]
    assert treated_for("cancer", causes, none).tolist() == [False, True, False, False, False]
    assert not treated_for("cancer", causes, every).any()
    assert treated_for("rehabilitation", causes, every).tolist() == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_surgery_is_what_the_measure_counts_as_such() -> None:
    told = [act.split() for act in (KNEE, SCOPE, CPT, KNEE)]
    systems, codes = (pa.array(column) for column in zip(*told, strict=True))
    found = operated_on(4, np.array([0, 1, 2, -1]), systems, codes)
    assert found.tolist() == [True, False, False, False]
