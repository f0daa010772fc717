"""A build takes the cores it may use, not those the machine has."""

from __future__ import annotations

import os

import pytest

from features.carriers.local import _in_order

pytestmark = pytest.mark.unit


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds to cores")
def test_on_one_core_one_bucket_more_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    before = os.sched_getaffinity(0)
    begun: list[int] = []

    def work(bucket: int) -> int:
        begun.append(bucket)
        return bucket

    try:
        os.sched_setaffinity(0, {min(before)})
        assert next(_in_order(work, range(8))) == 0
    finally:
        os.sched_setaffinity(0, before)
    assert set(begun) <= {0, 1}
