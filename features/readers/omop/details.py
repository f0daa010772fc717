"""The visit a fact belongs to where only a part of a visit is named (visit_detail).

A detail without a visit of its own is asked for its parent's, and so on, a few steps up: parents
that go round in a circle, or that nobody knows, tell nothing.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.readers.workshop import Workshop, counted

STEPS = 8
"""Most steps from a part of a visit to the whole: ward, unit and bed are three."""


def visit_of_detail(workshop: Workshop, detail: ir.Table) -> ir.Table:
    """detail, of_visit: one row per detail whose visit is known."""
    own = detail.group_by("visit_detail_id").agg(
        of_visit=detail.visit_occurrence_id.min(), parent=detail.parent_visit_detail_id.min()
    )
    rows = workshop.kept("omop_details", own, [])
    known = rows.filter(rows.of_visit.notnull()).select(
        detail="visit_detail_id", of_visit="of_visit"
    )
    rest = rows.filter(rows.of_visit.isnull()).select(detail="visit_detail_id", parent="parent")
    if not counted(rest):
        return known
    for _ in range(STEPS):
        above = rows.select(above="visit_detail_id", above_visit="of_visit", above_parent="parent")
        climbed = rest.left_join(above, rest.parent == above.above)
        found = climbed.filter(climbed.above_visit.notnull())
        known = known.union(found.select("detail", of_visit="above_visit"))
        rest = climbed.filter(climbed.above_visit.isnull() & climbed.above_parent.notnull())
        rest = rest.select("detail", parent="above_parent")
    return workshop.kept("omop_detail_visits", known, [])


def with_visit(rows: ir.Table, details: ir.Table | None) -> ir.Table:
    """Rows whose `visit_occurrence_id` is that of their detail where they name no visit."""
    if details is None:
        return rows
    joined = rows.left_join(details, rows.visit_detail_id == details.detail)
    visit = joined.visit_occurrence_id.coalesce(joined.of_visit)
    return joined.mutate(visit_occurrence_id=visit).select(*rows.columns)


def only_detail(rows: ir.Table) -> bool:
    """Whether any row names a detail and no visit."""
    alone = rows.visit_occurrence_id.isnull() & rows.visit_detail_id.notnull()
    return bool(
        rows.agg(found=ibis.coalesce(alone.any(), ibis.literal(False)))
        .to_pyarrow()["found"][0]
        .as_py()
    )
