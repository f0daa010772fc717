"""A registered model on any data of its kind, but for the people it was made of.

The baselines are those the training kept, with the lines they got there: nothing is fitted to the
people a model is judged on. It refuses data in which nobody is left.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.errors import InputError
from features.tables.history import History
from models.bundle import Bundle
from training.baselines import Baselines, inputs_of, widened
from training.evaluate import HeldOut, by_group, evaluation
from training.outcome import events_of
from training.plain import plain
from training.recipe import recipe_of
from training.record import BASELINES
from training.rows import Progress, Rows
from training.run import tested_rows
from training.source import Data, Source, asks_a_table
from training.source_history import HistorySource
from training.source_table import TableSource

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """An evaluation and the rows behind it; `model` is the bundle's own name."""

    model: str
    answer: Mapping[str, Any]
    rows: Rows
    tested: HeldOut

    def predictions(self) -> pa.Table:
        """person_id, index_at, y, risk, split, and a column for each baseline; null: no risk.

        Of a flat table also row_id, the row's own id, last; index_at is null without a time column.
        """
        moments = self.rows.matrix.rows
        columns = {
            "person_id": moments.column("person_id"),
            "index_at": moments.column("index_at"),
            "y": pa.array(self.tested.y.astype(np.int8)),
            "risk": _nullable(self.tested.risk),
            "split": pa.array(["test"] * len(self.rows), pa.string()),
        }
        others = {name: _nullable(risk) for name, risk in self.tested.others.items()}
        ids = {n: moments.column(n) for n in ("row_id",) if n in moments.column_names}
        return pa.table({**columns, **others, **ids})


def judge_elsewhere(folder: Path, data: Data, progress: Progress) -> Judged:
    """The bundle in `folder` evaluated on a History or, a model of a flat table, on a table."""
    bundle = Bundle.load(folder)
    recipe = recipe_of(tomllib.loads(bundle.recipe_text), "recipe.toml of the model")
    baselines = _kept(folder, bundle)
    source = _opened(bundle, baselines, data)
    found = source.rows(progress)
    seen = bundle.trained_on(found.person_id)
    left_out = len(np.unique(found.person[seen]))
    rows = found.only(~seen)
    if not len(rows):
        raise _nobody(data, left_out)
    progress("evaluation", 0.0)
    tested = tested_rows(rows, events_of(rows.value, bundle.high), bundle, baselines)
    figures = evaluation(tested, baselines.not_computable, recipe.evaluation, seed=recipe.seed)
    progress("evaluation by group", 0.5)
    groups = source.groups(rows)
    answer = {
        "label": bundle.label,
        "high": bundle.high,
        **figures,
        "groups": by_group(tested, groups, recipe.evaluation, seed=recipe.seed),
        "left_out": {"people": left_out, "rows": int(seen.sum())},
        "excluded": rows.excluded,
        "digest": bundle.digest,
        source.kind: source.digest,
        **_unseen(source),
    }
    return Judged(bundle.name, plain(answer), rows, tested)


def _opened(bundle: Bundle, baselines: Baselines, data: Data) -> Source:
    if asks_a_table(bundle.posed):
        return TableSource.for_model(bundle.table, bundle.schema, data.for_a_table())
    history = History.open(data.for_a_history())
    wide = widened(bundle.catalogue, inputs_of(baselines.fitted, bundle.definition))
    return HistorySource(history, bundle.definition, wide, bundle.mode)


def _unseen(source: Source) -> dict[str, Any]:
    """Rows of a table by column whose category the model has not met: null to it."""
    return {"unseen": source.flat.unseen} if isinstance(source, TableSource) else {}


def _kept(folder: Path, bundle: Bundle) -> Baselines:
    """The baselines that the training left beside the bundle; none where there is no such file."""
    try:
        stated = json.loads((folder / BASELINES).read_text(encoding="utf-8"))
        return Baselines.from_json(stated, bundle.posed, bundle.schema)
    except FileNotFoundError:
        return Baselines({}, {})
    except (ValueError, KeyError, TypeError):
        raise InputError(
            "the baselines kept with the model cannot be read",
            where=str(folder / BASELINES),
            cure="copy the model from the registry again, or train it again",
        ) from None


def _nobody(data: Data, left_out: int) -> InputError:
    return InputError(
        f"nobody is left to evaluate on: the model was trained on all {left_out} labelled people",
        where=str(data.history or data.table),
        cure="give data of other people",
    )


def _nullable(risk: Floats) -> pa.Array:
    return pa.array(risk, pa.float64(), mask=np.isnan(risk))
