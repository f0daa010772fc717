"""Any History: Hypothesis strategies for whole sets of canonical tables.

Rows are drawn column by column without regard to each other; those the contract refuses are left
out, so whatever comes out is what a History may hold. Texts are awkward on purpose: commas, quotes,
line ends, blanks at the ends, words that some readers take for "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa
from hypothesis import strategies as st

from features.tables.check import check_rows
from features.tables.contract import Column, Table, Tables
from features.tables.schema import TABLES

EPOCH = datetime.fromisoformat("2015-01-01")
TIMES = st.integers(-(10**15), 3 * 10**14).map(lambda n: EPOCH + timedelta(microseconds=n))
AWKWARD = ("NULL", "NA", "nan", "null", "None", "true", "0012", "1e3", " a", "a ", ",", '"', "'a''",
           'a"b', "a\nb", "a\r\nb", "\r", "é", "ß", "𝄞", "#", "\\", "\t", "-", ";")  # fmt: skip
TEXTS = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=("Cs", "Cc"), codec="utf-8"), min_size=1, max_size=6
)
PEOPLE = ("p1", "p2", "A,B", "é", '"q"', "00123", " p", "NULL")
VALUES: Mapping[str, st.SearchStrategy[object]] = {
    "text": TEXTS,
    "category": TEXTS,
    "date": TIMES.map(lambda time: time.date()),
    "time": TIMES | TIMES.map(lambda time: time.replace(hour=0, minute=0, second=0, microsecond=0)),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "count": st.integers(0, 2**31 - 1),
    "flag": st.booleans(),
}


def _values(column: Column) -> st.SearchStrategy[object]:
    if column.name == "person_id":
        return st.sampled_from(PEOPLE)
    found = st.sampled_from(column.allowed) if column.allowed else VALUES[column.kind]
    return st.none() | found if column.nullable else found


def _rows(table: Table, most: int) -> st.SearchStrategy[pa.Table]:
    row = st.fixed_dictionaries({column.name: _values(column) for column in table.columns})
    return st.lists(row, max_size=most).map(
        lambda rows: pa.Table.from_pylist(rows, schema=table.schema)
    )


@st.composite
def histories(draw: st.DrawFn, most: int = 4) -> Tables:
    """All ten canonical tables, of at least one person, up to `most` rows drawn for each."""
    person = pa.table({"person_id": PEOPLE, "sex": ["unknown"] * len(PEOPLE)})
    drawn = draw(_rows(TABLES["person"], most))
    if not len(check_rows(TABLES["person"], drawn).kept):
        drawn = person
    people = check_rows(TABLES["person"], drawn).kept["person_id"]
    return {
        name: check_rows(
            table,
            drawn if name == "person" else draw(_rows(table, most)),
            None if name == "person" else people,
        ).kept
        for name, table in TABLES.items()
    }
