"""Slices and canonical order, against the slow way of saying them."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from features.errors import InputError
from features.tables.order import canonical, packed, slice_of, slices
from features.tables.schema import TABLES
from tests.drawn import draw

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 120, 200])
def test_the_slice_is_the_first_byte_of_sha256(length: int) -> None:
    person = "é"[: length % 2] + "x" * length
    expected = hashlib.sha256(person.encode()).digest()[0]
    assert slices(pa.array([person])).tolist() == [expected]
    assert slice_of(person) == expected


def test_slices_stand_row_by_row() -> None:
    ids = pa.chunked_array([["b", "a"], [], ["b"]], pa.string())
    assert slices(ids).tolist() == [slice_of("b"), slice_of("a"), slice_of("b")]
    assert slices(pa.array([], pa.string())).tolist() == []


def test_rows_stand_by_slice_person_time_and_then_every_column() -> None:
    rows = draw("""
        person_id at         known_at   code_system code    days_supply
        p2        2020-01-02 2020-01-03 ATC         C10AA01 30
        p1        2020-01-02 2020-01-03 ATC         C10AA01 -
        p1        2020-01-02 2020-01-03 ATC         C10AA01 9
        p1        2020-01-02 2020-01-02 ATC         N02BE01 30
        p1        2019-12-31 2020-01-03 ATC         C10AA01 30
    """)
    found = canonical(TABLES["dispensing"], pa.Table.from_pylist(rows))
    own = [r for r in zip(*(found[n].to_pylist() for n in ("person_id", "code", "days_supply")),
                          strict=True) if r[0] == "p1"]  # fmt: skip
    assert own == [
        ("p1", "C10AA01", 30),
        ("p1", "N02BE01", 30),
        ("p1", "C10AA01", 9),
        ("p1", "C10AA01", None),
    ]
    first = [slice_of(person) for person in found["person_id"].to_pylist()]
    assert first == sorted(first)


def test_values_that_do_not_fit_their_type_are_refused() -> None:
    with pytest.raises(InputError, match=r"person\.birth_date do not fit"):
        canonical(
            TABLES["person"],
            pa.table({"person_id": ["p1"], "sex": ["male"], "birth_date": ["late"]}),
        )


def test_a_packed_key_orders_as_its_keys_do_however_wide() -> None:
    wide = np.array([-(2**62), 2**62, 0, 0, 2**62], dtype=np.int64)
    second = np.array([5, -(2**61), 2**61, 4, -(2**61)], dtype=np.int64)
    expected = np.lexsort((second, wide))
    key = packed([wide, second])
    assert sorted(key[expected].tolist()) == key[expected].tolist()
    assert key[1] == key[4]
