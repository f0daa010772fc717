"""Whatever depends on a code is worked out once per distinct code, then looked up by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Answer = Callable[[str, pa.Array], pa.Array]
"""System and its distinct codes -> an array of their length."""


@dataclass(frozen=True)
class Pairs:
    """The distinct (system, code) of a coded column, and which of them each row holds.

    codes  system -> its distinct codes
    rows   place of each row's pair among all, system after system; null where either is null
    """

    codes: dict[str, pa.Array]
    rows: pa.Array

    @classmethod
    def of(cls, systems: pa.Array, codes: pa.Array) -> Pairs:
        """The pairs of two text columns of one length."""
        kinds, texts = pc.dictionary_encode(systems), pc.dictionary_encode(codes)
        names, width = kinds.dictionary.to_pylist(), len(texts.dictionary)
        pair = _numbers(kinds.indices) * width + _numbers(texts.indices)
        null = None
        if kinds.indices.null_count or texts.indices.null_count:
            null = ~(_valid(kinds.indices) & _valid(texts.indices))
        occurs = np.zeros(len(names) * width, np.bool_)
        occurs[pair if null is None else pair[~null]] = True
        found = {
            name: texts.dictionary.take(pa.array(np.flatnonzero(occurs[k * width :][:width])))
            for k, name in enumerate(names)
        }
        place = np.cumsum(occurs) - 1
        rows = place[pair] if len(place) else pair
        return cls(found, pa.array(rows, pa.int64(), mask=null))

    def look_up(self, answer: Answer) -> pa.Array:
        """`answer` for each row's pair, asked once per system; null where system or code is."""
        told = [answer(system, codes) for system, codes in self.codes.items()]
        return pa.concat_arrays(told or [answer("", pa.array([], pa.string()))]).take(self.rows)


def by_pair(systems: pa.Array, codes: pa.Array, answer: Answer) -> pa.Array:
    """`answer` for each row's (system, code); null where either is null."""
    return Pairs.of(systems, codes).look_up(answer)


def _numbers(indices: pa.Array) -> npt.NDArray[np.int64]:
    filled = indices.fill_null(0) if indices.null_count else indices
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int64)


def _valid(indices: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_valid(indices).to_numpy(zero_copy_only=False), np.bool_)
