"""The Bloom filter of the people a model was made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.trained_on import TrainedOn

pytestmark = pytest.mark.unit


def ids(start: int, end: int) -> pa.Array:
    return pa.array([f"person-{i}" for i in range(start, end)])


def test_everybody_in_it_is_found():
    seen = TrainedOn.of(ids(0, 5000), salt="s")
    assert seen.holds(ids(0, 5000)).all()
    assert "person-7" in seen


@pytest.mark.parametrize("people", [1, 10, 1000, 20_000])
def test_one_other_in_a_hundred_is_found_for_nothing(people):
    """40,000 others, so more than 1.3% or less than 0.7% would be 6 standard errors off."""
    found = TrainedOn.of(ids(0, people), salt="s").holds(ids(people, people + 40_000)).mean()
    assert found < 0.013
    if people >= 1000:
        assert found > 0.007


def test_nobody_is_in_an_empty_one():
    empty = TrainedOn.of(pa.array([], pa.string()), salt="s")
    assert not empty.holds(ids(0, 1000)).any()
    assert empty.holds(pa.array([], pa.string())).shape == (0,)


def test_repeats_and_order_change_nothing():
    one = TrainedOn.of(ids(0, 300), salt="s")
    order = np.random.default_rng(1).permutation(600) % 300
    other = TrainedOn.of(ids(0, 300).take(pa.array(order)), salt="s")
    assert one.to_json() == other.to_json()


def test_another_salt_sets_other_bits():
    one, other = (TrainedOn.of(ids(0, 500), salt=salt) for salt in ("s", "t"))
    assert np.mean(np.unpackbits(one.packed) == np.unpackbits(other.packed)) < 0.6


def test_half_of_its_bits_are_set():
    """As they are in a filter that wastes nothing: it tells as little as it can."""
    bits = np.unpackbits(TrainedOn.of(ids(0, 3000), salt="s").packed)
    assert bits.mean() == pytest.approx(0.5, abs=0.03)


def test_text_brings_it_back():
    one = TrainedOn.of(ids(0, 300), salt="s")
    back = TrainedOn.from_json(one.to_json())
    assert back.to_json() == one.to_json()
    assert back.people == 300
    assert back.holds(ids(0, 300)).all()


def test_rows_may_come_in_chunks_with_an_offset():
    seen = TrainedOn.of(ids(0, 100).slice(10, 20), salt="s")
    chunks = pa.chunked_array([ids(5, 15), ids(25, 35)])
    assert seen.holds(chunks).tolist() == [False] * 5 + [True] * 10 + [False] * 5


def test_texts_outside_ascii_are_ids_too():
    seen = TrainedOn.of(pa.array(["é", "日本"]), salt="s")
    assert seen.holds(pa.array(["é", "日本", "e"])).tolist() == [True, True, False]
