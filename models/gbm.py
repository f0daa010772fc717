"""Gradient boosting with LightGBM: fitted the same bit for bit, kept as text, explained exactly.

Nothing is re-weighted: rare events stay rare, so the margin stays near the log-odds. The model used
is always the one read back from its own text, so what is saved is what was evaluated. Rows come as
a dense matrix or as an Arrow table of the columns, which LightGBM reads where it lies; the model is
the same. It refuses a text that is no model and rows that do not hold both outcomes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from features.errors import InputError
from features.matrix import Schema
from models.estimator import Floats, refuse_one_outcome

# Waiting threads sleep: spinning beside other work made a fit thirty times slower on two cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lightgbm as lgb

Numbers: TypeAlias = Floats | pa.Table
"""Features of rows as `Matrix.numbers` gives them."""

FEW_ROWS = 512
"""Below so many rows a prediction stays on one thread: starting others costs more."""


@dataclass(frozen=True)
class Settings:
    """How the trees are grown.

    rounds      most trees; patience: trees without gain on the valid rows before it stops
    threads     another number may change the last digits of the model
    leaf_share  smallest leaf as a share of the training rows, never under leaf_rows
    the others  as LightGBM names them
    """

    rounds: int = 400
    patience: int = 30
    threads: int = 2
    learning_rate: float = 0.05
    num_leaves: int = 15
    leaf_share: float = 0.002
    leaf_rows: int = 20
    feature_fraction: float = 0.5
    bagging_fraction: float = 0.8
    lambda_l2: float = 5.0

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> Settings:
        """From the table `model` of a recipe, whose table `lightgbm` holds the tree settings."""
        outer = {key: model[key] for key in ("rounds", "patience", "threads") if key in model}
        return cls(**outer, **model.get("lightgbm", {}))

    def params(self, rows: int, seed: int) -> dict[str, Any]:
        """LightGBM parameters for so many training rows."""
        return {
            "objective": "binary",
            "metric": "binary_logloss",
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": max(self.leaf_rows, round(self.leaf_share * rows)),
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "lambda_l2": self.lambda_l2,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "use_missing": True,
            "verbosity": -1,
        }


@dataclass(frozen=True, eq=False)
class Boosting:
    """Boosted trees; `fit` gives a fitted copy, `from_text` a fitted one from its text.

    text  the fitted model as LightGBM writes it; "": not fitted
    """

    settings: Settings = Settings()
    schema: Schema | None = None
    text: str = ""

    def fit(
        self,
        X: Numbers,
        y: Floats,
        *,
        schema: Schema,
        valid: tuple[Numbers, Floats] | None = None,
        seed: int = 0,
    ) -> Boosting:
        """A fitted copy. With `valid` rows it stops early, without it grows all `rounds`."""
        refuse_one_outcome(y, "training")
        params = self.settings.params(len(y), seed)
        train = _dataset(X, y, schema, params)
        watch = [] if valid is None else [_dataset(*valid, schema, params, train)]
        stop = [lgb.early_stopping(self.settings.patience, verbose=False)] if watch else []
        booster = lgb.train(params, train, self.settings.rounds, valid_sets=watch, callbacks=stop)
        text = booster.model_to_string(num_iteration=booster.best_iteration or -1)
        return replace(self, schema=schema, text=text)

    @classmethod
    def from_text(cls, text: str, schema: Schema, settings: Settings | None = None) -> Boosting:
        """The model of a text that `text` gave. Raises InputError where it is none of this schema.

        settings  only how many threads predict comes of them
        """
        model = cls(settings or Settings(), schema, text)
        if tuple(model._booster.feature_name()) != schema.names:
            raise InputError(
                "the trees were grown on other columns than the schema's",
                where="model text",
                cure="use model and schema of one bundle",
            )
        return model

    @cached_property
    def _booster(self) -> lgb.Booster:
        try:
            return lgb.Booster(model_str=self.text)
        except lgb.basic.LightGBMError:
            raise InputError(
                "the text is no LightGBM model", where="model text", cure="use a fitted model"
            ) from None

    @property
    def trees(self) -> int:
        return int(self._booster.num_trees())

    def margin(self, X: Numbers) -> Floats:
        """Sum of the trees, in log-odds before calibration, shape (rows,)."""
        return self._predict(X, raw_score=True)

    def predict_risk(self, X: Numbers) -> Floats:
        """The uncalibrated risk; a served risk goes through a `Calibrator`."""
        return np.asarray(1 / (1 + np.exp(-self.margin(X))))

    def contributions(self, X: Numbers) -> Floats:
        """Exact TreeSHAP of the margin, shape (rows, columns + 1); the last column is the base.

        Each row sums to its margin (Lundberg SM et al., Nat Mach Intell 2020;2:56-67).
        """
        return self._predict(X, pred_contrib=True)

    def _predict(self, X: Numbers, **kind: bool) -> Floats:
        columns = len(self.schema.names) if self.schema else 0
        if not len(X):
            return np.empty((0, columns + 1) if "pred_contrib" in kind else 0)
        threads = 1 if len(X) < FEW_ROWS else self.settings.threads
        if not isinstance(X, pa.Table):
            X = np.ascontiguousarray(X, dtype=np.float64)
        return np.asarray(self._booster.predict(X, num_threads=threads, **kind), dtype=np.float64)

    @cached_property
    def gain(self) -> dict[str, float]:
        """What splits on each feature gained in all, by name, in the order of the columns."""
        gained = self._booster.feature_importance("gain").tolist()
        return dict(zip(self._booster.feature_name(), gained, strict=True))


def _dataset(
    X: Numbers, y: Floats, schema: Schema, params: dict[str, Any], like: lgb.Dataset | None = None
) -> lgb.Dataset:
    return lgb.Dataset(
        X, y, reference=like, params=params, feature_name=list(schema.names),
        categorical_feature=list(schema.categorical),
    )  # fmt: skip
