"""Which codes can be read, and why the others cannot.

A code that nothing reads says nothing: it is counted, and never taken for "no".
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.distinct import by_pair
from features.codes.shipped import code_set
from features.codes.systems import SYSTEMS, fits

NOT_WRITTEN = "not written as a code of {system}"
WRONG_DIGIT = "the check digit of {system} is wrong"
NO_SET = "no code set or crosswalk reads {system}"


def unreadable(systems: pa.Array, codes: pa.Array, *, by: Iterable[str] = ()) -> pa.Array:
    """Why each code cannot be read: text, or null where it can (or where there is no code).

    by  names of code sets; a code that none of them reads is unreadable too. Without any, only the
        way a code is written is judged
    """
    sets = tuple(by)
    return by_pair(systems, codes, lambda system, found: _why(system, found, sets))


def _why(system: str, codes: pa.Array, sets: tuple[str, ...]) -> pa.Array:
    """A reason per distinct code of one system."""
    written = fits(system, codes)
    reasons = np.full(len(codes), None, dtype=object)
    reasons[~written] = NOT_WRITTEN.format(system=system)
    if system in SYSTEMS and SYSTEMS[system].check is not None:
        shaped = pc.match_substring_regex(codes, SYSTEMS[system].shape).to_numpy(False)
        reasons[shaped & ~written] = WRONG_DIGIT.format(system=system)
    if sets:
        read = np.zeros(len(codes), np.bool_)
        for name in sets:
            read |= code_set(name).reads_codes(system, codes)
        reasons[written & ~read] = NO_SET.format(system=system)
    return pa.array(reasons, pa.string())
