"""What a model is compared with on the same rows: logistic regression and the published scores.

They get every row that the making of the model used, so that none loses for want of rows. A score
whose inputs the source does not give is "not computable", with the inputs named, and the training
goes on. It refuses a baseline that does not exist or does not fit the label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue, load_catalogue
from features.errors import InputError
from features.flat import FlatTable
from features.matrix import Matrix, Schema
from features.posed import Posed
from models.calibration import Calibrator
from models.estimator import NotComputableError
from models.logistic import Logistic
from models.points import SCORES, PointScore, rule
from training.linear import Linear

Floats = npt.NDArray[np.float64]

LOGISTIC = "logistic"
NAMES = (LOGISTIC, *SCORES)


@dataclass(frozen=True)
class Baselines:
    """Fitted baselines by name, and those that are not computable with what they lack."""

    fitted: Mapping[str, PointScore | Linear]
    not_computable: Mapping[str, tuple[str, ...]]

    def risks(self, matrix: Matrix) -> dict[str, Floats]:
        """Risk of each row by each fitted baseline; NaN where it is not computable for the row.

        matrix  holds the columns of the model and the inputs of the published scores
        """
        return {
            name: _risk(one, matrix.choose(matrix.schema.only(one.inputs)))
            for name, one in self.fitted.items()
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "fitted": {
                name: one.to_json() if isinstance(one, Linear) else _line_of(one)
                for name, one in self.fitted.items()
            },
            "not_computable": {name: list(lacks) for name, lacks in self.not_computable.items()},
        }

    @classmethod
    def from_json(cls, stated: Mapping[str, Any], definition: Posed, schema: Schema) -> Baselines:
        """The baselines kept with a model that answers `definition`; `schema` is the model's."""
        fitted = {
            name: Linear.from_json(kept, schema)
            if kept["kind"] == "linear"
            else replace(
                _score(name, definition), line=Calibrator(kept["intercept"], kept["slope"])
            )
            for name, kept in stated["fitted"].items()
        }
        lacking = {name: tuple(lacks) for name, lacks in stated["not_computable"].items()}
        return cls(fitted, lacking)


def refuse_unfit(
    names: Collection[str], beat: Iterable[str], definition: Posed, where: str
) -> None:
    """Raises InputError for a baseline that does not exist or has no meaning for the label.

    beat  those the gate asks the model to beat; one that is not compared could never be
    """
    known = (*NAMES, *_rules(definition))
    for name in names:
        if name not in known:
            raise InputError(
                f"there is no baseline {name}",
                where=f"{where}, key baselines",
                cure=f"use {', '.join(known)}",
            )
    inputs_of(names, definition)
    if unseen := sorted(set(beat) - set(names)):
        raise InputError(
            f"the gate asks to beat {unseen[0]}, which is not among the baselines",
            where=f"{where}, key gate.beat",
            cure=f"add {unseen[0]} to baselines, or take it out of gate.beat",
        )


def inputs_of(names: Iterable[str], definition: Posed) -> tuple[str, ...]:
    """Features that the published scores among `names` count from."""
    scores = [_score(name, definition) for name in names if name != LOGISTIC]
    return tuple(dict.fromkeys(feature for score in scores for feature in score.inputs))


def widened(catalogue: Catalogue, inputs: Iterable[str]) -> Catalogue:
    """The catalogue and behind it those `inputs` it lacks, as the shipped catalogue has them.

    Leaving a feature out of a model must not take it from the scores the model is compared with.
    """
    lacking = [name for name in inputs if name not in catalogue]
    more = load_catalogue().select(lacking).features if lacking else ()
    return replace(catalogue, features=(*catalogue.features, *more))


def narrowed(matrix: Matrix, catalogue: Catalogue) -> Matrix:
    """The columns of a matrix that `catalogue` names, in its order."""
    return matrix.choose(Schema.of(catalogue))


def fit_baselines(
    names: Iterable[str], definition: Posed, matrix: Matrix, scored: Matrix, y: Floats,
    *, seed: int,
) -> Baselines:  # fmt: skip
    """The baselines fitted on rows with outcomes `y`.

    matrix  all columns; scored  those of the model, which are what logistic regression gets
    """
    fitted: dict[str, PointScore | Linear] = {}
    lacking: dict[str, tuple[str, ...]] = {}
    for name in names:
        try:
            if name == LOGISTIC:
                fitted[name] = _logistic(scored, y, seed)
            else:
                score = _score(name, definition)
                there = [name for name in score.inputs if name in matrix.schema]
                own = matrix.choose(matrix.schema.only(there))
                fitted[name] = score.fit(own.X, y, schema=own.schema)
        except NotComputableError as error:
            lacking[name] = error.missing
        except InputError as error:  # too few rows for this baseline; the model may have enough
            lacking[name] = (error.what,)
    return Baselines(fitted, lacking)


def _score(name: str, definition: Posed) -> PointScore:
    """The published score, or the rule that a table's recipe states."""
    rules = _rules(definition)
    return rules[name] if name in rules else SCORES[name](definition.label)


def _rules(definition: Posed) -> Mapping[str, PointScore]:
    if not isinstance(definition, FlatTable):
        return {}
    stated = definition.compare
    return {one.name: rule(one.name, one.feature, one.at_least, one.about) for one in stated}


def _risk(one: PointScore | Linear, own: Matrix) -> Floats:
    return replace(one, schema=own.schema).predict_risk(own.X)


def _logistic(scored: Matrix, y: Floats, seed: int) -> Linear:
    """Logistic regression, as the text that is kept has it: what is compared is what is kept."""
    pipeline = Logistic().fit(scored.X, y, schema=scored.schema, seed=seed).pipeline
    assert pipeline is not None
    return Linear.of(pipeline.decision_function, scored.schema)


def _line(kept: Mapping[str, Any]) -> Calibrator:
    return Calibrator(kept["intercept"], kept["slope"])


def _line_of(score: PointScore) -> dict[str, Any]:
    assert score.line is not None, "not fitted"
    return {"kind": "points", "intercept": score.line.intercept, "slope": score.line.slope}
