"""The blocks of rows that are proposed for one file, as lines of TOML.

Every guess that changes a result is marked DECIDE with what it hangs on; what could not be found is
marked FILL IN, and the mapping does not load before that is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from features.codes.dispositions import destinations
from features.readers.table.draft.roles import Series, dates_of, role_columns, role_series
from features.readers.table.draft.sample import FORMS, SEXES, YES, Sampled

Lines = list[str]
EVENT = "event_of_draft"
"""Name of the id we make where a file has none."""
SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "diagnosis": ("ICD-10-CM", "ICD-9-CM"),
    "procedure": ("ICD-10-PCS", "ICD-9-PCS", "OPCS-4", "HCPCS"),
    "hcpcs": ("HCPCS",),
    "drug": ("NDC", "ATC", "RXNORM"),
    "lab": ("LOINC",),
}
DISPOSITIONS = ("UB-04", "DISDEST", "HL7")


def text(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False)


def texts(values: Sequence[str]) -> str:
    return "[" + ", ".join(text(value) for value in values) + "]"


@dataclass(frozen=True)
class Drafted:
    """One file with what its columns are taken for."""

    file: Sampled

    @cached_property
    def roles(self) -> Mapping[str, str]:
        return role_columns(self.names)

    @cached_property
    def series(self) -> Mapping[str, Series]:
        found = role_series([column.name for column in self.file.columns])
        return {role: s for role, s in found.items() if {*s.columns} & {*self.names}}

    @cached_property
    def names(self) -> Sequence[str]:
        """Columns with something in them; all, where the file has no rows."""
        filled = [column.name for column in self.file.columns if column.filled]
        return filled or [column.name for column in self.file.columns]

    def has(self, *roles: str) -> bool:
        return all(role in self.roles for role in roles)

    @property
    def starts(self) -> str | None:
        """Role of the column that says when a stay or visit begins."""
        return next((r for r in ("admitted", "arrived", "at") if r in self.roles), None)

    @property
    def is_care(self) -> bool:
        """Rows of stays or visits, and not of medicines, values or enrolment."""
        return self.starts is not None and not self.has("drug") and not self.has("lab", "value")

    @property
    def event(self) -> str:
        """Column that names a stay; for spells of several rows it is made of parts."""
        return (
            EVENT if self.has("episode_order") or not self.has("stay_id") else self.roles["stay_id"]
        )

    def blocks(self) -> Lines:
        lines: Lines = []
        for block in (_person, _coverage, _registration, _care, _codes, _dispensing, _measurement):
            lines += block(self)
        return lines

    def derived(self) -> Lines:
        """An id for stays whose rows have none of their own."""
        if not self.is_care or self.event != EVENT:
            return []
        parts = [
            self.roles[r] for r in ("person_id", self.starts or "", "facility") if r in self.roles
        ]
        return [
            f"# DECIDE: rows that agree in {', '.join(parts)} are one stay.",
            f"[files.{self.file.name}.derive]",
            f"{EVENT} = {{ concat = {texts(parts)}, opaque = true }}",
            "",
        ]

    def date(self, role: str) -> str:
        """A date column as a value; with its form where that is not the file's."""
        column = self.file[self.roles[role]]
        forms = column.forms or column.filled == 0
        if not forms:
            why = (
                "years of two digits may be of two centuries: write four"
                if column.short_year
                else "no form of date fits every cell; write it as strptime does"
            )
            return f'{{ column = {text(column.name)}, date = "%Y-%m-%d" }}  # DECIDE: {why}'
        if not column.forms or column.forms[0] == FORMS[0]:
            return text(column.name)
        twice = {"%d/%m/%Y", "%m/%d/%Y"} <= set(column.forms) or {"%d-%m-%Y", "%m-%d-%Y"} <= set(
            column.forms
        )
        note = "  # DECIDE: day or month first? both fit every cell seen" if twice else ""
        return f"{{ column = {text(column.name)}, date = {text(column.forms[0])} }}{note}"

    def head(self, table: str, where: Sequence[str] = ()) -> Lines:
        lines = [f"[[{table}.rows]]", f"file = {text(self.file.name)}"]
        if where:
            lines.append(f"where = [{', '.join(where)}]")
        return [*lines, f"person_id = {self.person}"]

    @property
    def person(self) -> str:
        if self.has("person_id"):
            return text(self.roles["person_id"])
        return f'"FILL_IN"  # FILL IN: the column of {self.file.name} that names the person'

    def plain(self, *pairs: tuple[str, str]) -> Lines:
        """Columns taken as they are, of those that were found."""
        return [f"{column} = {text(self.roles[role])}" for column, role in pairs if self.has(role)]


