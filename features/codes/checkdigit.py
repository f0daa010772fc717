"""Check digits of SNOMED CT and LOINC codes, for whole arrays of digits at once.

Verhoeff J, Error Detecting Decimal Codes, 1969 (SNOMED CT Release File Specification, SCTID check
digit); modulus 10 (LOINC Users' Guide, check digit). They tell a mistyped code from one that a
table does not know; they do not say that a code exists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bools = npt.NDArray[np.bool_]
Digits = npt.NDArray[np.int64]

NO_DIGIT = -1


def _dihedral() -> Digits:
    """Multiplication of the group of symmetries of a pentagon, 0-4 turns and 5-9 reflections."""
    table = np.empty((10, 10), np.int64)
    for a in range(10):
        for b in range(10):
            turned = (a + b) % 5 if a < 5 else (a - b) % 5
            table[a, b] = turned + 5 * ((a < 5) != (b < 5))
    return table


def _permutations() -> Digits:
    first = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])
    rows = [np.arange(10)]
    for _ in range(7):
        rows.append(first[rows[-1]])
    return np.array(rows)


DIHEDRAL = _dihedral()
PERMUTATIONS = _permutations()


def digits(codes: pa.Array) -> Digits:
    """Digits from the right, shape (codes, longest); NO_DIGIT left of the first one.

    codes  text of ASCII digits; other characters count as no digit
    """
    texts = np.array(codes.to_pylist(), dtype=np.str_)
    width = max(texts.dtype.itemsize // 4, 1)
    characters = texts.astype(f"U{width}").view(np.uint32).reshape(len(texts), width)
    values = np.where((characters >= 48) & (characters <= 57), characters - 48.0, NO_DIGIT)
    lengths = np.char.str_len(texts)[:, None]
    places = lengths - 1 - np.arange(width)
    taken = np.take_along_axis(values, np.clip(places, 0, None), axis=1)
    return np.where(places >= 0, taken, NO_DIGIT).astype(np.int64)


def verhoeff(codes: pa.Array) -> Bools:
    """True where the last digit is the Verhoeff check digit of those before it."""
    found = digits(codes)
    check = np.zeros(len(found), np.int64)
    for place in range(found.shape[1]):
        digit = found[:, place]
        step = DIHEDRAL[check, PERMUTATIONS[place % 8, digit]]
        check = np.where(digit == NO_DIGIT, check, step)
    return np.asarray(check == 0)


def modulus_10(codes: pa.Array) -> Bools:
    """True where the last digit makes the sum of single and doubled digits a multiple of ten."""
    found = digits(codes)
    doubled = np.where(np.arange(found.shape[1]) % 2 == 1, found * 2, found)
    summed = np.where(found == NO_DIGIT, 0, doubled // 10 + doubled % 10)
    return np.asarray(summed.sum(axis=1) % 10 == 0)
