"""Small people drawn as text: the columns that matter to a test, defaults for all others.

    people(stay='''
        stay_id  admitted_at  discharged_at
        s1       2020-01-01   2020-01-05
        s2       2020-01-20   -
    ''')

A dash is null. Columns are parted by blanks, or by `|` where a value holds a blank (there an empty
cell is null too). `SHORT` lists short names of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from features.tables.contract import Tables
from features.tables.memory import tables_of

Row: TypeAlias = dict[str, object]
Drawn: TypeAlias = str | Sequence[Mapping[str, object]]

LONG_AGO = "1990-01-01"

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "person": "person_id",
        "stay": "stay_id",
        "visit": "visit_id",
        "admitted": "admitted_at",
        "discharged": "discharged_at",
        "to": "discharged_to",
        "method": "admission_method",
        "facility": "facility_id",
        "system": "code_system",
        "known": "known_at",
        "from": "from_at",
        "until": "to_at",
        "birth": "birth_date",
        "death": "death_date",
    }
)


def draw(text: str) -> list[Row]:
    """Rows of a drawn table; every value is text, a number where it reads as one, or None.

    Ids and codes stay text. An empty drawing is no rows.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    lines = [line for line in lines if set(line) - set("-|+=")]  # rules between head and body
    if not lines:
        return []
    framed = lines[0].startswith("|")
    head, *body = [_cells(line[1:].removesuffix("|") if framed else line) for line in lines]
    head = [SHORT.get(name, name) for name in head]
    for line in body:
        assert len(line) == len(head), f"{line} does not fit the columns {head}"
    return [{n: _value(n, v) for n, v in zip(head, line, strict=True)} for line in body]


def people(**tables: Drawn) -> Tables:
    """Complete canonical tables of the people drawn.

    There is a person row for everybody mentioned, coverage of everything since long ago unless a
    coverage table is drawn, and each fact is known when it happens unless its `*known*` is drawn.
    """
    rows = {n: draw(t) if isinstance(t, str) else [dict(r) for r in t] for n, t in tables.items()}
    for table, found in rows.items():
        for number, row in enumerate(found):
            row.setdefault("person_id", "p1")
            if table in ("stay", "visit"):
                row.setdefault(f"{table}_id", f"{table[0]}{number + 1}")
    ids = {str(row["person_id"]): None for found in rows.values() for row in found} or {"p1": None}
    drawn = {str(row["person_id"]) for row in rows.get("person", [])}
    rows["person"] = rows.get("person", []) + [{"person_id": p} for p in ids if p not in drawn]
    rows.setdefault("coverage", [{"person_id": p} for p in ids])
    stays = {(row["person_id"], row["stay_id"]): row for row in rows.get("stay", [])}
    visits = {(row["person_id"], row["visit_id"]): row for row in rows.get("visit", [])}
    for name in ("stay", "visit", *(n for n in rows if n not in ("stay", "visit"))):
        for row in rows.get(name, []):
            DEFAULTS[name](row, stays, visits)
    return tables_of({name: found for name, found in rows.items() if found})


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")] if "|" in line else line.split()


NUMBERS = ("cost", "deprivation", "value", "position", "days_supply")
FLAGS = ("carer", "day_case")


def _value(name: str, text: str) -> object:
    if text in ("-", ""):
        return None
    if name in NUMBERS or not (name.endswith(("_id", "_at", "_known", "_date")) or name in WORDS):
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            pass
    if name in FLAGS:
        return text in ("yes", "true", "1")
    return text


WORDS = ("code", "code_system", "drg", "specialty", "locality", "at", "text", "unit", "sex")

Found: TypeAlias = Mapping[tuple[object, object], Row]


def _person(row: Row, _stays: Found, _visits: Found) -> None:
    row.setdefault("birth_date", "1940-01-01")
    row.setdefault("sex", "female")
    if row.get("death_date"):
        row.setdefault("death_known", row["death_date"])


def _period(row: Row, _stays: Found, _visits: Found) -> None:
    row.setdefault("from_at", LONG_AGO)
    row.setdefault("known_at", row["from_at"])


def _coverage(row: Row, stays: Found, visits: Found) -> None:
    row.setdefault("kind", "all")
    _period(row, stays, visits)


def _stay(row: Row, _stays: Found, _visits: Found) -> None:
    row.setdefault("setting", "acute")
    row.setdefault("admission_method", "emergency")
    row.setdefault("discharged_at", None)
    row.setdefault("admitted_known", row["admitted_at"])
    row.setdefault("discharged_known", row["discharged_at"])
    row.setdefault("coded_known", row["discharged_at"])
    row.setdefault("discharged_to", "home" if row["discharged_at"] else None)


def _visit(row: Row, _stays: Found, _visits: Found) -> None:
    row.setdefault("setting", "primary_care")
    row.setdefault("known_at", row["at"])


def _fact(system: str) -> Callable[[Row, Found, Found], None]:
    def fill(row: Row, stays: Found, visits: Found) -> None:
        stay = stays.get((row["person_id"], row.get("stay_id")), {})
        visit = visits.get((row["person_id"], row.get("visit_id")), {})
        row.setdefault("at", stay.get("admitted_at") or visit.get("at"))
        known = stay.get("coded_known") or stay.get("discharged_at") or visit.get("known_at")
        row.setdefault("known_at", known or row["at"])
        row.setdefault("code_system", system)

    return fill


def _programme(row: Row, _stays: Found, _visits: Found) -> None:
    row.setdefault("event", "offer")
    row.setdefault("programme_id", "P")
    row.setdefault("known_at", row["at"])


DEFAULTS: Mapping[str, Callable[[Row, Found, Found], None]] = MappingProxyType(
    {
        "person": _person,
        "registration": _period,
        "coverage": _coverage,
        "stay": _stay,
        "visit": _visit,
        "diagnosis": _fact("ICD-10-CM"),
        "procedure": _fact("ICD-10-PCS"),
        "dispensing": _fact("INGREDIENT"),
        "measurement": _fact("LOCAL"),
        "programme": _programme,
    }
)
