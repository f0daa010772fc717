"""Holds one catalogue entry against the rules; the first fault found is raised."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from features.catalogue.rules import (
    ANCHORS,
    CATEGORIES,
    CODED,
    DOMAINS,
    FILTERS,
    FLAGS,
    KINDS,
    MEASURES,
    NEW,
    SENSITIVE,
)
from features.catalogue.sets import SETS, grouping
from features.spells import DECIDERS, SpellRule
from features.tables.schema import TABLES

Entry = Mapping[str, Any]

REQUIRED = ("name", "what", "measure", "table", "unit", "null", "domain", "plain", "patient")
OPTIONAL = (
    "family", "column", "where", "windows", "code_set", "groups", "scheme", "hierarchy", "kind",
    "modifiable", "sensitive", "plain_no", "patient_no", "anchor", "earlier", "within", "range",
    "each", "labels",
)  # fmt: skip
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "table": (str, list), "where": dict, "windows": list, "groups": (str, list),
    "hierarchy": bool, "modifiable": (bool, list), "sensitive": (str, dict), "earlier": int,
    "within": int, "range": dict, "each": dict, "labels": dict,
}  # fmt: skip
OF_A_SPELL = (
    "count", "any", "first", "last", "min", "max", "mean", "change", "out_of_range", "distinct",
    "flag", "groups", "index",
)  # fmt: skip
"""Measures that may be taken of the index spell (anchor "spell")."""
NOT_OF_A_SPELL = ("spell", "registration", "coverage")
HEAD = ("observed", "readable", "spells", "feature")
RULES = tuple(rule.name.lower() for rule in SpellRule)
COVERAGE_KINDS = TABLES["coverage"].column("kind").allowed


class EntryError(Exception):
    """What is wrong with an entry, and its cure."""

    def __init__(self, at: str, what: str, cure: str) -> None:
        self.at, self.what, self.cure = at, what, cure
        super().__init__(what)


def check_head(raw: Mapping[str, Any]) -> None:
    """The tables around the entries: what is observed, what is readable."""
    for key in raw:
        _known(key, HEAD, "top level", "key")
    for key in HEAD:
        if key not in raw:
            raise EntryError("top level", f"{key} is missing", f"state [{key}]")
    for table, kinds in raw["observed"].items():
        _known_seen(table)
        for kind in kinds:
            _known(kind, COVERAGE_KINDS, "[observed]", "kind of coverage")
    for key in raw["readable"]:
        _known(key, ("least_share",), "[readable]", "key")
    share = raw["readable"].get("least_share")
    if not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise EntryError("[readable]", "least_share is no share", "give a number from 0 to 1")
    _check_rule(raw["spells"])


def _known_seen(key: str) -> None:
    """A table, tables joined by +, or a table and a setting of it."""
    table, _, setting = key.partition(":")
    if setting:
        _known(setting, FILTERS.get(table, {}).get("setting", ()), f"[observed], {key}", "setting")
    for each in table.split("+"):
        _known(each, ("spell", *TABLES), "[observed]", "table")


def _check_rule(spells: Mapping[str, Any]) -> None:
    for key in spells:
        _known(key, ("rule", "urgency"), "[spells]", "key")
    _known(str(spells.get("rule")), RULES, "[spells]", "rule")
    urgency = spells.get("urgency", [])
    if not isinstance(urgency, list):
        raise EntryError("[spells]", "urgency is no list", "list what decides, in turn")
    for word in urgency:
        _known(str(word), DECIDERS, "[spells]", "rule of urgency")


def check_entry(entry: Entry) -> None:
    """Every key of one entry. Raises EntryError."""
    at = f"feature {entry.get('name', 'without a name')}"
    for key in entry:
        _known(key, REQUIRED + OPTIONAL, at, "key")
    for key in REQUIRED:
        if key not in entry:
            raise EntryError(at, f"{key} is missing", f"state {key}")
    for key, value in entry.items():
        if not isinstance(value, TYPES.get(key, str)):
            raise EntryError(
                at, f"{key} is of the wrong type", f"see {key} in the shipped catalogue"
            )
    _known(entry["measure"], MEASURES, at, "measure")
    for check in CHECKS:
        check(entry, at)


def _known(word: str, allowed: Any, at: str, kind: str) -> None:
    if word not in allowed:
        raise EntryError(at, f"unknown {kind} {word}", f"use one of {', '.join(allowed)}")


def tables_of(entry: Entry) -> list[str]:
    table = entry["table"]
    return list(table) if isinstance(table, list) else [table]


def _check_measured(entry: Entry, at: str) -> None:
    columns = MEASURES[entry["measure"]].columns
    column = entry.get("column", "")
    if len(tables_of(entry)) > 1 and entry["measure"] not in ("sum", "sum_change"):
        raise EntryError(at, "only sums span several tables", "name one table")
    for table in tables_of(entry):
        _known(table, columns, at, f"table for {entry['measure']}")
        if column not in (columns[table] or ("",)):
            cure = f"use one of {', '.join(columns[table])}" if columns[table] else "leave it out"
            raise EntryError(
                at, f"{entry['measure']} cannot measure column {column or '(none)'}", cure
            )


def _check_where(entry: Entry, at: str) -> None:
    for table in tables_of(entry):
        for column, values in entry.get("where", {}).items():
            _known(column, FILTERS.get(table, {}), at, f"filter of {table}")
            if not isinstance(values, list) or not values:
                raise EntryError(at, f"filter {column} names no values", "give a list of values")
            for value in values:
                if FILTERS[table][column]:
                    _known(value, FILTERS[table][column], at, f"value of {column}")


def _check_windows(entry: Entry, at: str) -> None:
    windows = entry.get("windows", [])
    anchor = entry.get("anchor", ANCHORS[0])
    _known(anchor, ANCHORS, at, "anchor")
    timeless = entry["measure"] == "fact" or tables_of(entry) == ["registration"]
    if (timeless or anchor == "spell") and windows:
        raise EntryError(at, "no window applies here", "leave windows out")
    if not timeless and anchor != "spell" and not windows:
        raise EntryError(at, "windows are missing", "give windows in days")
    if not all(_is_window(window) for window in windows):
        cure = "give whole days from 1 to 36500, or two of them: [from, to] days before the end"
        raise EntryError(at, "a window is no number of days", cure)
    _check_anchor(entry, anchor, at)
    _check_looks(entry, at)


def _is_window(window: object) -> bool:
    """Days before the end, or [from, to] with from before to."""
    if isinstance(window, list):
        return len(window) == 2 and all(map(_is_days, window)) and window[0] > window[1]
    return _is_days(window)


def _is_days(days: object) -> bool:
    return isinstance(days, int) and not isinstance(days, bool) and 0 < days <= 36500


def _check_anchor(entry: Entry, anchor: str, at: str) -> None:
    tables, measure = tables_of(entry), entry["measure"]
    counted = measure in ("count", "any") and tables in (["stay"], ["spell"])
    if anchor == "admission" and not counted:
        cure = "leave anchor out, or count stays or spells"
        raise EntryError(at, "only counts of stays and spells end at the admission", cure)
    if anchor == "spell" and (measure not in OF_A_SPELL or tables[0] in NOT_OF_A_SPELL):
        cure = f"use one of {', '.join(OF_A_SPELL)}, of a table of facts or of stay"
        raise EntryError(at, f"{measure} is no measure of the index spell", cure)


def _check_looks(entry: Entry, at: str) -> None:
    """What goes with some measures alone: days before, days after, a range."""
    measure = entry["measure"]
    if (measure in NEW) != ("earlier" in entry):
        raise EntryError(at, "what is new needs earlier days, and nothing else does", "see earlier")
    if "earlier" in entry and not _is_days(entry["earlier"]):
        raise EntryError(at, "earlier is no number of days", "give whole days from 1 to 36500")
    if "within" in entry:
        if (measure, tables_of(entry)) not in ((m, ["spell"]) for m in ("count", "any")):
            raise EntryError(at, "only counts of spells ask for returns", "leave within out")
        if entry["within"] < 0:
            raise EntryError(at, "within is no number of days", "give whole days from 0")
    if (measure == "out_of_range") != ("range" in entry):
        raise EntryError(at, "a range belongs to out_of_range", "state range = { low, high }")
    ends = entry.get("range", {"low": 0.0})
    for key, end in ends.items():
        _known(key, ("low", "high"), at, "end of a range")
        if isinstance(end, bool) or not isinstance(end, (int, float)):
            raise EntryError(at, f"{key} is no number", "give a number")
    if not ends or ends.get("low", -math.inf) > ends.get("high", math.inf):
        raise EntryError(at, "a range without room", "give low, high or both, low first")


def _check_codes(entry: Entry, at: str) -> None:
    name, need = entry.get("code_set", ""), MEASURES[entry["measure"]].code_set
    if not name:
        if need == "must" or "groups" in entry or "scheme" in entry:
            raise EntryError(at, "code_set is missing", f"use one of {', '.join(SETS)}")
        return
    if need == "no":
        raise EntryError(at, f"{entry['measure']} uses no code set", "leave code_set out")
    if uncoded := [table for table in tables_of(entry) if table not in CODED]:
        raise EntryError(at, f"{uncoded[0]} has no codes to group", "leave code_set out")
    if set(entry.get("where", {})) - {"position"}:
        raise EntryError(at, "a filter beside a code set", "choose by groups, or by a filter")
    _known(name, SETS, at, "code set")
    if entry["measure"] in ("flag", "new") and "groups" not in entry:
        raise EntryError(at, "groups are missing", 'give groups, or "all"')
    if (entry["measure"] == "index") != ("scheme" in entry):
        raise EntryError(at, "a scheme of weights belongs to an index", "state scheme for an index")
    if "scheme" in entry:
        _known(entry["scheme"], grouping(name).weights, at, "scheme")
    groups = entry.get("groups", "all")
    sensitive = entry.get("sensitive", "")
    for group in (
        *(() if groups == "all" else groups),
        *(sensitive if isinstance(sensitive, dict) else ()),
    ):
        _known(group, grouping(name).groups, at, "group")


def _check_words(entry: Entry, at: str) -> None:
    _known(entry["domain"], DOMAINS, at, "domain")
    kind = entry.get("kind", "number")
    _known(kind, KINDS, at, "kind")
    sensitive = entry.get("sensitive", "")
    for word in [sensitive] if isinstance(sensitive, str) else sensitive.values():
        _known(word, SENSITIVE, at, "sensitive kind")
    if entry["measure"] in FLAGS and kind != "flag":
        raise EntryError(at, f"{entry['measure']} answers yes or no", 'state kind = "flag"')
    if (kind == "flag") != bool(entry.get("plain_no") and entry.get("patient_no")):
        raise EntryError(at, "plain_no and patient_no belong to a flag", "state both for a flag")
    category = (tables_of(entry)[0], entry.get("column", "")) in CATEGORIES
    if (kind == "category") != category:
        raise EntryError(at, f"this is no {kind}", "state the kind that the column has")


def _check_each(entry: Entry, at: str) -> None:
    """One feature for each named list of values of a filter, and words for what there is one of."""
    each = entry.get("each", {})
    named = [lists for lists in each.values() if isinstance(lists, dict) and lists]
    if "each" in entry and (len(each) != 1 or len(named) != 1 or "groups" in entry):
        cure = "leave groups out, and state [feature.each.FILTER] with KEY = [values]"
        raise EntryError(at, "each names no values of one filter", cure)
    for column, lists in each.items():
        for values in lists.values():
            _check_where({**entry, "where": {column: values}}, at)
    stated = [key for lists in named for key in lists]
    if "code_set" in entry:
        stated += grouping(entry["code_set"]).groups
    modifiable = entry.get("modifiable", False)
    for key in (*entry.get("labels", {}), *([] if isinstance(modifiable, bool) else modifiable)):
        _known(key, stated, at, "group")


CHECKS: tuple[Callable[[Entry, str], None], ...] = (
    _check_measured,
    _check_where,
    _check_windows,
    _check_codes,
    _check_each,
    _check_words,
)
