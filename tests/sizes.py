"""How much is tried: little in `make test`, much where CASELOAD_FULL=1 asks for it."""

from __future__ import annotations

import os


def examples(usual: int, *, full: int) -> int:
    """How many examples Hypothesis is to draw."""
    return full if os.environ.get("CASELOAD_FULL") == "1" else usual
