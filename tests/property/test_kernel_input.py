"""What the kernel makes of tables does not hang on how Arrow lays them out, and what it could only
misread it refuses."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from features.carriers.single import features_of
from features.catalogue import load_catalogue
from features.errors import InputError
from features.kernel import compile_catalogue, distinct, facets, pools
from features.kernel.encode import encode
from features.kernel.facets import Facet, keys
from features.kernel.memory import held
from features.kernel.pools import Pools
from features.kernel.run import run_encoded
from features.kernel.texts import table_of
from features.kernel.vocabulary import Vocabulary
from tests.populations import moments_by, population

pytestmark = pytest.mark.property

SEED = 11
TABLES = dict(population(SEED, 10))
MOMENTS = moments_by(random.Random(SEED), TABLES, 0.3)


def said(tables: Mapping[str, pa.Table], moments: pa.Table = MOMENTS) -> bytes:
    return features_of(tables, moments, load_catalogue()).tobytes()


@pytest.fixture(scope="module")
def plain() -> bytes:
    return said(TABLES)


def sliced(rows: pa.Table) -> pa.Table:
    """The same rows in the middle of larger arrays, under an offset."""
    return pa.concat_tables([rows, rows, rows]).combine_chunks().slice(len(rows), len(rows))


def chunked(rows: pa.Table) -> pa.Table:
    """A chunk a row, and empty ones between; no chunk at all where there is no row."""
    parts = [part for row in range(len(rows)) for part in (rows.slice(row, 1), rows.slice(row, 0))]
    none = pa.table({field.name: pa.chunked_array([], field.type) for field in rows.schema})
    return pa.concat_tables(parts) if parts else none


def coded(rows: pa.Table, names: Collection[str] = ()) -> pa.Table:
    """Texts under dictionaries; names: these alone."""
    for place, field in enumerate(rows.schema):
        if field.type == pa.string() and (not names or field.name in names):
            rows = rows.set_column(place, field.name, rows[field.name].dictionary_encode())
    return rows


def coded_apart(rows: pa.Table) -> pa.Table:
    """Each chunk under a dictionary of its own."""
    parts = [coded(rows.slice(row, 2)) for row in range(0, len(rows), 2)]
    return pa.concat_tables(parts) if parts else coded(rows)


LAYOUTS: Mapping[str, Callable[[pa.Table], pa.Table]] = {
    "sliced": sliced,
    "chunked": chunked,
    "coded": coded,
    "coded and sliced": lambda rows: sliced(coded(rows)),
    "coded apart": coded_apart,
    "codes alone coded": lambda rows: coded(rows, ("code",)),
    "systems alone coded": lambda rows: coded(rows, ("code_system",)),
    "people alone coded": lambda rows: coded(rows, ("person_id",)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_columns_changes_nothing(layout: str, plain: bytes) -> None:
    assert said({name: LAYOUTS[layout](rows) for name, rows in TABLES.items()}) == plain
    assert said(TABLES, LAYOUTS[layout](MOMENTS)) == plain


def test_thousands_of_moments_of_few_people(plain: bytes) -> None:
    assert said(TABLES, pa.concat_tables([MOMENTS] * 100)) == plain * 100


def test_ids_of_any_text(plain: bytes) -> None:
    """NUL, two bytes a character and more, and long ones."""

    def renamed(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("person_id")
        ids = [f"é\0{person}漢" + "x" * 10_000 for person in rows["person_id"].to_pylist()]
        return rows.set_column(place, "person_id", pa.array(ids, pa.string()))

    assert said({n: renamed(rows) for n, rows in TABLES.items()}, renamed(MOMENTS)) == plain


@pytest.mark.parametrize("layout", ["sliced", "coded"])
def test_rows_of_nobody_are_passed_over(layout: str, plain: bytes) -> None:
    def anonymous(rows: pa.Table) -> pa.Table:
        place = rows.schema.get_field_index("person_id")
        nobody = pa.nulls(len(rows), pa.string())
        return rows.set_column(place, rows.schema.field(place), nobody)

    visits, nobody = TABLES["visit"], anonymous(TABLES["visit"])
    both = pa.concat_tables([nobody, visits])
    assert said({**TABLES, "visit": LAYOUTS[layout](both)}) == plain
    without = said({**TABLES, "visit": visits.slice(0, 0)})
    assert said({**TABLES, "visit": LAYOUTS[layout](nobody)}) == without


def test_people_without_a_row_and_no_people_at_all() -> None:
    nothing = {name: rows.schema.empty_table() for name, rows in TABLES.items()}
    assert len(said(nothing)) == len(MOMENTS) * len(load_catalogue()) * 8
    assert said(TABLES, MOMENTS.slice(0, 0)) == b""
    assert said(nothing, chunked(MOMENTS.slice(0, 0))) == b""


OTHERS: Mapping[str, tuple[pa.DataType, pa.DataType]] = {
    "large texts": (pa.string(), pa.large_string()),
    "nanoseconds": (pa.timestamp("us"), pa.timestamp("ns")),
}


@pytest.mark.parametrize("other", OTHERS)
def test_columns_of_another_type_are_refused(other: str) -> None:
    """Their memory would be read as something else."""
    was, now = OTHERS[other]

    def cast(rows: pa.Table) -> pa.Table:
        return rows.cast(pa.schema([f.with_type(now) if f.type == was else f for f in rows.schema]))

    with pytest.raises(InputError, match="is of type"):
        said({**TABLES, "stay": cast(TABLES["stay"])})
    with pytest.raises(InputError, match="the index moments"):
        said(TABLES, cast(MOMENTS))


def test_an_untyped_column_of_nulls_is_refused() -> None:
    place = MOMENTS.schema.get_field_index("stay_id")
    with pytest.raises(InputError, match="stay_id is of type null"):
        said(TABLES, MOMENTS.set_column(place, "stay_id", pa.nulls(len(MOMENTS))))


def keyed(facets: Sequence[Facet]) -> list[int]:
    """The key of each of two rows."""
    codes, found = keys(facets, 2)
    return found[codes].tolist()


@pytest.mark.parametrize("largest", [0, distinct.LARGEST])
def test_more_values_than_a_key_holds_are_refused(
    monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr(facets, "WIDTHS", {"unit": 2})
    monkeypatch.setattr(distinct, "LARGEST", largest)
    setting = Facet("setting", np.array([-1, 0], np.int32), 1)
    unit = np.array([-1, 2], np.int32)
    assert keyed([Facet("unit", unit, 3)]) == [0, 3]
    assert keyed([setting, Facet("unit", unit, 3)]) == [0, 1 << 2 | 3]
    for before in ([], [setting]):
        with pytest.raises(InputError, match="more than 3 values"):
            keyed([*before, Facet("unit", unit + 1, 4)])


def test_more_rows_than_a_place_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MOST", 5)
    held = Pools()
    assert [held.add(np.zeros(3, np.int32)), held.add(np.zeros(2, np.int32))] == [0, 3]
    with pytest.raises(InputError, match="more rows at once"):
        held.add(np.zeros(1, np.int32))
    with pytest.raises(InputError, match="more rows at once"):
        Pools().stamps(np.array([3, 3], np.int64))


def test_a_null_inside_a_dictionary_is_a_null() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2]), pa.array(["a", None, "b"]))
    column = held(array)
    assert Vocabulary(["b", "a"]).of(column).tolist() == [1, -1, -1, 0]
    people, found = table_of(column.memory, column.place, column.rows)
    assert (len(people.texts), found.tolist()) == (2, [0, -1, -1, 1])


@pytest.mark.parametrize("numbers", [pa.int8(), pa.uint8(), pa.int16(), pa.uint32(), pa.int64()])
def test_dictionaries_number_in_any_type(numbers: pa.DataType, plain: bytes) -> None:
    def coded(rows: pa.Table) -> pa.Table:
        return rows.cast(
            pa.schema(
                [
                    f.with_type(pa.dictionary(numbers, f.type)) if f.type == pa.string() else f
                    for f in rows.schema
                ]
            )
        )

    few = TABLES["visit"].slice(0, 100)
    assert said({**TABLES, "visit": coded(few)}) == said({**TABLES, "visit": few})


def test_what_is_encoded_outlives_what_is_encoded_next() -> None:
    program = compile_catalogue(load_catalogue())
    first = encode(program, TABLES, MOMENTS, "adt")
    all_wide = np.zeros(len(program.columns), np.bool_)
    answer = run_encoded(program, first, all_wide)[1].tobytes()
    encode(program, TABLES, MOMENTS.slice(0, 3), "adt")
    assert run_encoded(program, first, all_wide)[1].tobytes() == answer
