"""Measurements that cannot be compared: one code in several units, or without a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pyarrow.compute as pc

from features.quality.finding import Finding, Found, RowCheck, WholeCheck
from features.quality.totals import Totals
from features.quality.view import View


def _empty(view: View) -> Iterator[Found]:
    rows = view.tables["measurement"]
    none = pc.and_(pc.is_null(rows["value"]), pc.is_null(rows["text"]))
    yield Found("measurement", pc.sum(none).as_py() or 0, rows.num_rows)


def _mixed(totals: Totals, check: WholeCheck) -> Iterator[Finding]:
    units: dict[tuple[str, str], list[int]] = defaultdict(list)
    for (system, code, _), count in totals.units.items():
        units[system, code].append(count)
    mixed = [counts for counts in units.values() if len(counts) > 1]
    if not mixed:
        return
    rare = sum(sum(counts) - max(counts) for counts in mixed)
    text = (
        f"measurements in another unit than most of their code: {rare:,} of "
        f"{sum(map(sum, units.values())):,}; {len(mixed):,} of {len(units):,} codes have several "
        "units, a missing one counted too"
    )
    yield check.finding("measurement", rare, text)


CHECKS = (
    RowCheck(
        "measurement_empty",
        "note",
        "measurements with neither a value nor a text",
        "They say that something was measured, and no more.",
        _empty,
    ),
    WholeCheck(
        "units_mixed",
        "warning",
        "numbers of one measurement code come in several units",
        "The last value of a person may be in another unit than the model learnt: bring each code "
        "to one unit in the mapping.",
        _mixed,
    ),
)
