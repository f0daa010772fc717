"""Puts a model together: what was fitted, what it needs to score, and its card.

The card says what was found, so it comes last; nothing in it tells one run from another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.matrix import Matrix
from models.bundle import Bundle
from models.card import Data, Evaluation, model_card
from models.completeness import inputs_of
from models.percentile import quantiles
from models.trained_on import TrainedOn
from training.fit import Fitted
from training.gate import Verdict
from training.plain import plain
from training.question import Question
from training.recipe import PARTS
from training.rows import Rows
from training.source import Source
from training.split import CALIBRATION, TRAIN, VALID, Bools, Divided


def made_of(divided: Divided) -> Bools:
    """Rows that took part in making the model: fitted on, stopped by or calibrated on."""
    return divided.rows(TRAIN) | divided.rows(VALID) | divided.rows(CALIBRATION)


def without_card(
    question: Question, matrix: Matrix, divided: Divided, fitted: Fitted, high: float | None
) -> Bundle:
    """The model, ready to score; its card is still empty.

    matrix  the columns that score
    """
    recipe, made = question.recipe, made_of(divided)
    own = matrix.only(made)
    margin = fitted.boosting.margin(own.numbers)
    return Bundle(
        name=recipe.name,
        label=question.definition.label,
        boosting=fitted.boosting,
        calibrator=fitted.calibrator,
        catalogue=question.catalogue,
        posed=question.definition,
        schema=matrix.schema,
        mode=question.mode,
        recipe_text=question.text,
        card={},
        percentiles=quantiles(fitted.calibrator.risk(margin)),
        inputs=inputs_of(question.catalogue, fitted.boosting.gain),
        high=high,
        seen=TrainedOn.of(own.rows.column("person_id"), salt=recipe.split.salt),
    )


def card_of(
    question: Question,
    source: Source,
    rows: Rows,
    split: Mapping[str, Any],
    bundle: Bundle,
    tested: Mapping[str, Any],
    verdict: Verdict,
    warnings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The card of a model that has been tested."""
    recipe, told = question.recipe, source.told()
    data = Data(
        kind=source.kind,
        source=str(told["source"]),
        digest=source.digest,
        first=_day(told["first"]),
        last=_day(told["last"]),
        parts=split["parts"],
        excluded=rows.excluded["cohort"],
        unlabelled=rows.excluded["labels"],
        split={name: split[name] for name in ("by", "test_start", "test_end", "test_months")},
        warnings=[str(warning["text"]) for warning in warnings],
    )
    found = Evaluation(tested["metrics"], tested["at_k"], tested["baselines"], verdict.to_json())
    method = {
        "model": recipe.model.model_dump(mode="json"),
        "calibration": recipe.calibration.model_dump(mode="json") | split["calibrated_on"],
        "seed": recipe.seed,
        "trees": bundle.boosting.trees,
    }
    card = model_card(
        name=recipe.name,
        mode=question.mode,
        definition=question.definition,
        catalogue=question.catalogue,
        method=method,
        calibrator=bundle.calibrator,
        high=bundle.high,
        data=data,
        evaluation=found,
        why_deprivation=recipe.features.why_deprivation,
    )
    return plain(card)  # type: ignore[no-any-return]


def parts_of_split(rows: Rows, y: Bools, divided: Divided, fitted: Fitted) -> dict[str, Any]:
    """The split: its days, {rows, people, events} of each part, and what calibrated the model."""
    person = rows.person
    return {
        **divided.to_json(),
        "parts": {name: _counted(person, y, divided.rows(part)) for part, name in enumerate(PARTS)},
        "calibrated_on": _counted(person, y, fitted.calibrated_on)
        | {"out_of_fold": fitted.out_of_fold},
    }


def _day(told: object) -> str | None:
    return None if told is None else str(told)


def _counted(person: np.ndarray[Any, Any], y: Bools, part: Bools) -> dict[str, int]:
    people = len(np.unique(person[part]))
    return {"rows": int(part.sum()), "people": people, "events": int(y[part].sum())}
