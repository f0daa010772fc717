"""Code groups of whole columns: ten million rows in a second or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.codes.distinct import Pairs
from features.codes.groups import Bools, CodeSet, UInt64


@dataclass(frozen=True)
class Grouped:
    """Groups of coded rows.

    bits      groups of each row as `CodeSet.bits` has them, shape (rows,) or (rows, words); 0 where
              there is none
    readable  whether the code could be read: where it could not, a 0 says nothing
    """

    bits: UInt64
    readable: Bools


def grouped(held: CodeSet, systems: pa.Array, codes: pa.Array) -> Grouped:
    """Groups of each row of a coded column; a row without system or code is not readable."""
    pairs = Pairs.of(systems, codes)
    told = {
        system: held.bits(system, codes.to_pylist()).reshape(-1, held.words)
        for system, codes in pairs.codes.items()
    }
    words = [_looked_up(pairs, told, word) for word in range(held.words)]
    read = pairs.look_up(lambda s, c: pa.array(held.reads_codes(s, c.to_pylist()), pa.bool_()))
    return Grouped(
        words[0] if held.words == 1 else np.stack(words, axis=1),
        np.asarray(read.fill_null(False).to_numpy(zero_copy_only=False), np.bool_),
    )


def _looked_up(pairs: Pairs, told: Mapping[str, UInt64], word: int) -> UInt64:
    """One word of every row's bits; told: those of each system's distinct codes."""
    none = np.zeros((0, word + 1), np.uint64)
    found = pairs.look_up(lambda system, _: pa.array(told.get(system, none)[:, word]))
    return np.asarray(found.fill_null(0).to_numpy(zero_copy_only=False), np.uint64)
