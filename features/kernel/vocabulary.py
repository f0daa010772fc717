"""Texts as numbers, kept for the process.

A vocabulary numbers texts in the order they were first met; a fixed one knows its words beforehand
and no others. Whatever depends on a text is then worked out once per number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np
import pyarrow as pa

from features.kernel.memory import Held, held
from features.kernel.texts import EMPTY, NEW, NO_TAGS, NULL, grown, look_up
from features.windows import Int32


class Vocabulary:
    """Numbers for texts, kept for the process; safe to use from several threads.

    words  those known beforehand;  grows: texts not known yet are added, else they count as null
    The attribute `words` holds the (tag, text) of each number, `entries` the number of each.
    """

    def __init__(self, words: Iterable[str] = (), *, grows: bool = False) -> None:
        self.entries: dict[tuple[int, str], int] = {}
        self.words: list[tuple[int, str]] = []
        self.grows = grows
        self.table = EMPTY
        self._lock = Lock()
        if known := dict.fromkeys((0, word) for word in words):
            self._add(list(known))

    def __len__(self) -> int:
        return len(self.table.tags)

    def ids(self, array: pa.Array, tagged: Int32 = NO_TAGS) -> Int32:
        """Number of each text; -1 for null, and for a text that a fixed vocabulary lacks.

        tagged  a number beside each text, by which equal texts are told apart
        """
        return self.of(held(array), tagged)

    def of(self, texts: Held, tagged: Int32 = NO_TAGS) -> Int32:
        """The same for a column where it lies."""
        found, new = look_up(*self.table, texts.memory, texts.place, texts.rows, tagged)
        if not new:
            return found
        if not self.grows:
            return np.maximum(found, np.int32(NULL))
        rows = np.flatnonzero(found == NEW)
        tags = tagged[rows].tolist() if len(tagged) else [0] * len(rows)
        self.learn(zip(tags, texts.said(rows), strict=True))
        return self.of(texts, tagged)

    def numbers(self, entries: Sequence[tuple[int, str]]) -> Int32:
        """Number of each (tag, text), learnt where it is not known yet."""
        if any(entry not in self.entries for entry in entries):
            self.learn(entries)
        return np.array([self.entries[entry] for entry in entries], np.int32)

    def learn(self, entries: Iterable[tuple[int, str]]) -> None:
        """Numbers the (tag, text) that have no number yet."""
        with self._lock:
            self._add([entry for entry in dict.fromkeys(entries) if entry not in self.entries])

    def _add(self, fresh: list[tuple[int, str]]) -> None:
        encoded = [word.encode() for _, word in fresh]
        before = len(self)
        self.words.extend(fresh)  # first: whoever meets a number in the table finds its text
        self.entries.update({entry: before + at for at, entry in enumerate(fresh)})
        self.table = grown(
            self.table,
            np.array([tag for tag, _ in fresh], np.int32),
            np.array([len(word) for word in encoded], np.int64),
            np.frombuffer(b"".join(encoded), np.uint8),
        )
