"""A load that is asked to end leaves nothing behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.readers.ingest import ingest
from tests.omop_files import write_omop

pytestmark = pytest.mark.integration


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Interrupts count: a run in the background of a script is started with them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_load_that_is_asked_to_end_leaves_nothing_behind(
    asked: signal.Signals, tmp_path: Path
) -> None:
    source = write_omop(tmp_path / "in", visit_occurrence="id start\n1 2020-01-01")

    def end(what: str, _share: float | None) -> None:
        if what == "reading visit_occurrence":
            os.kill(os.getpid(), asked)

    with pytest.raises(KeyboardInterrupt):
        ingest("omop", source, tmp_path / "h", progress=end)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
