"""How a model comes to be, from top to bottom: recipe, History, rows, split, fit, evaluation, gate.

Everything is decided by the recipe, the History and the seed. It refuses a recipe that asks for
what cannot be, and a History that holds too little; it writes nothing and registers nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from features.tables.history import History
from models.bundle import Bundle
from training.answer import Trained
from training.assemble import card_of, made_of, parts_of_split, without_card
from training.baselines import Baselines, fit_baselines, narrowed
from training.drift import Trend, trend
from training.evaluate import HeldOut, evaluation
from training.fit import fit
from training.followed import WITHIN_DAYS, followed_stays
from training.gate import judge
from training.outcome import events_of, high_of
from training.question import Question, ask
from training.rows import Progress, Rows, labelled_rows
from training.sensitivity import other_reading
from training.split import TEST, TRAIN, Bools, Divided, choose, parts_of, positions
from training.warn import warnings_of


def train(recipe_at: str, history_at: Path, progress: Progress) -> Trained:
    """The trained, tested and judged model of a recipe.

    Raises InputError for a recipe, a History or a number of events that will not do.
    """
    asked = ask(recipe_at)
    history = History.open(history_at)
    question = asked.about(history)
    recipe, definition = question.recipe, question.definition
    rows = labelled_rows(history, definition, question.wide, mode=recipe.mode, progress=progress)
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
    other = other_reading(test, tested, definition, recipe.evaluation, seed=recipe.seed)

    progress("drift", None)
    trends = trends_of(rows, y, history, question)
    verdict = judge(recipe.gate, found["metrics"], found["baselines"])
    warnings = warnings_of(
        question,
        rows,
        scored,
        baselines.not_computable,
        found["insufficient"],
        high,
        trends,
    )
    split = parts_of_split(rows, y, divided, fitted)
    card = card_of(question, history, rows, split, draft, found, verdict, warnings)
    return Trained(
        question=question, history=history, rows=rows, divided=divided, y=y, baselines=baselines,
        bundle=replace(draft, card=card), split=split, tested=tested, found=found,
        sensitivity=other, trends=trends, warnings=warnings, verdict=verdict,
    )  # fmt: skip


def divided_rows(rows: Rows, question: Question) -> tuple[Divided, Bools, float | None]:
    """Which rows are for what, which are events, and the value from which on it is high."""
    recipe, definition = question.recipe, question.definition
    people = parts_of(positions(recipe.split.salt, rows.person_id), recipe.split.shares)

    def high(divided: Divided) -> float | None:
        return high_of(rows.value, divided.rows(TRAIN), definition)

    divided, y = choose(
        people, rows.day, definition.horizon_days, recipe.split,
        lambda divided: events_of(rows.value, high(divided)),
    )  # fmt: skip
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


def trends_of(rows: Rows, y: Bools, history: History, question: Question) -> tuple[Trend, ...]:
    """The event rate by calendar period, and the share of acute stays followed by another."""
    settings = question.recipe.drift
    stays = followed_stays(history, question.definition)
    event = f"index moments with the outcome ({question.definition.label})"
    followed = f"acute stays followed by another within {WITHIN_DAYS} days"
    return (
        trend(y.astype(np.float64), rows.day, rows.person, of=event, settings=settings),
        trend(stays.y, stays.day, stays.person, of=followed, settings=settings),
    )
