"""Memory of answers is used again when nobody holds them, and never before."""

from __future__ import annotations

import numpy as np
import pytest

from features.kernel.spare import KEPT, LARGE, Answered

pytestmark = pytest.mark.unit


def test_what_is_held_is_not_used_again() -> None:
    answered = Answered()
    first = answered.take(LARGE)[:12].view(np.float32)
    second = answered.take(LARGE)
    assert not np.shares_memory(first, second)


def test_what_nobody_holds_is_used_again() -> None:
    answered = Answered()
    place = answered.take(LARGE).ctypes.data
    assert answered.take(LARGE).ctypes.data == place


def test_no_more_is_kept_than_stated() -> None:
    answered = Answered()
    held = [answered.take(LARGE) for _ in range(KEPT + 3)]
    assert len(answered.pieces) == KEPT
    assert len({piece.ctypes.data for piece in held}) == KEPT + 3


def test_more_room_is_made_where_it_is_asked_for() -> None:
    answered = Answered()
    answered.take(LARGE)
    assert len(answered.take(3 * LARGE)) >= 3 * LARGE
    assert len(answered.pieces) == 1


def test_little_is_not_kept() -> None:
    answered = Answered()
    answered.take(LARGE - 1)
    assert not answered.pieces
