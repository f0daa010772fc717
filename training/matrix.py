"""The matrix of a recipe as one Parquet file, for notebooks: what its model would be trained on.

An interrupted run is gone on with by the same command. It refuses a recipe, a History or a file
that will not do before any work is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from features.errors import InputError

Answer = dict[str, Any]
Progress = Callable[[str, float | None], None]
Fill = Callable[..., None]
"""fill(history, asked, build, progress) of a carrier."""


def matrix_command(
    *,
    recipe: str,
    history: Path | None = None,
    table: Path | None = None,
    out: Path,
    carrier: str,
    master: str | None,
    progress: Progress,
) -> Answer:
    """Write the index moments of a recipe with their outcomes and features to `out`.

    table    in place of a History, for a recipe of a flat table
    carrier  "local", or "spark" at `master` (`features/carriers/spark_session.py`)
    Returns {rows, people, columns, features, schema_hash, file, resumed_buckets, excluded}.
    Raises InputError for a recipe, a History or a file that will not do; `out` is then untouched.
    """
    from features.carriers.build import Build  # Numba takes a second to load
    from features.carriers.part import Asked
    from training.matrix_table import matrix_of_table
    from training.question import ask
    from training.source import Data
    from training.source_history import HistorySource

    data = Data(history, table)
    if table is not None:
        return matrix_of_table(recipe, data, out, progress)
    source, question = HistorySource.for_training(ask(recipe), data.for_a_history())
    opened = source.history
    asked = Asked(source.definition, question.catalogue, mode=question.mode)
    told = {"recipe": question.recipe.name, "recipe_text": _sha256(question.text)}
    build = Build(out, opened, asked, recipe=told, progress=progress)
    with CARRIERS[carrier](master) as fill, build:
        fill(opened, asked, build, progress)
        progress("writing the file", None)
        summary = build.assemble()
    return {
        "rows": summary.rows,
        "people": summary.people,
        "columns": summary.columns,
        "features": len(asked.schema.columns),
        "schema_hash": asked.schema.hash,
        "file": str(out),
        "resumed_buckets": summary.resumed,
        "excluded": dict(summary.excluded),
    }


@contextmanager
def _local(master: str | None) -> Iterator[Fill]:
    from features.carriers.local import fill

    if master is not None:
        raise InputError(
            "only Spark has a master", where="--master", cure="leave it out, or use --carrier spark"
        )
    yield fill


@contextmanager
def _spark(master: str | None) -> Iterator[Fill]:
    from features.carriers.spark import fill
    from features.carriers.spark_session import session

    with session(master) as spark:
        yield partial(fill, spark)


CARRIERS: Mapping[str, Callable[[str | None], AbstractContextManager[Fill]]] = MappingProxyType(
    {"local": _local, "spark": _spark}
)


def matrix_text(answer: Answer) -> str:
    excluded = ", ".join(f"{reason} {n}" for reason, n in answer["excluded"].items())
    lines = [
        f"{answer['file']}: {answer['rows']} index moments of {answer['people']} people",
        f"  {answer['features']} features, {answer['columns']} columns in all",
        f"  left out: {excluded or 'none'}",
        f"  schema {answer['schema_hash']}",
    ]
    return "\n".join(lines)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
