"""Models trained by the real thing on small synthetic populations, for tests of training.

2,000 people is the smallest population that both shipped recipes train on; it takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.synthetic import generate, load_scenario
from features.tables.history import History, HistoryWriter, bucket_of
from training.answer import Trained
from training.run import train
from training.source import Data

PEOPLE = 2_000
RECIPES = ("readmission", "complexity")
Change = Callable[[str, pa.Table], pa.Table]


def quiet(_message: str, _share: float | None = None) -> None:
    """Progress that nobody reads."""


def population(
    folder: Path, *, people: int = PEOPLE, seed: int = 7, scenario: str = "default"
) -> History:
    """A synthetic History at `folder`."""
    generate(folder, people=people, seed=seed, scenario=load_scenario(scenario))
    return History.open(folder)


def trained(recipe: str | Path, history: History) -> Trained:
    """A recipe trained on a History; nothing is registered."""
    return train(str(recipe), Data(history.path), quiet)


def rewritten(
    history: History, out: Path, *, buckets: int = 1, change: Change = lambda _name, rows: rows
) -> History:
    """The same History in another number of buckets, each table changed by `change`."""
    whole = [history.bucket(number) for number in range(history.buckets)]
    tables = {name: change(name, pa.concat_tables(t[name] for t in whole)) for name in whole[0]}
    manifest = history.manifest
    with HistoryWriter(
        out, source=manifest.source, buckets=buckets, precision=manifest.precision,
        delays=manifest.delays, last=manifest.last, last_known=manifest.last_known,
    ) as writer:  # fmt: skip
        for number in range(buckets):
            own = {name: _of(rows, number, buckets) for name, rows in tables.items()}
            writer.write(number, own)
    return History.open(out)


def _of(rows: pa.Table, number: int, buckets: int) -> pa.Table:
    return rows.filter(pc.equal(bucket_of(rows["person_id"], buckets), number))


def without_urgency(name: str, rows: pa.Table) -> pa.Table:
    """A source that says neither how people were admitted nor what was done to them."""
    if name == "procedure":
        return rows.slice(0, 0)
    if name != "stay":
        return rows
    place = rows.column_names.index("admission_method")
    unknown = pa.array(["unknown"] * len(rows), pa.string())
    return rows.set_column(place, rows.schema.field(place), unknown)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """An MLflow registry of one's own below `folder` while this lasts."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        yield uri


def recipe_text(name: str, **changed: Any) -> str:
    """The shipped recipe `name` with top-level keys changed."""
    from training.recipe import load_recipe

    lines = load_recipe(name)[1].splitlines()
    kept = [line for line in lines if line.split(" = ")[0] not in changed]
    head = [f"{key} = {value}" for key, value in changed.items()]
    return "\n".join([*head, *kept]) + "\n"
