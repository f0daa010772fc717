"""One feature of a catalogue (the shipped one), measured on people drawn in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa

from features.catalogue import Catalogue, load_catalogue
from features.matrix import of_tables
from features.tables.contract import Tables

CATALOGUE = load_catalogue()
INDEX = "2020-07-01"


def feature(
    name: str, tables: Tables, *, at: str = INDEX, stay: str | None = None, mode: str = "adt",
    rule: str = "dates", catalogue: Catalogue = CATALOGUE,
) -> Any:  # fmt: skip
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([datetime.fromisoformat(at)], pa.timestamp("us")),
            "stay_id": pa.array([stay], pa.string()),
            "spell_id": pa.array([stay], pa.string()),
            "moment": ["month" if stay is None else "discharge"],
        }
    )
    chosen = catalogue.select([name]).joined_by(rule)
    matrix = of_tables(tables, moments, chosen, mode=mode)
    return matrix.schema.decode(matrix.X)[name][0].as_py()
