"""Rows are found by their texts alike, whether they stand in one order or in any other."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tables.owners import find_owned, owners

pytestmark = pytest.mark.property

TEXTS = st.text("ab", max_size=3)
PEOPLE = st.lists(TEXTS, unique=True, max_size=12)


def column(texts: list[str | None], lead: int) -> pa.Array:
    """A text column that begins `lead` rows into Arrow's memory."""
    return pa.array(["ahead"] * lead + texts, pa.string()).slice(lead)


@given(
    people=PEOPLE,
    asked=st.lists(st.none() | TEXTS, max_size=20),
    ordered=st.booleans(),
    lead=st.integers(0, 2),
)
def test_each_id_is_found_where_it_stands(
    people: list[str], asked: list[str | None], ordered: bool, lead: int
) -> None:
    if ordered:
        known = [text for text in asked if text in people]
        asked = sorted(known, key=lambda text: people.index(str(text)))
    expected = [people.index(text) if text in people else -1 for text in asked]
    assert owners(column(asked, lead), column([*people], lead)).tolist() == expected


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), unique=True, max_size=15),
    others=st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=5),
    seed=st.integers(0, 2**16),
    ordered=st.booleans(),
    lead=st.integers(0, 2),
)
def test_each_pair_is_found_where_it_stands(
    rows: list[tuple[str, str]],
    others: list[tuple[str, str | None]],
    seed: int,
    ordered: bool,
    lead: int,
) -> None:
    dice = random.Random(seed)
    wanted: list[tuple[str, str | None]] = [row for row in rows if dice.random() < 0.7]
    if ordered:
        rows = sorted(rows)
        wanted = sorted((pair for pair in wanted), key=lambda pair: (pair[0], dice.random()))
        wanted = [(person, dice.choice([own, None])) for person, own in wanted]
    else:
        dice.shuffle(rows)
        wanted += others
    expected = [rows.index(pair) if pair in rows else -1 for pair in wanted]  # type: ignore[arg-type]
    held, asked = ([column([*part], lead) for part in parts] for parts in _apart(rows, wanted))
    assert find_owned(*held, *asked).tolist() == expected


def _apart(*tables: list) -> list[tuple[list, list]]:  # type: ignore[type-arg]
    return [([row[0] for row in rows], [row[1] for row in rows]) for rows in tables]
