"""The compiled sha256 beside that of the standard library, over every length it tells apart."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from features.tables.sha256 import LONGEST, first_bytes

pytestmark = pytest.mark.unit


def test_first_bytes_are_those_of_hashlib_at_every_length() -> None:
    draw = np.random.default_rng(7)
    lengths = [*range(LONGEST + 12), 63, 64, 65, 119, 120, 200] * 40
    texts = [draw.integers(0, 256, length, dtype=np.uint8).tobytes() for length in lengths]
    data = np.frombuffer(b"".join(texts), np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    assert first_bytes(data, offsets).tolist() == [hashlib.sha256(t).digest()[0] for t in texts]


def test_no_text_has_no_byte() -> None:
    assert first_bytes(np.empty(0, np.uint8), np.zeros(1, np.int64)).tolist() == []