def _person(drafted: Drafted) -> Lines:
    lines = drafted.head("person")
    if drafted.has("birth_date"):
        lines.append(f"birth_date = {drafted.date('birth_date')}")
    elif drafted.has("age"):
        age = f'{{ column = {text(drafted.roles["age"])}, unmapped = "keep" }}'
        if drafted.starts is None:
            lines.append("# FILL IN: the day the age is of; birth is put half a year into it.")
            lines.append(f"# birth_date = {{ age = {age}, on = {{ const = YYYY-MM-DD }} }}")
        else:
            day = drafted.date(drafted.starts).split("  #")[0]
            lines.append("# DECIDE: the day the age is of; birth is put half a year into it.")
            lines.append(f"birth_date = {{ age = {age}, on = {day} }}")
    if drafted.has("sex"):
        column = drafted.file[drafted.roles["sex"]]
        known = column.known(SEXES)
        pairs = ", ".join(f"{text(word)} = {text(SEXES[word])}" for word in known)
        mapped = f"map = {{ {pairs} }}, " if pairs else ""
        others = "" if set(column.words) <= set(known) else "  # DECIDE: other words occur"
        way = 'unmapped = "unknown", ' if pairs else ""
        lines.append(
            f'sex = {{ column = {text(column.name)}, {mapped}{way}missing = "unknown" }}{others}'
        )
        if not pairs:
            lines[-1] = f"# DECIDE: sex = {{ column = {text(column.name)}, map = {{ }} }}"
    if drafted.has("death_date"):
        lines.append(f"death_date = {drafted.date('death_date')}")
    return [*lines, *drafted.plain(("ethnicity", "ethnicity"), ("language", "language")), ""]


def _coverage(drafted: Drafted) -> Lines:
    if not drafted.has("covered_from"):
        return []
    lines = ["# DECIDE: which use is seen (all, medical, hospital, inpatient, pharmacy); if the",
             "# last day is covered: to_at is the first day that no longer is.",
             *drafted.head("coverage"), f"from_at = {drafted.date('covered_from')}"]  # fmt: skip
    if drafted.has("covered_to"):
        value, _, note = drafted.date("covered_to").partition("  #")
        column = value if value.startswith("{") else f"{{ column = {value} }}"
        lines.append(
            f"to_at = {column[:-2]}, plus = {{ amount = 1 }} }}" + (f"  #{note}" if note else "")
        )
    return [*lines, 'kind = { const = "medical" }', ""]


def _registration(drafted: Drafted) -> Lines:
    start = "covered_from" if drafted.has("covered_from") else None
    if not drafted.has("practice") or start is None:
        return []
    return [*drafted.head("registration"), f"from_at = {drafted.date(start)}",
            f"practice_id = {text(drafted.roles['practice'])}", ""]  # fmt: skip


def _care(drafted: Drafted) -> Lines:
    """Stays where a discharge or arrival is told, visits of all other rows."""
    if not drafted.is_care:
        return []
    lines: Lines = []
    for kind, where in care_filters(drafted):
        lines += _visit(drafted, where) if kind == "visit" else _stay(drafted, kind, where)
    return lines


def care_filters(drafted: Drafted) -> Iterator[tuple[str, list[str]]]:
    """Which rows are acute stays, emergency stays and visits."""
    emergency = _flag(drafted, "emergency")
    if drafted.starts == "arrived":
        yield "emergency", []
    elif not drafted.has("discharged"):
        yield "visit", []
    elif (inpatient := _flag(drafted, "inpatient")) is not None:
        yes, no = inpatient
        yield "acute", [yes]
        if emergency is not None:
            yield "emergency", [no, emergency[0]]
            yield "visit", [no, emergency[1]]
        else:
            yield "visit", [no]
    elif drafted.has("bill_type"):
        column = text(drafted.roles["bill_type"])
        yield "acute", [f'{{ column = {column}, starts = ["11"] }}']
        yield "visit", [f'{{ column = {column}, starts = ["13", "83", "85"] }}']
    elif drafted.has("claim_type"):
        column = text(drafted.roles["claim_type"])
        yield "acute", [f'{{ column = {column}, is = ["60"] }}']
        yield "visit", [f'{{ column = {column}, is = ["40", "71", "72"] }}']
    else:
        yield "acute", []


def _flag(drafted: Drafted, role: str) -> tuple[str, str] | None:
    """Conditions that the flag is set, and that it is not."""
    if not drafted.has(role) or not drafted.file[drafted.roles[role]].is_flag:
        return None
    column = drafted.file[drafted.roles[role]]
    yes = texts(YES)
    name = text(column.name)
    return f"{{ column = {name}, is = {yes} }}", f"{{ column = {name}, is_not = {yes} }}"


STAY_NOTES = {
    True: "# DECIDE: how these rows are recognised as stays.",
    False: "# DECIDE: every row is taken for an inpatient stay; say where = [...] if some are not.",
}


def _stay(drafted: Drafted, kind: str, where: Sequence[str]) -> Lines:
    assert drafted.starts is not None
    start = drafted.date(drafted.starts)
    lines = [STAY_NOTES[bool(where) or kind == "emergency"], *drafted.head("stay", where)]
    lines += [f"stay_id = {text(drafted.event)}", f'setting = {{ const = "{kind}" }}',
              f"admitted_at = {start}"]  # fmt: skip
    if drafted.has("discharged") and kind == "acute":
        lines.append(f"discharged_at = {drafted.date('discharged')}")
    else:
        lines += ["# DECIDE: it is taken to end on the day it begins.", f"discharged_at = {start}"]
    lines += drafted.plain(("facility_id", "facility"), ("specialty", "specialty"))
    if kind == "acute":
        lines += [*_disposition(drafted), *drafted.plain(("drg", "drg"), ("cost", "cost"))]
        lines.append(
            "# DECIDE: admission_method: emergency, elective, maternity, newborn, transfer."
        )
    else:
        lines.append('admission_method = { const = "emergency" }')
    return [*lines, ""]


