"""Codes that nothing reads: what they say is unknown, and never taken for "no"."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from features.codes.readable import NO_SET
from features.quality.finding import Found, RowCheck
from features.quality.view import View
from features.tables.buffers import valid

READ_BY = {"diagnosis": ("elixhauser",), "dispensing": ("medicines",)}
"""Table -> code sets that turn its codes into what models use."""
CODED = ("diagnosis", "procedure", "dispensing", "measurement")


def _misshapen(view: View) -> Iterator[Found]:
    for table in CODED:
        yield from _by_system(view, table, no_set=False)


def _no_set(view: View) -> Iterator[Found]:
    """Well written codes that no code set or crosswalk reads."""
    for table in READ_BY:
        yield from _by_system(view, table, no_set=True)


def _by_system(view: View, table: str, *, no_set: bool) -> Iterator[Found]:
    """Rows that cannot be read for that reason, or for any other, by code system."""
    if not view.rows(table):
        return
    system, _, rows = view.codes(table)
    why = view.unreadable(table, READ_BY.get(table, ()))
    for name in pc.unique(system).to_pylist():
        own = pc.equal(system, name).to_numpy(zero_copy_only=False)
        unread = pc.fill_null(pc.equal(why, NO_SET.format(system=name)), False)
        wrong = valid(why) & (unread.to_numpy(zero_copy_only=False) == no_set)
        faulty, every = int(rows[own & wrong].sum()), int(rows[own].sum())
        yield Found(table, faulty, every, name, noun=f"{name} codes")


CHECKS = (
    RowCheck(
        "codes_misshapen",
        "warning",
        "{what} {rows} that are not written as codes of {what}",
        "No group of conditions or medicines finds them. Often another vocabulary under the wrong "
        "name, a cut-off code, or free text.",
        _misshapen,
        from_share=0.01,
    ),
    RowCheck(
        "codes_unreadable",
        "warning",
        "{what} {rows} whose codes no group of conditions or medicines reads",
        'What they say is unknown to the models (never "no"): map them to ICD or ingredients, or '
        "set the path of a crosswalk.",
        _no_set,
        from_share=0.05,
    ),
)
