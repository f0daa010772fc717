"""The code sets a catalogue entry may name, whatever they group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType

from features.codes import CodeSet, code_set

SETS: Mapping[str, Callable[[], CodeSet]] = MappingProxyType(
    {
        name: partial(code_set, name)
        for name in (
            "charlson", "charlson_deyo", "elixhauser", "gagne", "social", "medicines",
            "medicine_classes", "medicine_risks", "anticholinergic", "hfrs", "chronic",
            "chronic_systems",
        )
    }
)  # fmt: skip


def grouping(name: str) -> CodeSet:
    """The code set of that name (KeyError: none), with the crosswalks that are set."""
    return SETS[name]()


def crosswalks_of(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Crosswalks by which these code sets read other code systems: (system, sha256), in order."""
    found = {
        source: walk.digest for name in names for source, walk in grouping(name).crossings.items()
    }
    return tuple(sorted(found.items()))
