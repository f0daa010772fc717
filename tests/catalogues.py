"""Any catalogue: entries of every measure over every table, with every filter, code set, window and
anchor that the rules allow, under any rule of spells and of what is observed.

`catalogue_by` throws dice, so that one seed gives a long list of entries unlike each other;
`catalogues` is the same for Hypothesis, which makes what fails small.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from features.catalogue import Catalogue
from features.catalogue.check import OF_A_SPELL
from features.catalogue.load import catalogue_of
from features.catalogue.rules import CATEGORIES, CODED, FILTERS, FLAGS, MEASURES, NEW
from features.catalogue.sets import SETS, grouping
from features.spells import DECIDERS
from features.tables.schema import TABLES
from tests.lives import ACTS, CODES, MEDICINES

Entry = dict[str, Any]

COMMON = {
    "what": "w", "unit": "u", "null": "n", "domain": "use", "plain": "p {value}",
    "patient": "p {value}",
}  # fmt: skip
WINDOWS: Sequence[object] = (
    1,
    7,
    14,
    30,
    30,
    60,
    120,
    [2, 1],
    [14, 1],
    [30, 7],
    [60, 20],
    [400, 14],
)
EARLIER = (1, 7, 30, 100, 100)
WITHIN = (0, 1, 2, 7, 30)
ENDS = (-1, 0, 0.5, 1.0, 2, 11.5)
FREE = {
    "code": ("I500", "ADL", "718-7", "METFORMIN", "E119", "WARFARIN"),
    "unit": ("g/dL",),
    "specialty": ("geriatrics", "cardiology"),
    "deprivation_scheme": ("IMD 2019",),
}
"""Values of columns for which the rules name none."""
OBSERVED = (
    *MEASURES["count"].columns, "coverage", "stay:emergency", "stay:acute", "visit:primary_care",
    "stay+visit", "visit+dispensing",
)  # fmt: skip
"""Tables, settings of them and tables together, of which is said what coverage sees them."""
KINDS = TABLES["coverage"].column("kind").allowed
UNANCHORED = ("spell", "registration", "coverage", "person", "index")
"""Tables that no facts of the index spell are taken from."""
MAY = tuple(name for name, measure in MEASURES.items() if measure.code_set == "may")


def entry(dice: random.Random, number: int, tables: Sequence[str] | None) -> Entry:
    """Any entry the rules allow; over these tables, or over all."""
    name = dice.choice(
        [n for n, m in MEASURES.items() if tables is None or set(m.columns) & {*tables}]
    )
    table = dice.choice([t for t in MEASURES[name].columns if tables is None or t in tables])
    made: Entry = {**COMMON, "name": f"f{number}", "measure": name, "table": table}
    if columns := MEASURES[name].columns[table]:
        made["column"] = dice.choice(columns)
    made |= placed(dice, name, table) | looks(dice, name, table)
    if name in ("sum", "sum_change") and tables is None and dice.random() < 0.5:
        others = [other for other in MEASURES[name].columns if other != table]
        made["table"] = [table, *dice.sample(others, dice.randint(1, len(others)))]
    need = MEASURES[name].code_set
    if need == "must" or (need == "may" and table in CODED and dice.random() < 0.5):
        made |= grouped(dice, name)
    filters = [c for c in FILTERS.get(table, {}) if "code_set" not in made or c == "position"]
    if filters and isinstance(made["table"], str) and dice.random() < 0.4:
        made["where"] = where(dice, table, filters)
    if name in FLAGS:
        made |= {"kind": "flag", "plain_no": "no", "patient_no": "no"}
    if (table, made.get("column", "")) in CATEGORIES:
        made["kind"] = "category"
    return made


def placed(dice: random.Random, measure: str, table: str) -> Entry:
    """Which days are looked at: a window, or the index spell."""
    if measure == "fact" or table == "registration":
        return {}
    if measure in OF_A_SPELL and table not in UNANCHORED and dice.random() < 0.25:
        return {"anchor": "spell"}
    made: Entry = {"windows": [dice.choice(WINDOWS)]}
    if measure in ("count", "any") and table in ("spell", "stay"):
        made["anchor"] = dice.choice(["index", "admission"])
    return made


def looks(dice: random.Random, measure: str, table: str) -> Entry:
    """What goes with some measures alone."""
    made: Entry = {}
    if measure in NEW:
        made["earlier"] = dice.choice(EARLIER)
    if measure in ("count", "any") and table == "spell" and dice.random() < 0.3:
        made["within"] = dice.choice(WITHIN)
    if measure == "out_of_range":
        low, high = sorted(dice.choices(ENDS, k=2))
        ends = {"low": low, "high": high}
        made["range"] = dice.choice([{"low": low}, {"high": high}, ends])
    return made


def grouped(dice: random.Random, measure: str) -> Entry:
    """A code set, with what the measure asks of it."""
    weighed = [name for name in SETS if grouping(name).weights]
    name = dice.choice(weighed if measure == "index" else list(SETS))
    made: Entry = {"code_set": name}
    if measure == "index":
        made["scheme"] = dice.choice(list(grouping(name).weights))
    if measure in ("flag", "new") or (measure in MAY and dice.random() < 0.5):
        made["groups"] = [dice.choice(groups_met(name))]
    if measure in ("index", "groups", "new_groups"):
        made["hierarchy"] = dice.random() < 0.5
    return made


@cache
def groups_met(code_set: str) -> Sequence[str]:
    """The groups that the codes drawn by tests belong to; all where they belong to none."""
    codes = grouping(code_set)
    held = [
        (s, c) for systems in (CODES, ACTS, MEDICINES) for s, own in systems.items() for c in own
    ]
    words = [np.atleast_1d(codes.bits(system, [code])[0]).tolist() for system, code in held]
    met = [
        group
        for place, group in enumerate(codes.groups)
        if any(word[place // 64] >> place % 64 & 1 for word in words)
    ]
    return met or codes.groups


def where(dice: random.Random, table: str, filters: Sequence[str]) -> dict[str, list[str]]:
    """A filter of one or two of the columns."""
    columns = dice.sample(filters, dice.randint(1, min(2, len(filters))))
    values = {column: FILTERS[table][column] or FREE[column] for column in columns}
    return {c: dice.sample(held, dice.randint(1, min(3, len(held)))) for c, held in values.items()}


def catalogue_by(
    dice: random.Random, entries: int, tables: Sequence[str] | None = None
) -> Catalogue:
    """So many entries; over these tables, or over all."""
    spells: Entry = {"rule": dice.choice(["dates", "evidence"])}
    if dice.random() < 0.5:
        spells["urgency"] = dice.sample(DECIDERS, dice.randint(0, len(DECIDERS)))
    kinds = dice.sample(KINDS, dice.randint(0, len(KINDS)))
    return catalogue_of(
        {
            "observed": {t: dice.choice([kinds, KINDS]) for t in OBSERVED},
            "readable": {"least_share": dice.choice([0.0, 0.5, 1.0])},
            "spells": spells,
            "feature": [entry(dice, number, tables) for number in range(entries)],
        }
    )


def catalogues(most: int = 12) -> st.SearchStrategy[Catalogue]:
    """Catalogues of up to so many entries, for Hypothesis to make small."""
    dice = st.randoms(use_true_random=False)
    return st.builds(catalogue_by, dice, st.integers(1, most))
