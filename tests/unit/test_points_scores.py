"""Published scores: points as published, risks by a line on the points, refusal without inputs."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import load_catalogue
from features.codes import code_set
from features.errors import InputError
from features.matrix import Column, Schema
from models.estimator import NotComputableError
from models.measures import auroc
from models.points import SCORES

pytestmark = pytest.mark.unit


def schema_of(*names: str) -> Schema:
    return Schema(tuple(Column(name, "number") for name in names))


LACE = SCORES["lace"]("readmission")
LACE_SCHEMA = schema_of(*LACE.inputs)


def lace_rows(many: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    X = np.column_stack([random.poisson(m, many) for m in (4, 0.7, 2, 1)]).astype(float)
    X[:, 1] = np.minimum(X[:, 1], 1)
    y = (random.random(many) < 1 / (1 + np.exp(3 - 0.2 * LACE.points(X, LACE_SCHEMA)))).astype(
        float
    )
    return X, y


def test_lace_gives_the_published_points(oracles: Path):
    with (oracles / "lace_cases.csv").open() as file:
        cases = list(csv.DictReader(file))
    columns = ("los_days", "acute", "charlson_lace_points", "ed_visits_6m")
    X = np.array([[float(case[c]) for c in columns] for case in cases])
    assert len(cases) == 400
    expected = [float(case["lace"]) for case in cases]
    assert LACE.points(X, LACE_SCHEMA).tolist() == expected


def test_lace_weighs_renal_disease_2_and_hiv_4():
    weights = code_set("charlson").weights["lace_2010"]
    assert (weights["rend"], weights["aids"], weights["pud"], weights["hp"]) == (2, 4, 0, 0)


@pytest.mark.parametrize("label", ["need", "bed_days", "cost"])
@pytest.mark.parametrize("name", SCORES)
def test_every_input_is_in_the_shipped_catalogue_and_every_score_cites(name, label):
    score = SCORES[name](label)
    assert set(score.inputs) <= set(load_catalogue().names)
    assert re.search(r"(19|20)\d\d[;:]", score.source), "a journal, its year and volume"


def test_risk_is_a_line_on_the_points():
    X, y = lace_rows()
    fitted = LACE.fit(X, y, schema=LACE_SCHEMA)
    risk, points = fitted.predict_risk(X), LACE.points(X, LACE_SCHEMA)
    assert np.all(np.diff(risk[np.argsort(points, kind="stable")]) >= 0)
    assert risk.mean() == pytest.approx(y.mean(), abs=1e-9)
    assert fitted.line.slope == pytest.approx(0.2, abs=0.05)
    assert auroc(y, risk) == auroc(y, points)
    assert LACE.line is None


def test_a_row_with_a_null_input_has_no_points_and_no_risk():
    X, y = lace_rows(400)
    X[0, 2] = np.nan
    fitted = LACE.fit(X, y, schema=LACE_SCHEMA)
    assert np.isnan(LACE.points(X, LACE_SCHEMA)).nonzero()[0].tolist() == [0]
    assert np.isnan(fitted.predict_risk(X)).nonzero()[0].tolist() == [0]


@pytest.mark.parametrize("share", [1.0, 0.96])
def test_an_input_null_nearly_throughout_is_named(share):
    X, y = lace_rows(1000)
    X[: int(1000 * share), 1] = np.nan
    with pytest.raises(NotComputableError) as refused:
        LACE.fit(X, y, schema=LACE_SCHEMA)
    assert refused.value.missing == ("index_unplanned",)
    assert str(refused.value) == "lace is not computable: index_unplanned"


def test_an_input_null_on_nine_rows_in_ten_is_enough():
    X, y = lace_rows(3000)
    X[:2700, 1] = np.nan
    fitted = LACE.fit(X, y, schema=LACE_SCHEMA)
    assert np.isnan(fitted.predict_risk(X)).sum() == 2700


def test_an_input_that_is_no_column_is_named():
    X, y = lace_rows(100)
    with pytest.raises(NotComputableError) as refused:
        LACE.fit(X[:, :2], y, schema=schema_of("index_nights", "index_unplanned"))
    assert refused.value.missing == (
        "lace_comorbidity_730d",
        "emergency_visits_before_admission_183d",
    )


def test_inputs_never_known_together_are_all_named():
    X, y = lace_rows(100)
    X[::2, 0] = np.nan
    X[1::2, 3] = np.nan
    with pytest.raises(NotComputableError) as refused:
        LACE.fit(X, y, schema=LACE_SCHEMA)
    assert refused.value.missing == LACE.inputs


def test_prior_use_is_two_or_more_admissions():
    score = SCORES["prior_use"]("readmission")
    X = np.array([[0.0], [1.0], [2.0], [7.0], [np.nan]])
    found = score.points(X, schema_of("admissions_365d"))
    assert found[:4].tolist() == [0, 0, 1, 1]
    assert np.isnan(found[4])


@pytest.mark.parametrize(
    ("label", "feature", "points"),
    [
        ("need", "elixhauser_groups_365d", [0, 3]),
        ("bed_days", "bed_days_365d", [0, np.log(4)]),
        ("cost", "cost_365d", [0, np.log(4)]),
    ],
)
def test_last_year_is_the_labels_own_value(label, feature, points):
    score = SCORES["last_year"](label)
    assert score.inputs == (feature,)
    assert score.points(np.array([[0.0], [3.0]]), schema_of(feature)) == pytest.approx(points)


def test_last_year_of_a_readmission_does_not_exist():
    with pytest.raises(InputError, match="no last year's value of readmission"):
        SCORES["last_year"]("readmission")


def test_points_that_do_not_vary_give_everyone_the_event_rate():
    score, schema = SCORES["prior_use"](""), schema_of("admissions_365d")
    y = np.array([0.0, 0, 0, 1])
    fitted = score.fit(np.zeros((4, 1)), y, schema=schema)
    assert fitted.predict_risk(np.array([[0.0], [5.0]])) == pytest.approx([0.25, 0.25])


def test_points_that_part_the_outcomes_are_refused():
    score, schema = SCORES["prior_use"](""), schema_of("admissions_365d")
    with pytest.raises(InputError, match="parted by the points"):
        score.fit(np.array([[0.0], [0.0], [3.0], [3.0]]), np.array([0.0, 0, 1, 1]), schema=schema)
