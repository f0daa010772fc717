"""Columns of codes as groups of a code set.

A row's groups are those of any of its codes. A row without a code, or whose codes the set cannot
read, is null: a group is absent only where codes were read and none was of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue.sets import grouping
from features.codes import CodeSet
from features.codes.rows import Grouped, grouped
from features.codes.systems import normal
from features.flat.parts import Codes
from features.flat.read import Read

Floats = npt.NDArray[np.float64]

ZEROS = (r"^(\d)(\.|$)", r"00\1\2"), (r"^(\d\d)(\.|$)", r"0\1\2")
"""Leading zeros that are part of a code of ICD-9-CM: 8 is 008, 41.4 is 041.4."""


def code_columns(read: Read, codes: Codes) -> Floats:
    """The features of `codes`, shape (rows, features): a flag per group, or one number."""
    held = grouping(codes.set)
    found = [_grouped(held, codes, read.column(column)) for column in codes.columns]
    bits = reduce(np.bitwise_or, (each.bits for each in found))
    readable = reduce(np.logical_or, (each.readable for each in found))
    columns = _flags(held, codes, bits) if codes.how == "flag" else _number(held, codes, bits)
    columns[~readable] = np.nan
    return columns


def groups_of(codes: Codes) -> Sequence[str]:
    """Groups that get a flag, in order; one nameless for a number."""
    return (codes.groups or grouping(codes.set).groups) if codes.how == "flag" else ("",)


def _grouped(held: CodeSet, codes: Codes, texts: pa.Array) -> Grouped:
    for pattern, written in ZEROS if codes.pad else ():
        texts = pc.replace_substring_regex(texts, pattern, written)
    plain = normal(codes.system, texts)
    return grouped(held, pa.array([codes.system] * len(plain), pa.string()), plain)


def _flags(held: CodeSet, codes: Codes, bits: npt.NDArray[np.uint64]) -> Floats:
    bits = bits.reshape(len(bits), -1)
    places = np.array([held.positions[group] for group in groups_of(codes)])
    word, bit = places // 64, (places % 64).astype(np.uint64)
    return (bits[:, word] >> bit & np.uint64(1)).astype(np.float64)


def _number(held: CodeSet, codes: Codes, bits: npt.NDArray[np.uint64]) -> Floats:
    if codes.how == "index":
        return np.asarray(held.index(codes.scheme, bits, hierarchy=codes.hierarchy))[:, None]
    counted = held.without_weaker(bits) if codes.hierarchy else bits
    count = np.bitwise_count(counted.reshape(len(bits), -1)).sum(axis=1, dtype=np.float64)
    return np.asarray(count)[:, None]
