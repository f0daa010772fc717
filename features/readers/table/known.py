"""When facts became known, and when the facts of a stay or visit happened, where no column says so.

An admission and a discharge are known as an admission feed tells them, codes and cost some days
after discharge: the delays are the mapping's. A fact tied to a stay or visit takes its times from
there; one tied to a stay or visit that is not in the extract has none, and its row is rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from features.readers.table.mapping import Delays
from features.tables.schema import TABLES

Columns = dict[str, ir.Value]


def with_known(name: str, rows: ir.Table, delays: Delays, ties: Mapping[str, ir.Table]) -> ir.Table:
    """`rows` of a canonical table with the times the mapping leaves to us."""
    if name in ("diagnosis", "procedure"):
        return _tied(rows, delays, ties)
    fill = FILLS.get(name)
    if fill is None:
        return rows
    table = TABLES[name]
    filled = {
        column: rows[column].coalesce(value) if column in rows.columns else value
        for column, value in fill(rows, delays).items()
        if column not in rows.columns or not table.column(column).nullable
    }
    return rows.mutate(**filled)


def words(delays: Delays) -> dict[str, object]:
    """The delays as the manifest says them."""
    said = {
        "stay.admitted_known": ("admission", delays.admission),
        "stay.discharged_known": ("discharge", delays.discharge),
        "stay.coded_known": ("discharge", delays.coded),
        "visit.known_at": ("the visit", delays.visit),
        "others": ("the day of the fact", delays.fact),
    }
    return {k: f"{days} days after {of}" if days else f"at {of}" for k, (of, days) in said.items()}


def tie(rows: ir.Table, name: str) -> ir.Table:
    """A stay or visit by its key: when its facts happened, and when they were known."""
    columns = {"stay": ("admitted_at", "coded_known"), "visit": ("at", "known_at")}[name]
    at, known = (rows[c] for c in columns)
    return rows.group_by("person_id", f"{name}_id").agg(
        **{f"{name}_at": at.min(), f"{name}_known": known.max()}
    )


def _stay(rows: ir.Table, delays: Delays) -> Columns:
    nothing = ibis.null("timestamp(6)")
    ended = rows.discharged_at if "discharged_at" in rows.columns else nothing
    return {
        "admitted_known": _later(rows.admitted_at, delays.admission),
        "discharged_known": _later(ended, delays.discharge),
        "coded_known": _later(ended, delays.coded),
        "admission_method": ibis.literal("unknown"),
    }


FILLS: Mapping[str, Callable[[ir.Table, Delays], Columns]] = MappingProxyType(
    {
        "person": lambda _rows, _delays: {"sex": ibis.literal("unknown")},
        "stay": _stay,
        "visit": lambda rows, delays: {"known_at": _later(rows["at"], delays.visit)},
        "registration": lambda rows, delays: {"known_at": _later(rows.from_at, delays.fact)},
        "coverage": lambda rows, delays: {"known_at": _later(rows.from_at, delays.fact)},
        "dispensing": lambda rows, delays: {"known_at": _later(rows["at"], delays.fact)},
        "measurement": lambda rows, delays: {"known_at": _later(rows["at"], delays.fact)},
        "programme": lambda rows, delays: {"known_at": _later(rows["at"], delays.fact)},
    }
)


def _later(moment: ir.Value, days: int) -> ir.Value:
    return moment + ibis.interval(days=days)


def _tied(rows: ir.Table, delays: Delays, ties: Mapping[str, ir.Table]) -> ir.Table:
    """Codes with their day and known time: their own, else those of their stay or visit."""
    nothing = ibis.null("timestamp(6)")
    own = {c: rows[c] if c in rows.columns else nothing for c in ("at", "known_at")}
    rows = rows.mutate(**own)
    late = {"stay": delays.coded, "visit": delays.visit}
    held = [name for name in late if f"{name}_id" in rows.columns]
    for name in held:
        joined = rows.left_join(ties[name], ["person_id", f"{name}_id"], rname="{name}_of_tie")
        rows = joined.drop("person_id_of_tie", f"{name}_id_of_tie")
    at = rows["at"].coalesce(*(rows[f"{name}_at"] for name in held))
    known = [rows[f"{name}_known"] for name in held]
    known += [_later(ibis.ifelse(rows[f"{n}_id"].notnull(), at, None), late[n]) for n in held]
    rows = rows.mutate(at=at, known_at=rows.known_at.coalesce(*known, _later(at, delays.fact)))
    return rows.drop(*(f"{name}_{what}" for name in held for what in ("at", "known")))


EMPTY_TIES: Mapping[str, ir.Schema] = MappingProxyType(
    {
        name: ibis.schema({
            "person_id": "string", f"{name}_id": "string",
            f"{name}_at": "timestamp(6)", f"{name}_known": "timestamp(6)",
        })
        for name in ("stay", "visit")
    }
)  # fmt: skip
