"""Code sets against an independent program, code by code over whole editions of ICD.

pycomorb is asked for the groups of every code by itself. Where the two differ, the difference is
listed here in full and explained in `features/codes/data/SOURCES.md`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pycomorb
import pytest

from features.codes import code_set
from features.codes.ahrq import edition
from features.codes.frailty import frailty

pytestmark = pytest.mark.spec

Pairs = set[tuple[str, str]]

ASKED: Mapping[str, tuple[str, str | None, str | None]] = {
    "charlson": ("charlson", "quan", None),
    "charlson_deyo": ("charlson", "deyo", None),
    "elixhauser": ("elixhauser", "quan", "van_walraven"),
    "gagne": ("combined", None, None),
}
"""Our set -> score, implementation and weights of pycomorb."""

BY_NAME = (
    "alcohol", "tumour", "carit", "cpd", "coag", "diabc", "chf", "dane", "dementia", "fed", "hp",
    "hiv", "hyp", "ld", "metacanc", "pvd", "psycho", "pcd", "rf", "wloss",
)  # fmt: skip
"""Groups of gagne in the order of pycomorb's columns; of the other sets the order is ours."""

EDITIONS = {"ICD-9-CM": "icd9", "ICD-10-CM": "icd10"}

ONLY_OURS = {
    # Deyo 1992 lists these; they are missing from pycomorb 1.20261001.1 ("2OO" in letters for 200).
    ("charlson_deyo", "ICD-9-CM"): {
        "174": "canc", "200": "canc", "500": "cpd", "5064": "cpd",
        "4560": "msld", "4561": "msld", "4562": "msld",
    }
}  # fmt: skip
ONLY_THEIRS = {
    # Gagne's program begins at 280.1, and names D89 itself, which is no code to be recorded.
    ("gagne", "ICD-9-CM"): {"2800": "dane"},
    ("gagne", "ICD-10-CM"): {"D89": "tumour"},
}


def theirs(name: str, system: str, codes: list[str]) -> Pairs:
    """Pairs (code, group of ours) that pycomorb makes."""
    score, implementation, weights = ASKED[name]
    frame = pl.DataFrame({"id": codes, "code": codes, "age": [40] * len(codes)})
    made = pycomorb.comorbidity(
        score, frame, icd_version=EDITIONS[system], implementation=implementation,
        weights=weights, return_categories=True,
    )  # fmt: skip
    sums = ("id", "Age")
    columns = [c for c in made.columns if c not in sums and not c.endswith(("Score", "Index"))]
    groups = BY_NAME if name == "gagne" else code_set(name).groups
    return {
        (code, group)
        for column, group in zip(columns, groups, strict=True)
        for code in made.filter(pl.col(column) > 0)["id"].to_list()
    }


def ours(name: str, system: str, codes: list[str]) -> Pairs:
    held = code_set(name)
    return {
        (code, group)
        for code, bits in zip(codes, held.bits(system, codes).tolist(), strict=True)
        for group, place in held.positions.items()
        if bits >> place & 1
    }


def beginning(codes: list[str], prefixes: Mapping[str, str]) -> Pairs:
    return {(c, group) for prefix, group in prefixes.items() for c in codes if c.startswith(prefix)}


@pytest.mark.parametrize(
    ("name", "system"),
    [(name, system) for name in ASKED for system in EDITIONS if code_set(name).reads(system)],
)
def test_groups_of_every_code(name: str, system: str) -> None:
    codes = edition(system).to_pylist()
    mine, other = ours(name, system, codes), theirs(name, system, codes)
    assert len(codes) > 13_000
    assert len(mine & other) > 900
    assert mine - other == beginning(codes, ONLY_OURS.get((name, system), {}))
    assert other - mine == beginning(codes, ONLY_THEIRS.get((name, system), {}))


def test_frailty_points_of_every_code() -> None:
    codes = edition("ICD-10-CM").to_pylist()
    frame = pl.DataFrame({"id": codes, "code": codes, "age": [80] * len(codes)})
    made = pycomorb.comorbidity("hfrs", frame, icd_version="icd10")
    told = dict(zip(made["id"].to_list(), made[made.columns[-1]].to_list(), strict=True))
    systems = pa.array(["ICD-10"] * len(codes))
    found = frailty(np.arange(len(codes)), len(codes), systems, pa.array(codes)).points
    assert (found > 0).sum() > 5_000
    expected = [round(told.get(code, 0.0), 1) for code in codes]
    assert found.tolist() == expected
    held = code_set("hfrs")
    assert held.index("hfrs", held.bits("ICD-10-CM", codes)).tolist() == expected
