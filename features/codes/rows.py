"""Code groups of whole columns: ten million rows in a second or two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.codes.distinct import Pairs
from features.codes.groups import Bools, CodeSet, UInt64


@dataclass(frozen=True)
class Grouped:
    """Groups of coded rows.

    bits      bit i stands for groups[i] of the code set; 0 where there is none
    readable  whether the code could be read: where it could not, a 0 says nothing
    """

    bits: UInt64
    readable: Bools


def grouped(held: CodeSet, systems: pa.Array, codes: pa.Array) -> Grouped:
    """Groups of each row of a coded column; a row without system or code is not readable."""
    pairs = Pairs.of(systems, codes)
    bits = pairs.look_up(lambda s, c: pa.array(held.bits(s, c.to_pylist()), pa.uint64()))
    read = pairs.look_up(lambda s, c: pa.array(held.reads_codes(s, c.to_pylist()), pa.bool_()))
    return Grouped(
        bits.fill_null(0).to_numpy(zero_copy_only=False),
        np.asarray(read.fill_null(False).to_numpy(zero_copy_only=False), np.bool_),
    )
