"""One catalogue entry, written beside a test, measured on people drawn in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa

from features.catalogue import load_catalogue
from features.catalogue.load import catalogue_of
from features.catalogue.rules import CATEGORIES, FLAGS
from features.matrix import of_tables
from features.tables.contract import Tables
from tests.reference.engine import features_of, same

SHIPPED = load_catalogue()
INDEX = "2020-07-01"
WORDS = {
    "name": "asked", "what": "w", "unit": "u", "null": "n", "domain": "use", "plain": "p",
    "patient": "p",
}  # fmt: skip


def ask(
    tables: Tables, *, at: str = INDEX, stay: str | None = None, mode: str = "adt",
    rule: str = "dates", **entry: Any,
) -> Any:  # fmt: skip
    """The value of an entry for the first person, at a month or (with `stay`) at a discharge.

    Coverage is as in the shipped catalogue, and so is the share of codes that must be readable. The
    plain engine is asked too, so that it says what the documentation says.
    """
    catalogue = catalogue_of(
        {
            "observed": SHIPPED.observed,
            "readable": {"least_share": SHIPPED.least_share},
            "spells": {"rule": rule},
            "feature": [{**WORDS, **kind_of(entry), **entry}],
        }
    )
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([datetime.fromisoformat(at)], pa.timestamp("us")),
            "stay_id": pa.array([stay], pa.string()),
            "spell_id": pa.array([stay], pa.string()),
            "moment": ["month" if stay is None else "discharge"],
        }
    )
    matrix = of_tables(tables, moments, catalogue, mode=mode)
    value = matrix.schema.decode(matrix.X)["asked"][0].as_py()
    expected = features_of(tables, moments, catalogue, mode=mode)[0][0]
    assert same(expected, value), f"the plain engine says {expected}, the kernel {value}"
    return value


def kind_of(entry: dict[str, Any]) -> dict[str, str]:
    if entry["measure"] in FLAGS:
        return {"kind": "flag", "plain_no": "no", "patient_no": "no"}
    category = (entry["table"], entry.get("column", "")) in CATEGORIES
    return {"kind": "category"} if category else {}
