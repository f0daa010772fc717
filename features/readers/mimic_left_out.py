"""What of MIMIC-IV a History has no place for, counted, and which tables are not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import ibis.expr.types as ir

from features.readers.files import is_parquet, table_files
from features.readers.mimic_layout import LEFT_OUT, OPTIONAL, PAYER_DRG
from features.readers.workshop import Workshop, counted

Which = Callable[[ir.Table], ir.BooleanValue]

UNPLACED: Mapping[str, Mapping[str, Which]] = {
    "patients": {
        "anchor_year_group: the true year, by threes": lambda r: r.anchor_year_group.notnull(),
    },
    "admissions": {
        "insurance: a History has no place for it": lambda r: r.insurance.notnull(),
        "marital_status: a History has no place for it": lambda r: r.marital_status.notnull(),
        "admit_provider_id: a stay has no clinician": lambda r: r.admit_provider_id.notnull(),
    },
}
"""Columns whose values are not carried, and why."""


def of_payer(drgcodes: ir.Table) -> ir.Table:
    return drgcodes.filter(drgcodes.drg_type == PAYER_DRG)


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

    def tell(table: str, counts: Mapping[str, int], of: str) -> None:
        for why, number in counts.items():
            if number:
                told.setdefault(table, {})[f"{of}{why}"] = number

    tell("person", _counted(patients, UNPLACED["patients"]), "values of patients.")
    tell("stay", _counted(admissions, UNPLACED["admissions"]), "values of admissions.")
    for known in OPTIONAL:
        rows = found[known.name]
        if rows is None:
            told.setdefault(known.table, {})[f"{known.name}: the table is not there"] = 0
        elif known.name in LEFT:
            tell(known.table, _counted(rows, LEFT[known.name]), f"{known.name}: ")
    for name, own in (("drgcodes", of_payer), ("services", lambda rows: rows)):
        if (rows := found[name]) is not None:
            lone = own(rows).anti_join(admissions, ["subject_id", "hadm_id"])
            tell("stay", {"of no admission": counted(lone)}, f"{name}: ")
    for name, (table, why) in LEFT_OUT.items():
        if files := table_files(source, name):
            packed = all(is_parquet(path) for path in files)
            rows = workshop.parquet(files) if packed else workshop.csv(files)
            tell(table, {why: counted(rows)}, f"{name}: ")
    return told


def _counted(rows: ir.Table, which: Mapping[str, Which]) -> Mapping[str, int]:
    """Rows of each kind, in one look at the table."""
    kinds = {f"kind_{n}": rule(rows).sum() for n, rule in enumerate(which.values())}
    counts = rows.agg(**kinds).to_pyarrow().to_pylist()[0]
    return {why: int(n or 0) for why, n in zip(which, counts.values(), strict=True)}
