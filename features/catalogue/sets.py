"""The code sets a catalogue entry may name, whatever they group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType

from features.codes import CodeSet, code_set, medicines

SETS: Mapping[str, Callable[[], CodeSet]] = MappingProxyType(
    {
        "charlson": partial(code_set, "charlson"),
        "elixhauser": partial(code_set, "elixhauser"),
        "social": partial(code_set, "social"),
        "medicines": medicines,
    }
)


@cache
def grouping(name: str) -> CodeSet:
    """The code set of that name (KeyError: none)."""
    return SETS[name]()
