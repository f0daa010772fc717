"""Whatever depends on a code is worked out once per distinct code, then looked up by row."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

Answer = Callable[[str, pa.Array], pa.Array]
"""System and its distinct codes -> an array of their length."""


def by_pair(systems: pa.Array, codes: pa.Array, answer: Answer) -> pa.Array:
    """`answer` for each row's (system, code); null where either is null.

    `answer` is asked once per system, with the distinct codes that occur under it, so that ten
    million rows cost as much thought as their few thousand codes.
    """
    kinds, texts = pc.dictionary_encode(systems), pc.dictionary_encode(codes)
    width = len(texts.dictionary)
    place = pc.add(
        pc.multiply(kinds.indices.cast(pa.int64()), width), texts.indices.cast(pa.int64())
    )
    pairs = pc.dictionary_encode(place)
    kind, text = pc.divide(pairs.dictionary, max(width, 1)), pairs.dictionary
    parts, order = [], []
    for number, system in enumerate(kinds.dictionary.to_pylist()):
        here = pc.indices_nonzero(pc.equal(kind, number))
        found = pc.subtract(text.take(here), number * width)
        parts.append(answer(system, texts.dictionary.take(found)))
        order.append(here)
    if not parts:
        return answer("", texts.dictionary.slice(0, 0)).take(pairs.indices)
    back = pc.sort_indices(pa.concat_arrays(order))
    return pa.concat_arrays(parts).take(back).take(pairs.indices)
