"""The first byte of SHA-256 of many texts at once, compiled: it says which slice a person is in.

A person's slice must be the same on every machine and in every version, so it is a published hash
(FIPS 180-4) and not one of a library's own. Equal to `hashlib.sha256(text).digest()[0]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from features.tables.buffers import text_parts

_compiled: Callable[[Any], Any] = njit(cache=True, nogil=True)


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % p for p in found):
            found.append(number)
        number += 1
    return found


def _root_fraction(number: int, power: int) -> int:
    """First 32 bits of the fraction of the `power`-th root, by integers alone."""
    target = number << (32 * power)
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**power <= target else (low, middle)
    return low & 0xFFFFFFFF


ROUNDS = np.array([_root_fraction(p, 3) for p in _primes(64)], dtype=np.uint64)
START = np.array([_root_fraction(p, 2) for p in _primes(8)], dtype=np.uint64)
LOW = np.uint64(0xFFFFFFFF)


@_compiled
def _turn(word: np.uint64, by: int) -> np.uint64:
    return ((word >> np.uint64(by)) | (word << np.uint64(32 - by))) & LOW


@_compiled
def _block(state: npt.NDArray[np.uint64], w: npt.NDArray[np.uint64]) -> None:
    for t in range(16, 64):
        x, y = w[t - 15], w[t - 2]
        small = _turn(x, 7) ^ _turn(x, 18) ^ (x >> np.uint64(3))
        large = _turn(y, 17) ^ _turn(y, 19) ^ (y >> np.uint64(10))
        w[t] = (w[t - 16] + small + w[t - 7] + large) & LOW
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        choose = (e & f) ^ ((e ^ LOW) & g)
        mix = _turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25)
        one = (h + mix + choose + ROUNDS[t] + w[t]) & LOW
        two = (_turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
        h, g, f, e, d, c, b, a = g, f, e, (d + one) & LOW, c, b, a, (one + two) & LOW
    state += np.array([a, b, c, d, e, f, g, h], dtype=np.uint64)
    state &= LOW


@_compiled
def _byte(data: npt.NDArray[np.uint8], start: int, end: int, position: int) -> np.uint64:
    """Byte of the padded message: the text, 0x80, zeros, and its length in bits."""
    length = end - start
    if position < length:
        return np.uint64(data[start + position])
    if position == length:
        return np.uint64(0x80)
    whole = (length + 72) // 64 * 64
    from_end = whole - 1 - position
    return (
        np.uint64((length * 8) >> (8 * from_end)) & np.uint64(0xFF)
        if from_end < 8
        else np.uint64(0)
    )


@_compiled
def _first_bytes(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    found = np.empty(len(starts), dtype=np.uint8)
    words = np.zeros(64, dtype=np.uint64)
    for i in range(len(starts)):
        state = START.copy()
        for block in range((ends[i] - starts[i] + 72) // 64):
            for t in range(16):
                word = np.uint64(0)
                for byte in range(4):
                    at = block * 64 + t * 4 + byte
                    word = (word << np.uint64(8)) | _byte(data, starts[i], ends[i], at)
                words[t] = word
            _block(state, words)
        found[i] = state[0] >> np.uint64(24)
    return found


def first_bytes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """First byte of the SHA-256 of each text (UTF-8); the empty text stands for a null."""
    data, offsets = text_parts(texts)
    found: npt.NDArray[np.uint8] = _first_bytes(data, offsets[:-1], offsets[1:])
    return found
