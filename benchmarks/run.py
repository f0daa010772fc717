"""Runs every benchmark, prints a line each, and writes var/bench.json: `make bench [ONLY=name]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks import (
    codes,
    fhir_source,
    matrix,
    measures,
    omop_source,
    one_person,
    population,
    quality,
    shared_features,
    source,
)
from benchmarks.timing import Bench, Calls, Contest, Figure, measured

Group = Callable[[], AbstractContextManager[Sequence[Bench | Calls | Contest]]]

GROUPS: Mapping[str, Group] = {
    "population": population.benches,
    "source": source.benches,
    "omop": omop_source.benches,
    "fhir": fhir_source.benches,
    "codes": codes.benches,
    "quality": quality.benches,
    "matrix": matrix.benches,
    "one_person": one_person.benches,
    "measures": measures.benches,
    **shared_features.GROUPS,
}
OUT = Path("var/bench.json")
TEST_DATA = "CASELOAD_TEST_DATA is not set"
NEEDED: Mapping[str, str] = {"features_1m": "needs CASELOAD_FULL=1"}


def figures(groups: Mapping[str, Group]) -> Iterator[Figure]:
    """The figures of the groups, each as soon as it is measured."""
    for name, group in groups.items():
        with group() as benches:
            if not benches:
                print(f"{name}: nothing to measure here ({NEEDED.get(name, TEST_DATA)})")
            for bench in benches:
                yield from measured(bench)


def main(only: list[str]) -> int:
    if unknown := set(only) - set(GROUPS):
        print(f"no such benchmark: {sorted(unknown)[0]}; there are {', '.join(GROUPS)}")
        return 2
    chosen = {name: group for name, group in GROUPS.items() if not only or name in only}
    found = []
    for figure in figures(chosen):
        print(figure.line(), flush=True)
        found.append(figure.to_json())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
