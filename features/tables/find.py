"""Finding rows by (person, id): ids of stays and visits are unique within a person, not beyond."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]
NOWHERE = -1


def find_rows(
    people: pa.Array, ids: pa.Array, wanted_people: pa.Array, wanted_ids: pa.Array
) -> Integers:
    """Place of each wanted (person, id) among (people, ids); -1 where there is none or a null."""
    known = pc.unique(people)
    own = _places(people, known)
    return find_among(own, ids, _places(wanted_people, known), wanted_ids)


def find_among(
    people: Integers, ids: pa.Array, wanted_people: Integers, wanted_ids: pa.Array
) -> Integers:
    """The same with people as numbers; a negative number is nobody."""
    if not len(people):
        return np.full(len(wanted_people), NOWHERE, np.int64)
    coded = pc.dictionary_encode(ids)
    size = len(coded.dictionary)
    own = _keys(people, _filled(coded.indices), size)
    wanted = _keys(wanted_people, _places(wanted_ids, coded.dictionary), size)
    order = _order(own)
    place = order[np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)]
    return np.where((wanted >= 0) & (own[place] == wanted), place, NOWHERE)


def _order(keys: Integers) -> Integers:
    if bool(np.all(keys[1:] >= keys[:-1])):
        return np.arange(len(keys))
    return np.argsort(keys, kind="stable")


def _keys(people: Integers, ids: Integers, size: int) -> Integers:
    return np.where((people < 0) | (ids < 0), NOWHERE, people * size + ids)


def _places(values: pa.Array, among: pa.Array) -> Integers:
    return _filled(pc.index_in(values, value_set=among, skip_nulls=True))


def _filled(values: pa.Array) -> Integers:
    filled = pc.fill_null(values, NOWHERE) if values.null_count else values
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)
