"""Whether something is in view at an index moment is decided in `features/windows.py`.

Read from the source: every comparison that compiled code makes with the moment (`at`), its day or
the first day of the index spell (`since`) elsewhere is counted here, with what it is for. A new one
belongs into windows.py, or on this list with its reason. What it cannot see is a comparison with
the moment under another name; that no feature leaks is shown by `test_features_leakage.py`.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import features.kernel as kernel
import features.spells.link as link

pytestmark = pytest.mark.unit

HOLDS = {"at", "day", "index_at", "index_day", "since"}
"""How compiled code calls the moment, its day, and the first day of the index spell."""
KERNEL = Path(str(kernel.__file__)).parent
FILES = (*sorted(KERNEL.glob("*.py")), Path(link.__file__))

ELSEWHERE = {
    "stays.as_of": (2, "a discharge is known and past, else the stay is open"),
    "stays.see": (1, "an admission of the index day is not later than the moment"),
    "stays.tie": (1, "stays seen by their tie alone: those of the index day"),
    "stays.urgency_at": (1, "codes decide once the stay is coded"),
    "periods.read_spells": (1, "codes decide once the stay is coded"),
    "periods.read_stays": (1, "what a stay cost is known once it is coded"),
    "periods.spell_coded": (1, "a stay is coded"),
    "periods.read_registrations": (1, "the registration still held the day before"),
    "periods.observed_days": (3, "whether there is an index spell; its first day at least"),
    "rows.first_row": (1, "a search in sorted days, for speed: `seen` is asked of each row"),
    "rows.read_points": (2, "where that search begins and ends, for speed"),
    "columns.age_on": (1, "nobody has an age before birth"),
    "link.link_spells": (2, "a discharge is known and past, else the stay is open"),
    "link._continues": (2, "a condition is known"),
}


def holds_moment(function: ast.FunctionDef) -> bool:
    """Whether a compiled function is given a moment, its day, or several moments together."""
    kinds = {
        a.arg: a.annotation.id for a in function.args.args if isinstance(a.annotation, ast.Name)
    }
    return "Together" in kinds.values() or any(kinds.get(name) == "int" for name in HOLDS)


def compared(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        extreme = isinstance(node, ast.Call) and ast.unparse(node.func) in ("min", "max")
        if isinstance(node, ast.Compare) or extreme:
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
            if names & HOLDS:
                yield ast.unparse(node)


def test_comparisons_with_the_moment_stand_in_windows_or_are_listed() -> None:
    found: Counter[str] = Counter()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and holds_moment(node):
                found[f"{file.stem}.{node.name}"] += len(list(compared(node)))
    assert +found == Counter({name: count for name, (count, _) in ELSEWHERE.items()})


def test_the_moment_enters_the_kernel_in_one_place() -> None:
    """Index moments are read where a person's pass begins, and handed on as `at` and `day`."""
    read = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            loaded = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
            if loaded and ast.unparse(node).startswith("moments[m, "):
                read.append((file.stem, ast.unparse(node)))
    assert read == [
        ("run", "moments[m, AT]"), ("run", "moments[m, DAY_OF]"), ("run", "moments[m, INDEX_STAY]"),
    ]  # fmt: skip
