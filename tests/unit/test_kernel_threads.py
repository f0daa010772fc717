"""Vocabularies, what is told of codes, and classes grow while several threads read them.

Turns are short, so that threads meet in the middle of what another is learning.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.kernel import compile_catalogue
from features.kernel import run as run_program
from features.kernel.classes import Classes
from features.kernel.code_facts import CodeFacts, coded_pairs, named
from features.kernel.columns import Frame
from features.kernel.facets import OPEN, Facet, keys, texts
from features.kernel.program import Source
from features.kernel.vocabulary import Vocabulary
from tests.drawn import people

pytestmark = pytest.mark.unit

THREADS, ROUNDS = 4, 40


@pytest.fixture(autouse=True)
def short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_numbers_are_whole_and_the_same_for_all() -> None:
    vocabulary = Vocabulary(grows=True)

    def learn(seed: int) -> None:
        dice = random.Random(seed)
        for upto in range(1, ROUNDS):
            words = [f"w{dice.randrange(upto * 10)}" for _ in range(30)]
            found = vocabulary.ids(pa.array(words))
            assert [vocabulary.words[number][1] for number in found] == words
            entries = [(0, word) for word in words]
            assert vocabulary.numbers(entries).tolist() == found.tolist()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(learn, range(THREADS)))
    assert len(vocabulary) == len(vocabulary.words) == len(vocabulary.entries)
    assert [vocabulary.entries[word] for word in vocabulary.words] == list(range(len(vocabulary)))


@pytest.mark.parametrize("coded", [False, True])
def test_every_code_is_told_of(coded: bool) -> None:
    """The answer for a code is its own while other threads bring new ones."""
    length = CodeFacts(lambda _systems, codes: [len(code) for code in codes])

    def ask(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            codes = ["T" * dice.randint(1, 500) for _ in range(20)]
            systems = pa.array(["ICD-10-CM"] * 20)
            rows = pa.table({"code_system": systems, "code": pa.array(codes)})
            if coded:
                rows = pa.table({n: rows[n].dictionary_encode() for n in rows.column_names})
            row, _, numbers = coded_pairs(Frame(rows))
            ids = numbers[row]
            assert length(ids).tolist() == [len(code) for code in codes]
            assert named(ids.tolist())[1] == codes

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(THREADS)))


def test_an_open_column_is_said_while_it_grows() -> None:
    def say(seed: int) -> None:
        for turn in range(ROUNDS):
            words = [f"unit {seed} {turn} {number}" for number in range(50)]
            ids = OPEN["unit"].ids(pa.array(words))
            row, found = keys([Facet("unit", ids, len(OPEN["unit"]))], 50)
            said = texts("measurement", ("unit",), found[row].tolist())
            assert [row["unit"] for row in said] == words

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(say, range(THREADS)))


def test_people_told_side_by_side_are_told_as_one_by_one() -> None:
    """Fresh classes, learnt by several threads at once, say what a single thread says."""
    program = compile_catalogue(load_catalogue().select(["charlson", "elixhauser", "frailty"]))
    tables = [
        people(
            stay="stay  admitted    discharged\ns1  2020-01-01  2020-01-05",
            diagnosis=[
                {"stay_id": "s1", "at": "2020-01-05", "code": f"{letter}{number:02d}",
                 "code_system": "ICD-10-CM", "position": place + 1}
                for place, number in enumerate(range(first, first + 20))
            ],
        )
        for letter in "EIJ" for first in (10, 20, 40)
    ]  # fmt: skip
    moments = pa.table(
        {
            "person_id": ["p1"],
            "index_at": pa.array([np.datetime64("2020-06-01T00:00:00", "us")]),
            "stay_id": pa.array([None], pa.string()),
            "moment": ["month"],
        }
    )

    def tell(rows: object) -> bytes:
        return run_program(program, rows, moments).tobytes()  # type: ignore[arg-type]

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(tell, tables))
    assert found == [tell(rows) for rows in tables]


def test_a_fault_while_learning_leaves_classes_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is learnt after a fault stands where it would have stood without it."""
    program = compile_catalogue(load_catalogue())
    classes, source = Classes(program), Source.VISIT
    columns = classes.facets(source)
    some = [np.array([0, 1], np.int32) if at == 0 else np.zeros(2, np.int32)
            for at, _ in enumerate(columns)]  # fmt: skip
    row, found = keys([Facet(name, own, 2) for name, own in zip(columns, some, strict=True)], 2)
    wanted = found[row]
    whole = Classes._of

    def breaks(self: Classes, asked: Source, rows: list[int]) -> Iterator[object]:
        told = list(whole(self, asked, rows))
        yield told[0]
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(Classes, "_of", breaks)
        with pytest.raises(MemoryError):
            classes.find(source, wanted)
    sound = Classes(program)
    assert classes.find(source, wanted).tolist() == sound.find(source, wanted).tolist()
    assert classes.lists.starts.tolist() == sound.lists.starts.tolist()
