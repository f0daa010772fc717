"""Rows of one key combined: claim lines and interim bills into a stay, episodes into a spell.

Of each column the first value there is, in the order the mapping gives, unless it names another
rule; without an order the least one, so that the answer does not hang on the order of files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import ibis
import ibis.expr.types as ir

from features.readers.table.blocks import ORDER
from features.readers.table.mapping import Rule
from features.tables.contract import Table

Keys = Sequence[ir.Value]

RULES: Mapping[Rule, Callable[[ir.Value, Keys], ir.Value]] = MappingProxyType(
    {
        "first": lambda values, keys: values.first(order_by=[*keys, values]),
        "last": lambda values, keys: values.last(order_by=[*keys, values]),
        "min": lambda values, _: values.min(),
        "max": lambda values, _: values.max(),
        "sum": lambda values, _: values.sum(),
    }
)


def combined(table: Table, rows: ir.Table, rules: Mapping[str, Rule]) -> ir.Table:
    """One row for each key of the table."""
    keys = [rows[column] for column in rows.columns if column.startswith(ORDER)]
    values = {c: _rule(rules, c)(rows[c], keys) for c in _told(table, rows)}
    return rows.group_by(list(table.key)).agg(**values)


def disagreeing(table: Table, rows: ir.Table, rules: Mapping[str, Rule]) -> dict[str, int]:
    """How many rows are made of rows that differ in a column of which the first speaks."""
    first = [c for c in _told(table, rows) if rules.get(c, "first") == "first"]
    if not first:
        return {}
    groups = rows.group_by(list(table.key)).agg(**{c: rows[c].nunique() > 1 for c in first})
    counts = groups.agg(**{c: groups[c].sum() for c in first}).to_pyarrow().to_pylist()[0]
    return {column: int(number) for column, number in counts.items() if number}


def _rule(rules: Mapping[str, Rule], column: str) -> Callable[[ir.Value, Keys], ir.Value]:
    return RULES[rules.get(column, "first")]


def _told(table: Table, rows: ir.Table) -> list[str]:
    return [c.name for c in table.columns if c.name in rows.columns and c.name not in table.key]


def united(parts: Sequence[ir.Table]) -> ir.Table:
    """Rows of several blocks under each other; a column that one of them lacks is null there."""
    types = {name: part[name].type() for part in parts for name in part.columns}
    same = [
        part.select(
            **{n: part[n] if n in part.columns else ibis.null(kind) for n, kind in types.items()}
        )
        for part in parts
    ]
    return same[0] if len(same) == 1 else ibis.union(*same)
