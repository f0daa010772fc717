"""Work in a process of its own, held to a time and to a size: neither may take the machine down.

The process says itself how long the work took, so that starting it and loading libraries cost
nobody anything. What is sent there and back has to be small. Needs /proc (Linux).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.memory import EVERY, resident

Timed = Callable[..., tuple[float, Any]]


@dataclass(frozen=True)
class Ran:
    """How it went.

    seconds  that the work took; peak: most MiB resident, over the process and those below it
    value    what it gave; why: why it did not end ("": it did), then there is no value
    """

    seconds: float
    peak: float
    value: Any
    why: str = ""


def apart(work: Timed, *arguments: Any, mib: float, seconds: float) -> Ran:
    """Calls `work`, which returns its seconds and a value, in a fresh process.

    It is ended when it holds more than `mib` or takes longer than `seconds`. An exception there is
    raised here as a RuntimeError.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, work, arguments), daemon=False)
    process.start()
    theirs.close()
    began, peak = time.monotonic(), 0.0
    try:
        while not ours.poll(EVERY):
            peak = max(peak, resident(process.pid))
            if peak > mib:
                return Ran(float("nan"), peak, None, f"did not fit into {mib:,.0f} MiB")
            if time.monotonic() - began > seconds:
                return Ran(float("nan"), peak, None, f"was not done in {seconds:,.0f} s")
        try:
            fault, took, value = ours.recv()
        except EOFError:
            return Ran(float("nan"), peak, None, "was ended by the system")
    finally:
        process.kill()
        process.join()
    if fault:
        raise RuntimeError(fault)
    return Ran(took, peak, value)


def _send(there: Connection, work: Timed, arguments: tuple[Any, ...]) -> None:
    try:
        there.send(("", *work(*arguments)))
    except Exception as error:  # told to the parent, whatever it is
        there.send((f"{type(error).__name__}: {error}", 0.0, None))
