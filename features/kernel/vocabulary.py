"""Texts as numbers, kept for the process.

A vocabulary numbers texts in the order they were first met; a fixed one knows its words beforehand
and no others. Whatever depends on a text is then worked out once per number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np
import pyarrow as pa

from features.kernel.texts import (
    EMPTY,
    NEW,
    NO_TAGS,
    NULL,
    grown,
    indices,
    look_up,
    owned,
    table_of,
    texts_of,
)  # fmt: skip
from features.windows import Int32, Int64


class Vocabulary:
    """Numbers for texts, kept for the process; safe to use from several threads.

    words  those known beforehand;  grows: texts not known yet are added, else they count as null
    The attribute `words` holds the (tag, text) of each number, `entries` the number of each.
    """

    def __init__(self, words: Iterable[str] = (), *, grows: bool = False) -> None:
        self.entries: dict[tuple[int, str], int] = {}
        self.words: list[tuple[int, str]] = []
        self.grows = grows
        self._table = EMPTY
        self._lock = Lock()
        if known := dict.fromkeys((0, word) for word in words):
            self._add(list(known))

    @classmethod
    def of(cls, array: pa.Array) -> tuple[Vocabulary, Int32]:
        """The texts of a column as a fixed vocabulary, and each row's number; -1 for null.

        Of a column without a dictionary it answers `ids` and `owned` alone.
        """
        if isinstance(array, pa.DictionaryArray):
            held = cls(word for word in array.dictionary.to_pylist() if word is not None)
            return held, held.ids(array)
        held = cls()
        held._table, found = table_of(array)
        return held, found

    def __len__(self) -> int:
        return len(self._table.tags)

    def owned(self, ids: pa.Array, at: Int64) -> tuple[Int64, Int64, bool]:
        """Rows [start, end) of each text here, whose each row is (-1: of none), and whether rows of
        a text are together and by `at`. `ids` are texts without a dictionary, none of them null."""
        texts = texts_of(ids)
        return owned(*self._table, texts.data, texts.bounds, at, len(self))

    def ids(self, array: pa.Array, tagged: Int32 = NO_TAGS) -> Int32:
        """Number of each text; -1 for null, and for a text that a fixed vocabulary lacks.

        tagged  a number beside each text, by which equal texts are told apart
        """
        if isinstance(array, pa.DictionaryArray):
            own = self.ids(array.dictionary)
            return np.append(own, np.int32(NULL))[indices(array)]
        texts = texts_of(array)
        found, new = look_up(*self._table, *texts, tagged)
        if not new:
            return found
        if not self.grows:
            return np.maximum(found, np.int32(NULL))
        self._learn(self._missing(array, found, tagged))
        return self.ids(array, tagged)

    def numbers(self, entries: Sequence[tuple[int, str]]) -> Int32:
        """Number of each (tag, text), learnt where it is not known yet."""
        if any(entry not in self.entries for entry in entries):
            self._learn(entries)
        return np.array([self.entries[entry] for entry in entries], np.int32)

    def _missing(self, array: pa.Array, found: Int32, tagged: Int32) -> list[tuple[int, str]]:
        rows = np.flatnonzero(found == NEW)
        tags = tagged[rows].tolist() if len(tagged) else [0] * len(rows)
        return list(zip(tags, array.take(pa.array(rows)).to_pylist(), strict=True))

    def _learn(self, entries: Iterable[tuple[int, str]]) -> None:
        with self._lock:
            self._add([entry for entry in dict.fromkeys(entries) if entry not in self.entries])

    def _add(self, fresh: list[tuple[int, str]]) -> None:
        encoded = [word.encode() for _, word in fresh]
        held = len(self)
        self.words.extend(fresh)  # first: whoever meets a number in the table finds its text
        self.entries.update({entry: held + at for at, entry in enumerate(fresh)})
        self._table = grown(
            self._table,
            np.array([tag for tag, _ in fresh], np.int32),
            np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            np.frombuffer(b"".join(encoded), np.uint8),
        )
