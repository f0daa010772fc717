"""Boosting with early stopping, and the calibrator on rows of its own.

With too few events among the calibration rows, or no rise of the outcome with the margin there,
calibrating on them alone would be a guess: then their people join the training rows, and the
calibrator is fitted on margins that each person got from a model that had not seen that person. It
never calibrates on rows the margins were fitted to, and refuses a margin that says nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.matrix import Matrix
from models.calibration import Calibrator, fit_calibrator
from models.gbm import Boosting, Settings
from training.recipe import Recipe
from training.rows import Progress
from training.split import CALIBRATION, TRAIN, VALID, Divided, positions

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    fitted_on      rows the boosting was fitted on
    calibrated_on  rows whose margins the calibrator was fitted on
    out_of_fold    those margins came from models of the other folds
    """

    boosting: Boosting
    calibrator: Calibrator
    fitted_on: Bools
    calibrated_on: Bools
    out_of_fold: bool


def fit(matrix: Matrix, y: Bools, divided: Divided, recipe: Recipe, progress: Progress) -> Fitted:
    """The model of a recipe on the rows that the split gives it.

    matrix  the columns that score;  y  whether each row is an event
    Raises InputError where even out of fold the outcome does not rise with the margin.
    """
    learnt, own = divided.rows(TRAIN), divided.rows(CALIBRATION)
    progress("trees", None)
    if _fewer(y[own]) >= recipe.calibration.fewest_events:
        boosting = _grown(matrix, y, learnt, divided, recipe)
        margins = boosting.margin(matrix.only(own).numbers)
        with suppress(InputError):  # no rising line on these rows alone: let more of them speak
            calibrator = fit_calibrator(margins, y[own].astype(np.float64))
            return Fitted(boosting, calibrator, learnt, own, out_of_fold=False)
    pool = learnt | own
    boosting = _grown(matrix, y, pool, divided, recipe)
    margins = _apart(matrix, y.astype(np.float64), pool, boosting, recipe, progress)
    calibrator = fit_calibrator(margins, y[pool].astype(np.float64))
    return Fitted(boosting, calibrator, pool, pool, out_of_fold=True)


def _grown(matrix: Matrix, y: Bools, learnt: Bools, divided: Divided, recipe: Recipe) -> Boosting:
    """Trees grown on the `learnt` rows until the valid rows gain no more."""
    target, valid = y.astype(np.float64), divided.rows(VALID)
    return Boosting(Settings.of(recipe.model.model_dump())).fit(
        matrix.only(learnt).numbers, target[learnt], schema=matrix.schema,
        valid=(matrix.only(valid).numbers, target[valid]), seed=recipe.seed,
    )  # fmt: skip


def _apart(
    matrix: Matrix, target: Floats, pool: Bools, boosting: Boosting, recipe: Recipe,
    progress: Progress,
) -> Floats:  # fmt: skip
    """Margins of the pool's rows, each by a model of as many trees that had not seen the person."""
    margins = np.full(len(matrix), np.nan)
    alike = Boosting(replace(boosting.settings, rounds=boosting.trees))
    for number, (inside, outside) in enumerate(_folds(matrix, pool, recipe)):
        progress("trees for calibration", number / recipe.calibration.folds)
        rows, others = (matrix.only(part).numbers for part in (inside, outside))
        one = alike.fit(rows, target[inside], schema=matrix.schema, seed=recipe.seed)
        margins[outside] = one.margin(others)
    return margins[pool]


def _folds(matrix: Matrix, pool: Bools, recipe: Recipe) -> Iterator[tuple[Bools, Bools]]:
    """Rows of the pool outside and inside each fold of people."""
    count = recipe.calibration.folds
    place = positions(f"{recipe.split.salt}/folds", matrix.rows.column("person_id"))
    fold = np.minimum((place * count).astype(np.int64), count - 1)
    for number in range(count):
        inside = pool & (fold == number)
        if inside.any():
            yield pool & ~inside, inside


def _fewer(y: Bools) -> int:
    """The smaller of the numbers of events and of rows without one."""
    return min(int(y.sum()), int((~y).sum()))
