"""Who a model was trained on, without saying who: a Bloom filter over salted hashes of person ids.

Everybody it was made of is found again; one other person in a hundred is found for nothing
(Bloom BH, Commun ACM 1970;13:422-426). It holds no identifier and refuses to be turned back into
one; whoever has an id and the filter can ask for that id, no more.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from features.tables.buffers import text_parts, whole

Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

FALSE_POSITIVES = 0.01
LEAST_BITS = 64

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """A filter of `people` persons: `packed` bits, `hashes` of them set for each person."""

    salt: str
    people: int
    hashes: int
    packed: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, person_ids: pa.Array | pa.ChunkedArray, *, salt: str) -> TrainedOn:
        """The filter of these people, each counted once."""
        ids = whole(person_ids).unique()
        most = max(len(ids), 1)
        bits = math.ceil(-most * math.log(FALSE_POSITIVES) / math.log(2) ** 2)
        bits = max(LEAST_BITS, -(-bits // 8) * 8)
        hashes = max(1, round(bits / most * math.log(2))) if len(ids) else 1
        hashes = min(hashes, 16)
        found = np.zeros(bits, dtype=np.uint8)
        found[_places(ids, salt, hashes, bits).ravel()] = 1
        return cls(salt, len(ids), hashes, np.packbits(found))

    def __contains__(self, person_id: str) -> bool:
        return bool(self.holds(pa.array([person_id]))[0])

    def holds(self, person_ids: pa.Array | pa.ChunkedArray) -> Bools:
        """Whether each row's person was among them, shape (rows,); wrong for 1 other in 100."""
        encoded = whole(person_ids).dictionary_encode()
        bits = np.unpackbits(self.packed).astype(np.bool_)
        places = _places(encoded.dictionary, self.salt, self.hashes, len(bits))
        found = np.asarray(np.all(bits[places], axis=1))
        return np.asarray(found[encoded.indices.to_numpy()])

    def to_json(self) -> str:
        stated = {
            "kind": "bloom",
            "salt": self.salt,
            "people": self.people,
            "hashes": self.hashes,
            "bits": base64.b64encode(self.packed.tobytes()).decode("ascii"),
        }
        return json.dumps(stated, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> TrainedOn:
        stated = json.loads(text)
        packed = np.frombuffer(base64.b64decode(stated["bits"]), dtype=np.uint8)
        return cls(stated["salt"], int(stated["people"]), int(stated["hashes"]), packed)


def _places(ids: pa.Array, salt: str, hashes: int, bits: int) -> npt.NDArray[np.int64]:
    """The bits of each id, (ids, hashes), by double hashing (Kirsch A, Mitzenmacher M, 2006)."""
    data, offsets = text_parts(whole(ids))
    key = np.frombuffer(salt.encode("utf-8"), dtype=np.uint8)
    first, second = _hashed(data, offsets, key)
    steps = np.arange(hashes, dtype=np.uint64) * (second[:, None] | np.uint64(1))
    return np.asarray((first[:, None] + steps) % np.uint64(bits), dtype=np.int64)


@_compiled
def _mixed(hash_: np.uint64) -> np.uint64:
    """Spreads every bit over all others (the finisher of SplitMix64)."""
    hash_ = (hash_ ^ (hash_ >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hash_ = (hash_ ^ (hash_ >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hash_ ^ (hash_ >> np.uint64(31))


@_compiled
def _hashed(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], key: npt.NDArray[np.uint8]
) -> tuple[Words, Words]:
    """Two 64-bit hashes of each text after the key (FNV-1a, finished twice)."""
    prime = np.uint64(0x100000001B3)
    start = np.uint64(0xCBF29CE484222325)
    for byte in key:
        start = (start ^ np.uint64(byte)) * prime
    start = start * prime  # a byte 0 parts the key from the text
    first = np.empty(len(offsets) - 1, dtype=np.uint64)
    second = np.empty(len(offsets) - 1, dtype=np.uint64)
    for i in range(len(offsets) - 1):
        found = start
        for at in range(offsets[i], offsets[i + 1]):
            found = (found ^ np.uint64(data[at])) * prime
        first[i] = _mixed(found)
        second[i] = _mixed(found ^ np.uint64(0x9E3779B97F4A7C15))
    return first, second
