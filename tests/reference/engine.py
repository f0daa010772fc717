"""The feature engine in plain Python: one moment, one feature, one row at a time.

It shares with the product the catalogue, the code sets and nothing else (what a stay was for is
asked of the product's own list, one stay at a time), and no null rule of the kernel is used here.
It is the oracle that the compiled kernel is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from features.catalogue import Catalogue, Feature
from features.tables.contract import Tables
from tests.reference import codes, counts, names, persons, supplies, values
from tests.reference.choose import window_of
from tests.reference.counts import Measure
from tests.reference.moment import Moment, Row, Value

MEASURES: Mapping[str, Measure] = {
    "count": counts.count,
    "any": counts.occurs,
    "count_change": counts.change(counts.count),
    "sum": counts.total,
    "sum_change": counts.change(counts.total),
    "days": counts.stayed,
    "days_change": counts.change(counts.stayed),
    "days_since": values.days_since,
    "first": values.first,
    "last": values.last,
    "min": values.least,
    "max": values.most,
    "mean": values.average,
    "change": values.changed,
    "out_of_range": values.out_of_range,
    "distinct": names.distinct,
    "top_share": names.top_share,
    "bice_boxerman": names.bice_boxerman,
    "same_share": names.same_share,
    "switches": names.switches,
    "covered_share": supplies.covered_share,
    "longest_gap": supplies.longest_gap,
    "flag": codes.flag,
    "new": codes.new,
    "groups": codes.groups,
    "new_groups": codes.new_groups,
    "index": codes.index,
    "readable_share": codes.readable_share,
    "observed_share": counts.observed_share,
    "fact": persons.fact,
}


def features_of(
    tables: Tables, moments: pa.Table, catalogue: Catalogue, *, mode: str = "adt"
) -> list[list[Value]]:
    """One list of values per moment, in the catalogue's order; None is null."""
    rows = {name: of_people(table) for name, table in tables.items()}
    views = (
        Moment(
            {n: held.get(row["person_id"], []) for n, held in rows.items()}, row, catalogue, mode
        )
        for row in moments.to_pylist()
    )
    return [[value_of(view, feature) for feature in catalogue] for view in views]


def value_of(moment: Moment, feature: Feature) -> Value:
    """One feature at one moment."""
    window = window_of(moment, feature)
    return None if window is None else MEASURES[feature.measure](moment, feature, window)


def of_people(table: pa.Table) -> Mapping[str, list[Row]]:
    """The rows of a table by person, in order."""
    found: dict[str, list[Row]] = {}
    for row in table.to_pylist():
        found.setdefault(row["person_id"], []).append(row)
    return found


def same(value: Value, found: Value) -> bool:
    return value == found and (value is None) == (found is None)


def differences(
    expected: Iterable[list[Value]], decoded: pa.Table, names: tuple[str, ...]
) -> list[tuple[int, str, Value, Value]]:
    """Where a decoded matrix does not say exactly what was expected."""
    rows = decoded.to_pylist()
    return [
        (i, name, value, rows[i][name])
        for i, values in enumerate(expected)
        for name, value in zip(names, values, strict=True)
        if not same(value, rows[i][name])
    ]
