"""Planned or unplanned, and ambulatory-care-sensitive or not: what a stay was, as known by then.

Codes answer only once the stay counts as coded, and only by what was coded of it then.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from features.codes import sensitive as published
from features.codes.ccs import DATA, ccs_map
from tests.reference.days import day

if TYPE_CHECKING:
    from tests.reference.moment import Moment, Row
    from tests.reference.spells import Stay

METHODS = {
    "emergency": "unplanned",
    "elective": "planned",
    "maternity": "planned",
    "newborn": "planned",
}

PLANNED_LISTS: dict[tuple[str, str], set[int]] = {}
with (DATA / "planned.csv").open(newline="", encoding="utf-8") as _file:
    for _row in csv.DictReader(_file):
        _key = (_row["list"].removesuffix("_all_payer"), _row["kind"])
        PLANNED_LISTS.setdefault(_key, set()).add(int(_row["category"]))


def on_list(name: str, kind: str, category: int | None) -> bool:
    return category in PLANNED_LISTS[name, kind]


def category_of(row: Row) -> int | None:
    """CCS category of a diagnosis or procedure row."""
    if row["code_system"] not in ("ICD-9-CM", "ICD-10-CM", "ICD-9-PCS", "ICD-10-PCS"):
        return None
    return ccs_map(row["code_system"]).get(row["code"])


def urgency(moment: Moment, stay: Stay) -> str:
    """Planned or unplanned, by the first of the catalogue's rules that can say."""
    said = {
        "method": METHODS.get(stay.row["admission_method"]),
        "codes": by_codes(moment, stay.row),
        "no_procedure": by_silence(moment, stay.row),
    }
    return next((said[word] for word in moment.catalogue.urgency if said[word]), "undecided")


def coded_rows(moment: Moment, table: str, stay: Row) -> list[Row]:
    """What had been coded of a stay when it counted as coded; nothing before that."""
    by = moment.coded(stay["coded_known"], stay)
    if by is None or not moment.known(by):
        return []
    own = [row for row in moment.rows[table] if row["stay_id"] == stay["stay_id"]]
    known = [(row, moment.coded(row["known_at"], stay)) for row in own]
    return [row for row, at in known if at is not None and at <= by]


def cause_of(moment: Moment, stay: Row) -> int | None:
    """Category of the principal diagnosis: of several the first that ever came."""
    own = [
        row
        for row in moment.rows["diagnosis"]
        if row["stay_id"] == stay["stay_id"] and row["position"] == 1
    ]
    first = min(own, key=lambda row: row["known_at"], default=None)
    coded = first is not None and first in coded_rows(moment, "diagnosis", stay)
    return category_of(first) if first is not None and coded else None


def by_codes(moment: Moment, stay: Row) -> str | None:
    """The CMS algorithm over the principal diagnosis and the procedures."""
    done, cause = coded_rows(moment, "procedure", stay), cause_of(moment, stay)
    kinds = [category_of(row) for row in done if row["code_system"].endswith("PCS")]
    if any(on_list("always", "procedure", kind) for kind in kinds):
        return "planned"
    if on_list("always", "diagnosis", cause):
        return "planned"
    if on_list("acute", "diagnosis", cause):
        return "unplanned"
    if cause is None or not kinds:
        return None
    if any(on_list("potentially", "procedure", kind) for kind in kinds):
        return "planned"
    return None if None in kinds else "unplanned"


def by_silence(moment: Moment, stay: Row) -> str | None:
    """Unplanned where a usual condition is all that was coded."""
    cause = cause_of(moment, stay)
    usual = on_list("always", "diagnosis", cause) or on_list("acute", "diagnosis", cause)
    silent = cause is not None and not usual and not coded_rows(moment, "procedure", stay)
    return "unplanned" if silent else None


# ------------------------------------------------------------ ambulatory-care-sensitive


def sensitive(moment: Moment, stay: Stay, words: tuple[str, ...]) -> bool | None:
    """Whether a stay was for one of the named conditions ("list" or "list:condition"); None:
    unknown, unless another of them says yes."""
    said = [is_for(moment, stay, *word.partition(":")[::2]) for word in words]
    return True if True in said else (None if None in said else False)


def is_for(moment: Moment, stay: Stay, listed: str, condition: str) -> bool | None:
    """Whether a stay was for a condition of a list; any of them where none is named."""
    found = condition_of(
        listed,
        age_on(moment, stay.start),
        stay.row["admission_method"],
        stay.row["admitted_from"],
        tuple(as_coded(row) for row in coded_rows(moment, "diagnosis", stay.row)),
        tuple(as_coded(row) for row in coded_rows(moment, "procedure", stay.row)),
    )
    if found is None:
        return None
    return found == condition if condition else found != published.NO_CONDITION


def as_coded(row: Row) -> tuple[str, str, int]:
    return row["code_system"], row["code"], row["position"] or 0


def age_on(moment: Moment, on: date) -> float | None:
    """Completed years of life on a day; None where the birth is unknown or later."""
    born = next((row["birth_date"] for row in moment.rows["person"]), None)
    if born is None or born > on:
        return None
    before = (on.month, on.day) < (day(born).month, day(born).day)
    return float(on.year - born.year - before)


Coded = tuple[tuple[str, str, int], ...]


@lru_cache(maxsize=4096)
def condition_of(
    listed: str, age: float | None, method: str, origin: str | None, told: Coded, done: Coded
) -> str | None:
    """What the product's own rules say of this one stay (they have tests and oracles elsewhere)."""
    stay = published.Stays(
        np.array([np.nan if age is None else age]),
        pa.array([method], pa.string()),
        pa.array([origin], pa.string()),
    )
    answer: str | None = published.sensitive(
        listed, stay, _codes(told), _codes(done)
    ).condition.to_pylist()[0]
    return answer


def _codes(rows: Coded) -> published.Codes:
    return published.Codes(
        np.zeros(len(rows), np.int64),
        pa.array([system for system, _, _ in rows], pa.string()),
        pa.array([code for _, code, _ in rows], pa.string()),
        np.array([position for _, _, position in rows], np.int64),
    )
