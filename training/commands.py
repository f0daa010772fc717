"""The commands of this floor: train, evaluate, models. Each returns its answer as JSON has it.

What a command needs is imported when it runs: LightGBM, scikit-learn and MLflow take seconds.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import InputError
from training.words import evaluation_text, models_listed, training_text

if TYPE_CHECKING:
    import pyarrow as pa

Answer = dict[str, Any]
Progress = Callable[[str, float | None], None]


def train_command(
    *, recipe: str, history: Path | None = None, table: Path | None = None, progress: Progress
) -> Answer:
    """Train a recipe on a History or a flat table, evaluate, judge and register it.

    Returns the `train` answer of the contracts. Raises InputError for a recipe or data that will
    not do; nothing is registered then.
    """
    from training.answer import answer_of
    from training.run import train
    from training.source import Data

    trained = train(recipe, Data(history, table), progress)
    progress("registry", None)
    from training.record import record_of
    from training.tracking import log_and_register

    with tempfile.TemporaryDirectory() as scratch:
        registered = log_and_register(record_of(trained, Path(scratch)))
    progress("registered", 1.0)
    where = {
        "model": registered.name,
        "version": registered.version,
        "run_id": registered.run_id,
        "alias": registered.alias,
    }
    return where | answer_of(trained)


def train_text(answer: Answer) -> str:
    return training_text(answer)


def evaluate_command(
    *,
    model: str,
    history: Path | None = None,
    table: Path | None = None,
    predictions: Path | None,
    progress: Progress,
) -> Answer:
    """Evaluate a model on a History or a flat table, the people it was made of left out.

    Returns the `evaluate` answer of the contracts. `predictions` names a Parquet file to write, a
    row per index moment. Raises InputError for a model or data that will not do.
    """
    from training.elsewhere import judge_elsewhere
    from training.source import Data
    from training.tracking import bundle_folder

    if predictions is not None:
        _refuse_unwritable(predictions)
    with tempfile.TemporaryDirectory() as scratch:
        folder, name, version = bundle_folder(model, Path(scratch))
        judged = judge_elsewhere(folder, Data(history, table), progress)
    if predictions is not None:
        _write_whole(judged.predictions(), predictions)
    return {"model": name or judged.model, "version": version, **judged.answer}


def evaluate_text(answer: Answer) -> str:
    return evaluation_text(answer)


def models_command(*, progress: Progress) -> list[Answer]:
    """Every registered version, oldest first within a name.

    Returns the `models` answer of the contracts, empty where nothing has been trained.
    """
    from training.tracking import registered_models

    del progress
    return [_listed(row) for row in registered_models()]


def models_text(answer: Sequence[Answer]) -> str:
    return models_listed(answer)


def _listed(row: Answer) -> Answer:
    at = datetime.fromtimestamp(row["registered_at"] / 1000, UTC).isoformat(timespec="seconds")
    kept = {name: row[name] for name in ("name", "version", "aliases", "run_id")}
    return kept | {"registered_at": at, "live": row["live"]}


def _refuse_unwritable(path: Path) -> None:
    """Raises InputError before the work is done rather than after it."""
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(
            "the predictions cannot be written there",
            where=str(path),
            cure="give a file in a folder that exists and can be written",
        )


def _write_whole(rows: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(rows, scratch)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
