"""Memory that a thread uses again once nobody holds it: what the system hands out anew has to be
cleared first, which costs as much as filling it. It goes with the thread."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt

LARGE, KEPT = 1 << 20, 4
"""Bytes from which memory of answers is used again, and how many pieces of it a thread keeps."""


def _unheld() -> int:
    """References counted of an array that one name or one list alone knows."""
    held = np.empty(0)
    return sys.getrefcount(held)


UNHELD = _unheld()


class Answered(local):
    """Memory of the answers that a thread gave; several are held at once, by whoever asked."""

    def __init__(self) -> None:
        self.pieces: list[npt.NDArray[np.uint8]] = []

    def take(self, size: int) -> npt.NDArray[np.uint8]:
        """So many bytes at least that nobody else reads or writes."""
        if size < LARGE:
            return np.empty(size, np.uint8)
        roomy = size + size // 4  # buckets are not all of one size
        for place in range(len(self.pieces)):
            if sys.getrefcount(self.pieces[place]) <= UNHELD:
                if len(self.pieces[place]) < size:
                    self.pieces[place] = np.empty(roomy, np.uint8)
                return self.pieces[place]
        fresh = np.empty(roomy, np.uint8)
        if len(self.pieces) < KEPT:
            self.pieces.append(fresh)
        return fresh


class Laid(local):
    """What the pools of a thread lay in, one array a type, which grow while they are filled."""

    def __init__(self) -> None:
        self._held: dict[Any, npt.NDArray[Any]] = {}

    def take(self, kind: Any) -> npt.NDArray[Any]:
        """An array to write to, of any length."""
        held = self._held.pop(kind, None)
        if held is None or sys.getrefcount(held) > UNHELD:
            return np.empty(0, kind)
        return held

    def give(self, held: Mapping[Any, npt.NDArray[Any]]) -> None:
        self._held.update(held)


ANSWERED, LAID = Answered(), Laid()
