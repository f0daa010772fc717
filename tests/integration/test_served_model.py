"""A saved model as MLflow loads it: the same bits as the program's own, from text alone."""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests import small_model
from training.tracking import SERVED_MODEL, example, signature

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow.pyfunc

pytestmark = pytest.mark.integration

BESIDE = {"mlflow", "pandas"}
"""What MLflow brings itself."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflow.pyfunc.PyFuncModel]:
    folder = tmp_path_factory.mktemp("served")
    small_model.bundle().save(folder / "bundle", {})
    script = folder / "served_model.py"
    script.write_text(SERVED_MODEL.read_text(encoding="utf-8"), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            path=str(folder / "model"),
            python_model=str(script),
            artifacts={"bundle": str(folder / "bundle")},
            signature=signature(small_model.schema()),
            pip_requirements=["lightgbm", "numpy"],
        )
        yield mlflow.pyfunc.load_model(str(folder / "model"))


def frame(X: np.ndarray) -> pd.DataFrame:
    return small_model.schema().decode(X).to_pandas()


def test_risks_are_the_same_bits(served):
    X = small_model.rows(600, seed=11, nulls=0.35)
    own = small_model.bundle().score(small_model.matrix(X), explain=False)
    found = served.predict(frame(X))
    assert list(found.columns) == ["risk"]
    assert not own.sufficient.all()
    assert np.array_equal(found["risk"].to_numpy(), own.risk, equal_nan=True)


def test_a_row_alone_has_the_same_bits(served):
    X = small_model.rows(5, seed=12)
    whole = served.predict(frame(X))["risk"].to_numpy()
    alone = [served.predict(frame(X[i : i + 1]))["risk"].iloc[0] for i in range(5)]
    assert np.array_equal(whole, np.array(alone))


def test_reasons_are_the_strongest_domains_with_the_same_bits(served):
    X = small_model.rows(40, seed=13)
    found = served.predict(frame(X), params={"reasons": 3})["reasons"]
    own = small_model.bundle().reasons(small_model.matrix(X))
    for text, reasons in zip(found, own, strict=True):
        stated = [{"domain": r.domain, "contribution": r.contribution} for r in reasons[:3]]
        assert json.loads(text) == stated


def test_a_column_that_is_not_given_is_unknown(served):
    X = small_model.rows(20, seed=14)
    place = small_model.schema().place("emergency_visits_183d")
    given = frame(X).drop(columns="emergency_visits_183d")
    X[:, place] = np.nan
    own = small_model.bundle().score(small_model.matrix(X), explain=False)
    assert np.array_equal(served.predict(given)["risk"].to_numpy(), own.risk, equal_nan=True)


def test_the_example_of_the_signature_is_scored(served):
    risk = served.predict(example(small_model.schema()))["risk"]
    assert 0 < risk.iloc[0] < 1


def test_it_needs_lightgbm_and_numpy_and_what_mlflow_brings():
    tree = ast.parse(SERVED_MODEL.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names}
    assert roots - set(sys.stdlib_module_names) - BESIDE == {"lightgbm", "numpy"}


def test_its_least_share_is_the_programs_own():
    from models.completeness import LEAST_SHARE

    [stated] = [
        node.value.value
        for node in ast.parse(Path(SERVED_MODEL).read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LEAST_SHARE"
    ]
    assert stated == LEAST_SHARE
