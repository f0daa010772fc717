"""What of MIMIC-IV a History has no place for, counted, and which tables are not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import ibis.expr.types as ir

from features.readers.files import table_files
from features.readers.mimic_layout import LEFT_OUT, OPTIONAL, PAYER_DRG
from features.readers.workshop import Workshop, counted

UNPLACED = {
    "insurance": "a History has no place for it",
    "marital_status": "a History has no place for it",
    "admit_provider_id": "a stay has no clinician",
}
"""Columns of admissions whose values are not carried."""


def of_payer(drgcodes: ir.Table) -> ir.Table:
    return drgcodes.filter(drgcodes.drg_type == PAYER_DRG)


Which = Callable[[ir.Table], ir.BooleanValue]

LEFT: Mapping[str, Mapping[str, Which]] = {
    "transfers": {
        "moves within an admission": lambda rows: (rows.eventtype != "ED").fill_null(True),
    },
    "drgcodes": {
        "groups other than Medicare's, and a stay has one": lambda rows: (
            rows.drg_type != PAYER_DRG
        ).fill_null(True),
    },
    "prescriptions": {
        "orders without a start": lambda rows: rows.starttime.isnull(),
        "orders stopped before they started": lambda rows: (
            rows.stoptime < rows.starttime
        ).fill_null(False),
    },
}
"""Rows that are not carried, by table and why; no row is of two kinds."""


def left_out(
    workshop: Workshop,
    source: Path,
    patients: ir.Table,
    admissions: ir.Table,
    found: Mapping[str, ir.Table | None],
) -> Mapping[str, Mapping[str, int]]:
    """Canonical table -> what and why -> how many. A table that is missing stands there with 0."""
    told: dict[str, dict[str, int]] = {}

    def tell(table: str, why: str, number: int) -> None:
        if number:
            told.setdefault(table, {})[why] = number

    years = counted(patients.filter(patients.anchor_year_group.notnull()))
    tell("person", "values of patients.anchor_year_group: the true year, by threes", years)
    for column, why in UNPLACED.items():
        number = counted(admissions.filter(admissions[column].notnull()))
        tell("stay", f"values of admissions.{column}: {why}", number)
    for known in OPTIONAL:
        rows = found[known.name]
        if rows is None:
            told.setdefault(known.table, {})[f"{known.name}: the table is not there"] = 0
            continue
        for why, which in LEFT.get(known.name, {}).items():
            tell(known.table, f"{known.name}: {why}", counted(rows.filter(which(rows))))
    for name, rows in (("drgcodes", found["drgcodes"]), ("services", found["services"])):
        if rows is not None:
            own = of_payer(rows) if name == "drgcodes" else rows
            lone = counted(own.anti_join(admissions, ["subject_id", "hadm_id"]))
            tell("stay", f"{name}: of no admission", lone)
    for name, (table, why) in LEFT_OUT.items():
        if files := table_files(source, name):
            tell(table, f"{name}: {why}", counted(workshop.csv(files)))
    return told
