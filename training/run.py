"""How a model comes to be, from top to bottom: recipe, data, rows, split, fit, evaluation, gate.

Everything is decided by the recipe, the data (a History or a flat table) and the seed. It refuses a
recipe that asks for what cannot be, and data that hold too little; it writes nothing and registers
nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.bundle import Bundle
from training.answer import Trained
from training.assemble import card_of, made_of, parts_of_split, without_card
from training.baselines import Baselines, fit_baselines, narrowed
from training.evaluate import HeldOut, evaluation
from training.fit import fit
from training.gate import judge
from training.outcome import events_of, high_of
from training.question import Question, ask
from training.rows import Progress, Rows
from training.sensitivity import other_reading
from training.source import Data, Source, asks_a_table
from training.source_history import HistorySource
from training.source_table import TableSource
from training.split import (
    TEST,
    TRAIN,
    Bools,
    Divided,
    choose,
    choose_people,
    parts_of,
    positions,
)
from training.warn import warnings_of


def train(recipe_at: str, data: Data, progress: Progress) -> Trained:
    """The trained, tested and judged model of a recipe.

    Raises InputError for a recipe, data or a number of events that will not do.
    """
    source, question = opened(ask(recipe_at), data)
    recipe = question.recipe
    rows = source.rows(progress)
    divided, y, high = divided_rows(rows, question)
    scored = narrowed(rows.matrix, question.catalogue)

    fitted = fit(scored, y, divided, recipe, progress)
    progress("baselines", None)
    baselines = compared_with(rows, y, made_of(divided), question)
    draft = without_card(question, scored, divided, fitted, high)

    progress("evaluation", None)
    test = rows.only(divided.rows(TEST))
    tested = tested_rows(test, y[divided.rows(TEST)], draft, baselines)
    found = evaluation(tested, baselines.not_computable, recipe.evaluation, seed=recipe.seed)
    read_as = question.undecided
    other = other_reading(test, tested, read_as, recipe.evaluation, seed=recipe.seed)

    progress("drift", None)
    trends = source.trends(rows, y, recipe.drift)
    verdict = judge(recipe.gate, found["metrics"], found["baselines"])
    warnings = warnings_of(
        question,
        rows,
        scored,
        baselines.not_computable,
        found["insufficient"],
        high,
        trends,
        source.warnings(),
    )
    split = parts_of_split(rows, y, divided, fitted)
    card = card_of(question, source, rows, split, draft, found, verdict, warnings)
    return Trained(
        question=question, source=source, rows=rows, divided=divided, y=y, baselines=baselines,
        bundle=replace(draft, card=card), split=split, tested=tested, found=found,
        sensitivity=other, trends=trends, warnings=warnings, verdict=verdict,
    )  # fmt: skip


def opened(question: Question, data: Data) -> tuple[Source, Question]:
    """The data a recipe asks for, and the question made ready for them."""
    if asks_a_table(question.definition):
        return TableSource.for_training(question, data.for_a_table())
    return HistorySource.for_training(question, data.for_a_history())


def divided_rows(rows: Rows, question: Question) -> tuple[Divided, Bools, float | None]:
    """Which rows are for what, which are events, and the value from which on it is high."""
    recipe, definition = question.recipe, question.definition
    people = parts_of(positions(recipe.split.salt, rows.person_id), recipe.split.shares)

    def high(divided: Divided) -> float | None:
        return high_of(rows.value, divided.rows(TRAIN), definition)

    def outcome(divided: Divided) -> Bools:
        return events_of(rows.value, high(divided))

    if question.timed:
        horizon = definition.horizon_days
        divided, y = choose(people, rows.day, horizon, recipe.split, outcome)
    else:
        divided, y = choose_people(people, recipe.split, outcome)
    return divided, y, high(divided)


def compared_with(rows: Rows, y: Bools, made: Bools, question: Question) -> Baselines:
    """The recipe's baselines, fitted on every row the model was `made` of."""
    kept = rows.only(made).matrix
    return fit_baselines(
        question.recipe.baselines, question.definition, kept,
        narrowed(kept, question.catalogue), y[made].astype(np.float64), seed=question.recipe.seed,
    )  # fmt: skip


def tested_rows(rows: Rows, y: Bools, bundle: Bundle, baselines: Baselines) -> HeldOut:
    """Rows with the risk that would be served and that of each baseline."""
    served = bundle.score(narrowed(rows.matrix, bundle.catalogue), explain=False).risk
    return HeldOut(y, served, baselines.risks(rows.matrix), rows.person)
