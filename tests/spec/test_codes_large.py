"""Code sets made of other tables: more than 64 groups, and sets that read listed codes alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from features.codes import CodeSet, code_set, grouped
from features.codes.ahrq import ccsr_all, chronic, edition
from features.codes.crosswalks import Crosswalk, Crosswalks
from features.codes.frailty import frailty, tenths
from features.codes.groups import WORD

pytestmark = pytest.mark.spec

EDITION = edition("ICD-10-CM")


def of(held: CodeSet, source: str, **means: tuple[str, ...]) -> CodeSet:
    """The set with a crosswalk to ICD-10-CM."""
    walk = Crosswalk(source, "ICD-10-CM", means)
    return replace(held, crosswalks=Crosswalks({source: walk}))


def test_positions_run_on_from_word_to_word() -> None:
    held = code_set("hfrs")
    assert (len(held.groups), held.words) == (109, 2)
    assert [held.place(group) for group in held.groups[62:66]] == [(0, 62), (0, 63), (1, 0), (1, 1)]
    bits = held.bits("ICD-10", [held.groups[0], held.groups[63] + "9", held.groups[64], "A00"])
    assert bits.tolist() == [[1, 0], [1 << 63, 0], [0, 1], [0, 0]]
    assert bits.dtype == np.uint64
    assert held.bits("ICD-9-CM", ["2900"]).tolist() == [[0, 0]]
    assert held.bits("ICD-10", []).shape == (0, 2)


def test_sets_of_one_word_stay_flat() -> None:
    charlson = code_set("charlson")
    assert charlson.words == 1
    assert charlson.bits("ICD-10", ["I509", "A00"]).shape == (2,)


def test_each_group_of_a_large_set_is_held_by_its_own_code_alone() -> None:
    held = code_set("hfrs")
    bits = held.bits("ICD-10-CM", held.groups)
    for place, group in enumerate(held.groups):
        assert np.flatnonzero(held.holds(bits, group)).tolist() == [place]


def test_the_index_is_the_score_in_points() -> None:
    """Of 2,000 people with up to 60 codes: by the bits of a person's codes, and by the score."""
    rng = np.random.default_rng(109)
    sizes = rng.integers(0, 60, 2_000)
    listed = np.flatnonzero([code[:3] in tenths() for code in EDITION.to_pylist()])
    wild = rng.integers(0, len(EDITION), sizes.sum())
    chosen = np.where(rng.random(sizes.sum()) < 0.4, rng.choice(listed, sizes.sum()), wild)
    codes, systems = EDITION.take(pa.array(chosen)), pa.array(["ICD-10-CM"] * sizes.sum())
    owners = np.repeat(np.arange(2_000), sizes)
    held = code_set("hfrs")
    found = grouped(held, systems, codes)
    assert found.readable.all()
    assert found.bits.shape == (sizes.sum(), 2)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    united = np.array(
        [np.bitwise_or.reduce(found.bits[a:b], axis=0, initial=0) for a, b in pairwise(ends)],
        np.uint64,
    )
    points = held.index("hfrs", united)
    assert points.tolist() == frailty(owners, 2_000, systems, codes).points.tolist()
    assert (points > 15).sum() > 500


def test_tenths_add_up_exactly() -> None:
    # 3.2 + 3.2 + 3.2: a sum of floats would say 9.600000000000001
    held = code_set("hfrs")
    bits = np.bitwise_or.reduce(held.bits("ICD-10", ["F050", "N390", "S000"]), axis=0)
    assert held.index("hfrs", bits) == 9.6
    weights = held.weights["hfrs"]
    assert all(float(weight).is_integer() for weight in weights.values())
    assert held.divisor("hfrs") == 10
    assert code_set("charlson").divisor("charlson_1987") == 1


def test_a_hierarchy_may_reach_from_word_to_word() -> None:
    held = code_set("hfrs")
    first, last = held.groups[1], held.groups[WORD + 1]
    ranked = replace(held, hierarchy=((last, first),))
    both = ranked.bits("ICD-10", [first, last])
    united = np.stack([both[0], both[0] | both[1]])
    assert ranked.without_weaker(united).tolist() == [[2, 0], [0, 2]]
    assert united.tolist() == [[2, 0], [2, 2]]


def test_a_large_set_reads_by_crosswalk() -> None:
    held = of(code_set("hfrs"), "SNOMED", **{"1": ("F009", "G819"), "2": ("A000",)})
    assert held.reads_by_code
    assert held.reads_codes("SNOMED", ["1", "2", "3"]).tolist() == [True, True, False]
    both, neither = held.bits("SNOMED", ["1", "2"])
    assert held.index("hfrs", both) == 11.5
    assert neither.tolist() == [0, 0]


@pytest.mark.parametrize("system", ["ICD-10-CM", "ICD-9-CM"])
def test_chronic_is_the_indicator_of_every_code(system: str) -> None:
    held, codes = code_set("chronic"), edition(system)
    found = grouped(held, pa.array([system] * len(codes)), codes)
    said = chronic(pa.array([system] * len(codes)), codes).to_pylist()
    assert [bool(b) if r else None for b, r in zip(found.bits, found.readable, strict=True)] == said
    assert said.count(True) > 3_000


def test_chronic_conditions_have_the_body_systems_of_their_categories() -> None:
    held, one = code_set("chronic_systems"), code_set("chronic")
    codes = EDITION.to_pylist()
    assert held.reads_codes("ICD-10-CM", codes).tolist() == (
        one.reads_codes("ICD-10-CM", codes).tolist()
    )
    bits = held.bits("ICD-10-CM", codes)
    assert (bits != 0).tolist() == one.bits("ICD-10-CM", codes).astype(bool).tolist()
    every = ccsr_all(pa.array(["ICD-10-CM"] * len(codes)), EDITION).to_pylist()
    for place in range(0, len(codes), 97):
        if bits[place]:
            of = {group for group in held.groups if held.holds(bits[[place]], group)[0]}
            assert of == {category[:3].lower() for category in every[place]}
    assert np.bitwise_or.reduce(bits) == (1 << len(held.groups)) - 1


def test_nobody_has_said_whether_a_later_code_is_chronic() -> None:
    held = code_set("chronic")
    assert held.reads_by_code
    asked = ["I5032", "I50", "I5032X", "J069"]
    assert held.reads_codes("ICD-10-CM", asked).tolist() == [True, False, False, True]
    assert held.bits("ICD-10-CM", asked).tolist() == [1, 0, 0, 0]
    assert not held.reads("ICD-10")
    assert held.reads_codes("ICD-10", asked).tolist() == [False] * 4


def test_a_closed_set_reads_a_crosswalk_only_where_it_reads_all_that_is_meant() -> None:
    held = of(
        code_set("chronic"), "SNOMED", **{"1": ("I5032",), "2": ("I5032", "I50"), "3": ("J069",)}
    )
    assert held.reads_codes("SNOMED", ["1", "2", "3", "4"]).tolist() == [True, False, True, False]
    assert held.bits("SNOMED", ["1", "3"]).tolist() == [1, 0]
