"""Logistic regression on the same features: the plain model a boosting has to beat.

Nulls are filled with the median beside a column that says so, categories become one column each,
everything is put on one scale, and the weights are shrunk a little (ridge). It is a comparison and
is not served.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features.matrix import Schema
from models.estimator import Floats, Rows, refuse_one_outcome

MOST_STEPS = 2000
AT_ONCE = 100_000
"""Rows expanded at a time, so that memory stays bounded."""


@dataclass(frozen=True, eq=False)
class Logistic:
    """`fit` gives a fitted copy; `shrinkage` is the C of scikit-learn."""

    shrinkage: float = 0.1
    pipeline: Pipeline | None = None

    def fit(
        self, X: Floats, y: Floats, *, schema: Schema, valid: Rows | None = None, seed: int = 0
    ) -> Logistic:
        """A fitted copy. `valid` and `seed` change nothing: the solution is unique."""
        del valid
        refuse_one_outcome(y, "training")
        pipeline = make_pipeline(
            _columns(schema),
            LogisticRegression(C=self.shrinkage, max_iter=MOST_STEPS, random_state=seed),
        )
        return replace(self, pipeline=pipeline.fit(X, y))

    def predict_risk(self, X: Floats) -> Floats:
        """Risk of each row, shape (rows,)."""
        assert self.pipeline is not None, "not fitted"
        blocks = [
            self.pipeline.predict_proba(X[start : start + AT_ONCE])[:, 1]
            for start in range(0, len(X), AT_ONCE)
        ]
        return np.concatenate([np.empty(0), *blocks])


def _columns(schema: Schema) -> ColumnTransformer:
    numbers = [i for i in range(len(schema.columns)) if i not in schema.categorical]
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(fill, StandardScaler()), numbers),
            ("categories", OneHotEncoder(handle_unknown="ignore"), list(schema.categorical)),
        ],
        sparse_threshold=0,
    )
