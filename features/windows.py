"""The one leakage guard: which facts are in view at an index moment, and which days a window holds.

Every feature goes through these functions, in the compiled kernel and nowhere else. They refuse a
fact that was not known by the index moment, a fact of a later day whatever its known time, and a
fact of the index day itself unless it belongs to the index spell.

A window holds the calendar days [index day - length, index day - until), closed at its start and
open at its end; one that is open to the index day (until 0) also the facts of the index spell that
are in view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]

DAY = 86_400_000_000
"""Microseconds of a day."""
NEVER = int(np.iinfo(np.int64).max)
"""Known time of what is not known at all, later than any index moment."""
NO_DAY = int(np.iinfo(np.int32).max)
"""Day of what has no date, later than any index day."""

F = TypeVar("F", bound=Callable[..., Any])


def kept(function: F) -> F:
    """Compiles a function that Python calls; kept on disk, runs without the interpreter's lock."""
    made: F = njit(cache=True, nogil=True)(function)
    return made


def _made_of(*files: Path) -> int:
    """A number that changes with any of these files.

    Numba keeps compiled code by the age of one file alone. A kept function that is made of others
    closes over this number, and is compiled anew when one of them has changed.
    """
    text = b"".join(file.read_bytes() for file in files)
    return int.from_bytes(hashlib.sha256(text).digest()[:7], "big")


def kept_with(*files: Path) -> Callable[[F], F]:
    """`kept`, for a function that is made of these files too: it has their number in its name."""
    number = _made_of(*files)

    def decorate(function: F) -> F:
        function.__qualname__ += f"_{number:x}"
        return kept(function)

    return decorate


HERE = Path(__file__).parent
SOURCES = (
    HERE / "windows.py",
    HERE / "tables" / "schema.py",
    HERE / "spells" / "link.py",
    *sorted((HERE / "kernel").glob("*.py")),
)
"""Files that any part of the kernel is made of."""


def compiled_maker(function: F) -> F:
    """Compiles a function that makes arrays and that compiled code alone calls."""
    made: F = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return made


def compiled(function: F) -> F:
    """Compiles a part of the kernel: compiled code alone calls it, Python has no way in.

    It must make no array (`compiled_maker` may). Then nothing in it needs to count references to
    those it is handed, which else takes most of the time of small functions: whoever calls it holds
    them. It is put in the place of its call, since handing arrays on costs more than it does.
    """
    own = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False, forceinline=True)
    made: F = own(function)
    return made


@compiled
def seen(known: int, day: int, index_at: int, index_day: int, tied: bool) -> bool:
    """Whether a fact of `day`, known at `known`, is in view at the index moment.

    tied  the fact belongs to a stay of the index spell: then its day may be the index day
    """
    return known <= index_at and (day < index_day or (tied and day == index_day))


@compiled
def inside(day: int, index_day: int, length: int, until: int, tied: bool) -> bool:
    """Whether a fact in view falls into the window [index day - length, index day - until).

    tied  the fact belongs to the index spell: it lies in every window that is open to the index day
    """
    if tied:
        return until == 0
    return index_day - length <= day < index_day - until


def narrowest(lengths: Sequence[int]) -> Int32:
    """Of windows open to the index day, by the age in days of a fact in view, the place of the
    shortest that holds it (`inside`); their number where none does.

    lengths  days, rising. The fact of age 0 is the index spell's; the last age is older than all.
    """
    ages = np.arange(max(lengths, default=0) + 2)
    return np.searchsorted(np.array(lengths, np.int64), ages).astype(np.int32)


@compiled
def in_spell(day: int, since: int, tied: bool, has_stays: bool) -> bool:
    """Whether a fact in view is one of the index spell's.

    since      first day of the spell, NO_DAY where there is none
    has_stays  facts of its kind say which stay they belong to; else their day decides
    """
    return tied if has_stays else since <= day


@compiled
def overlap(start: int, end: int, index_day: int, length: int, until: int) -> int:
    """Days of the half-open period [start, end) inside a window; 0 where they do not meet."""
    return max(0, min(end, index_day - until) - max(start, index_day - length))


@compiled
def cut(start: int, days: float, index_day: int, length: int, until: int) -> tuple[int, int]:
    """The part of a period of so many days that lies inside a window (empty: the end first)."""
    end = start + int(min(days, index_day - start))
    return max(start, index_day - length), min(end, index_day - until)


@compiled
def day_of(time: int) -> int:
    """Calendar day of a time (days since 1970-01-01); NO_DAY where the time is NEVER."""
    return NO_DAY if time == NEVER else time // DAY


def _live(own: Int64, discharged: Int64) -> Int64:
    return np.maximum(own, discharged)


def _retrospective(_own: Int64, discharged: Int64) -> Int64:
    return discharged


MODES: Mapping[str, Callable[[Int64, Int64], Int64]] = MappingProxyType(
    {"adt": _live, "claims": _retrospective}
)
"""When codes and costs of a stay count as known, from their own known time and the discharge's.

adt     as they became known, and never before the stay is known to have ended
claims  retrospective: with the discharge (the card of a model trained so says it)
"""
