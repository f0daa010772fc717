"""The matrix of a recipe as one Parquet file, for notebooks: what its model would be trained on.

An interrupted run is gone on with by the same command. It refuses a recipe, a History or a file
that will not do before any work is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
Progress = Callable[[str, float | None], None]


def matrix_command(*, recipe: str, history: Path, out: Path, progress: Progress) -> Answer:
    """Write the index moments of a recipe with their outcomes and features to `out`.

    Returns {rows, people, columns, features, schema_hash, file, resumed_buckets, excluded}.
    Raises InputError for a recipe, a History or a file that will not do; `out` is then untouched.
    """
    from features.carriers.build import Build  # Numba takes a second to load
    from features.carriers.local import fill
    from features.carriers.part import Asked
    from features.tables.history import History
    from training.question import ask

    opened = History.open(history)
    question = ask(recipe).about(opened)
    asked = Asked(question.definition, question.catalogue, mode=question.recipe.mode)
    told = {"recipe": question.recipe.name, "recipe_text": _sha256(question.text)}
    with Build(out, opened, asked, recipe=told, progress=progress) as build:
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
