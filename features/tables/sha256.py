"""First byte of the sha256 of many short texts, compiled: what says in which slice a person is.

`hashlib` takes a call for each text, which a source of many million rows feels. A text longer than
one block of sha256 (55 bytes) is left to `hashlib`. Source: NIST, FIPS 180-4, section 6.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

LONGEST = 55
"""Most bytes that fit one block with its mark and length."""

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)

Bytes = npt.NDArray[np.uint8]


def _fractions(power: float, count: int) -> npt.NDArray[np.uint32]:
    """First 32 bits of the fractions of roots of the first primes, by whole-number arithmetic."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, int(n**0.5) + 1))][:count]
    root = round(1 / power)
    return np.array([_root(p << (32 * root), root) & 0xFFFFFFFF for p in primes], np.uint32)


def _root(number: int, root: int) -> int:
    low, high = 0, 1 << 48
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**root <= number else (low, middle)
    return low


ROUNDS = _fractions(1 / 3, 64)
START = _fractions(1 / 2, 8)


def first_bytes(data: Bytes, offsets: npt.NDArray[np.int64]) -> Bytes:
    """First byte of the sha256 of each text `data[offsets[i]:offsets[i + 1]]`, uint8."""
    found = np.empty(len(offsets) - 1, np.uint8)
    _short(data, offsets, ROUNDS, START, found)
    for number in np.flatnonzero(np.diff(offsets) > LONGEST):
        text = data[offsets[number] : offsets[number + 1]].tobytes()
        found[number] = hashlib.sha256(text).digest()[0]
    return found


@_compiled
def _turned(word: np.uint32, by: int) -> np.uint32:
    return np.uint32((word >> np.uint32(by)) | (word << np.uint32(32 - by)))


@_compiled
def _short(
    data: Bytes,
    offsets: npt.NDArray[np.int64],
    rounds: npt.NDArray[np.uint32],
    start: npt.NDArray[np.uint32],
    found: Bytes,
) -> None:
    words = np.zeros(64, np.uint32)
    for i in range(len(found)):
        begin, length = offsets[i], offsets[i + 1] - offsets[i]
        if length > LONGEST:
            continue
        words[:16] = 0
        for j in range(length):
            words[j >> 2] |= np.uint32(data[begin + j]) << np.uint32(24 - 8 * (j & 3))
        words[length >> 2] |= np.uint32(0x80) << np.uint32(24 - 8 * (length & 3))
        words[15] = np.uint32(8 * length)
        found[i] = _block(words, rounds, start)


@_compiled
def _block(
    words: npt.NDArray[np.uint32],
    rounds: npt.NDArray[np.uint32],
    start: npt.NDArray[np.uint32],
) -> np.uint8:
    """First byte of the digest of a message of one block (FIPS 180-4, 6.2.2)."""
    for t in range(16, 64):
        x, y = words[t - 15], words[t - 2]
        low = _turned(x, 7) ^ _turned(x, 18) ^ (x >> np.uint32(3))
        high = _turned(y, 17) ^ _turned(y, 19) ^ (y >> np.uint32(10))
        words[t] = np.uint32(high + words[t - 7] + low + words[t - 16])
    a, b, c, d, e, f, g, h = start
    for t in range(64):
        mixed = _turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)
        chosen = (e & f) ^ (~e & g)
        one = np.uint32(h + mixed + chosen + rounds[t] + words[t])
        turned = _turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)
        most = (a & b) ^ (a & c) ^ (b & c)
        h, g, f, e = g, f, e, np.uint32(d + one)
        d, c, b, a = c, b, a, np.uint32(one + turned + most)
    return np.uint8(np.uint32(start[0] + a) >> np.uint32(24))
