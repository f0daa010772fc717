"""What the quality report finds in people drawn in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from features.quality.checked import Checking
from features.quality.finding import Finding
from features.quality.totals import Totals
from features.quality.view import View
from features.tables.contract import Tables
from features.tables.manifest import Manifest
from features.tables.schema import CONTRACT
from tests.drawn import Drawn, people

FIRST, LAST = date(2018, 1, 1), datetime.fromisoformat("2020-12-31T23:59:59")


def manifest_of(
    tables: Tables,
    *,
    first: date = FIRST,
    last_known: datetime = LAST,
    precision: Mapping[str, str] | None = None,
) -> Manifest:
    """A manifest of one bucket that holds `tables`."""
    parts = {
        name: {"rows": len(t), "sha256": "", "buckets": [len(t)]} for name, t in tables.items()
    }
    return Manifest(
        CONTRACT, "drawn", len(tables["person"]), 1, first, last_known.date(), last_known,
        precision or {}, {}, parts,  # type: ignore[arg-type]
    )  # fmt: skip


def checked(tables: Tables, manifest: Manifest | None = None) -> list[Finding]:
    """All findings of one bucket."""
    manifest = manifest or manifest_of(tables)
    checking = Checking(Totals(manifest))
    checking.add(View(tables, manifest))
    return checking.findings()


def found(drawn: Mapping[str, Drawn], **of_manifest: object) -> list[tuple[str, str, int]]:
    """(code, table, count) of the findings of people drawn."""
    tables = people(**drawn)
    manifest = manifest_of(tables, **of_manifest)  # type: ignore[arg-type]
    return [(f.code, f.table, f.count) for f in checked(tables, manifest)]