def _disposition(drafted: Drafted) -> Lines:
    if not drafted.has("disposition"):
        return []
    column = drafted.file[drafted.roles["disposition"]]
    for system in DISPOSITIONS:
        if column.words and {word.upper() for word in column.words} <= set(destinations(system)):
            return [
                f"discharged_to = {{ column = {text(column.name)}, disposition = {text(system)} }}"
            ]
    return [f"# DECIDE: discharged_to = {{ column = {text(column.name)}, map = {{ }} }}"]


def _visit(drafted: Drafted, where: Sequence[str]) -> Lines:
    assert drafted.starts is not None
    lines = ["# DECIDE: kind of contact: primary_care, outpatient, telehealth, home_visit, other.",
             *drafted.head("visit", where), f"visit_id = {text(drafted.event)}",
             f"at = {drafted.date(drafted.starts)}", 'setting = { const = "other" }']  # fmt: skip
    return [*lines, *drafted.plain(("facility_id", "facility"), ("specialty", "specialty")), ""]


def _codes(drafted: Drafted) -> Lines:
    """Diagnoses and procedures of the stays and visits of the file, or of its own dates."""
    lines: Lines = []
    for role, table in (
        ("diagnosis", "diagnosis"),
        ("procedure", "procedure"),
        ("hcpcs", "procedure"),
    ):
        wide, single = drafted.series.get(role), drafted.roles.get(role)
        if wide is None and single is None:
            continue
        kinds = list(care_filters(drafted)) if drafted.is_care else []
        if not kinds and drafted.has("stay_id"):
            kinds = [("acute", [])]
        for kind, where in kinds:
            tied = "visit_id" if kind == "visit" else "stay_id"
            lines += [*drafted.head(table, where), f"{tied} = {text(drafted.event)}"]
            lines += _code_lines(drafted, role, wide, single)
    return lines


def _code_lines(drafted: Drafted, role: str, wide: Series | None, single: str | None) -> Lines:
    lines: Lines = []
    if wide is not None:
        lines.append(f"codes = {text(wide.pattern) if wide.pattern else texts(wide.columns)}")
        dates = (
            dates_of(wide, [c.name for c in drafted.file.columns]) if role == "procedure" else None
        )
        if dates is not None:
            lines.append(
                f"code_dates = {text(dates.pattern) if dates.pattern else texts(dates.columns)}"
            )
        seen = [drafted.file[column] for column in wide.columns]
    else:
        assert single is not None
        lines.append(f"code = {text(single)}")
        seen = [drafted.file[single]]
    return [*lines, *_system(role, [systems for c in seen if (systems := c.systems)]), ""]


def _system(role: str, seen: Sequence[Sequence[str]]) -> Lines:
    """The code system by the shape of most columns."""
    fitting = [s for s in SYSTEMS[role] if seen and any(s in systems for systems in seen)]
    if not fitting:
        return ["# DECIDE: the codes have the shape of no system we know.",
                'code_system = { const = "LOCAL" }']  # fmt: skip
    said = ", ".join(fitting)
    also = " (or ICD-10, outside the United States)" if fitting[0] == "ICD-10-CM" else ""
    return [
        f"# DECIDE: by their shape: {said}{also}.",
        f"code_system = {{ const = {text(fitting[0])} }}",
    ]


def _dispensing(drafted: Drafted) -> Lines:
    if not drafted.has("drug"):
        return []
    day = next((role for role in ("filled", "at", "admitted") if drafted.has(role)), None)
    at = drafted.date(day) if day else '"FILL_IN"  # FILL IN: the column with the day of supply'
    seen = drafted.file[drafted.roles["drug"]].systems
    return [*drafted.head("dispensing"), f"at = {at}", f"code = {text(drafted.roles['drug'])}",
            *_system("drug", [seen] if seen else []),
            *drafted.plain(("days_supply", "days_supply"), ("cost", "cost")), ""]  # fmt: skip


def _measurement(drafted: Drafted) -> Lines:
    if not drafted.has("lab", "value"):
        return []
    day = next((role for role in ("lab_at", "at") if drafted.has(role)), None)
    at = (
        drafted.date(day) if day else '"FILL_IN"  # FILL IN: the column with the day of measurement'
    )
    seen = drafted.file[drafted.roles["lab"]].systems
    return [*drafted.head("measurement"), f"at = {at}", f"code = {text(drafted.roles['lab'])}",
            *_system("lab", [seen] if seen else []),
            "# DECIDE: a value that is no number rejects its row; map those to text.",
            *drafted.plain(("value", "value"), ("unit", "unit")), ""]  # fmt: skip
