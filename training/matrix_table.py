"""The matrix of a recipe of a flat table as one Parquet file: row, outcome, features by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import InputError
from training.baselines import narrowed
from training.question import ask
from training.rows import Progress
from training.source import Data, asks_a_table
from training.source_table import TableSource


def matrix_of_table(recipe: str, data: Data, out: Path, progress: Progress) -> dict[str, Any]:
    """Write the rows that are asked, each with its outcome and features, whole or not at all.

    Returns the answer of `training/matrix.py`. Raises InputError as training does.
    """
    asked = ask(recipe)
    if not asks_a_table(asked.definition):
        data.for_a_history()  # refuses the table
    source, question = TableSource.for_training(asked, data.for_a_table())
    rows = source.rows(progress)
    matrix = narrowed(rows.matrix, question.catalogue)
    table = matrix.to_arrow().append_column("outcome", pa.array(rows.value))
    progress("writing the file", None)
    _write_whole(table, out)
    return {
        "rows": len(rows),
        "people": pc.count_distinct(rows.person_id).as_py(),
        "columns": table.num_columns,
        "features": len(matrix.schema.columns),
        "schema_hash": matrix.schema.hash,
        "file": str(out),
        "resumed_buckets": 0,
        "excluded": dict(rows.excluded["cohort"]),
    }


def _write_whole(table: pa.Table, out: Path) -> None:
    scratch = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        pq.write_table(table, scratch)
        scratch.replace(out)
    except OSError as error:
        raise InputError(
            f"the matrix cannot be written ({error.strerror})",
            where=str(out),
            cure="give a file in a folder that exists and can be written",
        ) from None
    finally:
        scratch.unlink(missing_ok=True)
