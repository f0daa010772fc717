"""Flat tables drawn for tests: stays of people, with an outcome that hangs on a few columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from features.flat import FlatTable, Read, read_table

RECIPE = """
name = "stays"
seed = 4
baselines = ["logistic", "lace", "two_stays", "last_time"]

[split]
salt = "tests"

[model]
rounds = 60
patience = 10

[evaluation]
repeats = 20

[table]
question = "Who comes back?"
population = "drawn stays"
id = "stay"
group = "person"
{when}
null = ["?"]
categories = ["sex", "ward"]
bands = {{ age = "middle" }}
protected = ["race"]
audit = ["sex"]
exclude = [ {{ column = "ward", values = ["hospice"], reason = "hospice" }} ]

[table.outcome]
name = "returned"
column = "back"
events = ["yes"]
others = ["no"]
known = "next_row"

[[table.codes]]
name = "charlson_{{group}}"
columns = ["code"]
system = "ICD-9-CM"
set = "charlson"

[[table.earlier]]
name = "stays_before"
how = "rows"
domain = "use"
what = "earlier stays"
plain = "{{count}} earlier stay{{s}}"
patient = "you were here {{value}} time{{s}} before"

[[table.earlier]]
name = "last_outcome"
how = "last"
column = "back"
domain = "transitions"
what = "return after the stay before"
plain = "returned after the stay before: {{value}}"
patient = "you came back last time: {{value}}"

[[table.compare]]
name = "two_stays"
feature = "stays_before"
at_least = 2

[[table.compare]]
name = "last_time"
feature = "last_outcome"
"""
ORDER, TIME = 'order = "stay"', 'time = "day"\nhorizon_days = 30'


def recipe(folder: Path, when: str = ORDER) -> Path:
    """The recipe as a file."""
    path = folder / "stays.toml"
    leave = '\nleave_out = ["day"]' if when == ORDER else ""
    path.write_text(RECIPE.format(when=when + leave))
    return path


def drawn(people: int = 1500, seed: int = 1, first: int = 0) -> pa.Table:
    """Stays of people `first` to `first + people`; all text, one in ten numbers missing."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(first, first + people), random.integers(1, 5, people))
    n = len(person)
    day = np.datetime64("2015-01-01") + random.integers(0, 1500, n)
    order = np.lexsort((day, person))
    person, day = person[order], day[order]
    nights = random.poisson(4, n)
    sick = random.random(n) < 0.2
    past = np.r_[0, np.cumsum(person[1:] == person[:-1])]
    begun = np.maximum.accumulate(np.where(np.r_[True, person[1:] != person[:-1]], past, 0))
    chance = 1 / (1 + np.exp(2.4 - 0.2 * nights - 1.2 * sick - 0.5 * (past - begun)))
    return pa.table(
        {
            "stay": [f"{i:06d}" for i in range(first * 10, first * 10 + n)],
            "person": [f"p{i}" for i in person],
            "day": [str(d) for d in day],
            "age": [f"[{a}-{a + 10})" for a in random.integers(5, 9, n) * 10],
            "sex": random.choice(["F", "M"], n).tolist(),
            "race": random.choice(["a", "b", "?"], n).tolist(),
            "ward": random.choice(["north", "south", "hospice"], n, p=[0.6, 0.37, 0.03]).tolist(),
            "nights": np.where(random.random(n) < 0.1, "?", nights.astype(str)).tolist(),
            "code": np.where(sick, "428.0", "401.9").tolist(),
            "back": np.where(random.random(n) < chance, "yes", "no").tolist(),
        }
    )


def written(table: pa.Table, path: Path) -> Path:
    """The table as CSV, or as Parquet by the name of the file."""
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.csv.write_csv(table, path)
    return path


def read(table: pa.Table, spec: FlatTable, folder: Path) -> Read:
    """The table read as the program reads a file of it."""
    return read_table(written(table, folder / "t.csv"), spec)
