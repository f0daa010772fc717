"""The codes of a MEDS data set read by the grammar, each different code once.

A data set has millions of rows and thousands of codes, so a code is taken apart in this table and
rows are joined to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from features.readers import meds_layout as layout
from features.readers.meds_layout import GRAMMAR, Rule

ITEM_AND_UNIT = r"(?s)^(.*?)//(.*)$"
HCPCS_CODE = r"^[A-Z0-9]{5}$"
NAMED = 40
"""Characters of a first part that the answer prints."""


def read_codes(events: ir.Table) -> ir.Table:
    """One row a code, with `n` rows that have it.

    rule, kind     of the grammar (null: no rule)
    setting        of a stay or visit
    first, second  words after it (null: unknown or absent)
    by_id          whether hadm_id may tell the stay
    system, plain, unit  of a fact: vocabulary, code within it, unit of a measurement
    """
    codes = events.group_by("code").agg(n=events.count())
    codes = codes.mutate(rule=_first_rule(codes.code))
    codes = codes.mutate(kind=_of_rule(codes.rule, lambda rule: rule.kind), rest=_rest(codes))
    return _facts(_words(codes))


def not_carried(codes: ir.Table) -> Mapping[str, int]:
    """Rows of codes that are left out, by rule, or by the first part where there is none."""
    left = codes.filter(codes.kind.isnull() | (codes.kind == "left"))
    head = left.code.split("//")[0].substr(0, NAMED).fill_null("no code")
    told = left.mutate(head=ibis.ifelse(left.kind.isnull(), head, None))
    counts = told.group_by("rule", "head").agg(n=told.n.sum()).to_pyarrow().to_pylist()
    by_rule = sorted((row["rule"], row["n"]) for row in counts if row["rule"] is not None)
    unread = [(row["head"], row["n"]) for row in counts if row["rule"] is None]
    unread.sort(key=lambda pair: (-pair[1], pair[0]))
    named, more = unread[: layout.MOST_NAMED], unread[layout.MOST_NAMED :]
    found = {f"{GRAMMAR[rule].prefix}: {GRAMMAR[rule].why}": n for rule, n in by_rule}
    found |= {f"{head}: not in the grammar": n for head, n in named}
    if more:
        found[f"{len(more)} other first parts: not in the grammar"] = sum(n for _, n in more)
    return found


def _first_rule(code: ir.StringValue) -> ir.IntegerValue:
    fits = (
        ((code == rule.prefix) | code.startswith(f"{rule.prefix}//"), number)
        for number, rule in enumerate(GRAMMAR)
    )
    return ibis.cases(*fits, else_=None)


def _of_rule(number: ir.IntegerValue, told: Callable[[Rule], str | None]) -> ir.StringValue:
    values = [(n, told(rule)) for n, rule in enumerate(GRAMMAR) if told(rule) is not None]
    return number.cases(*values, else_=None)


def _is_rule(number: ir.IntegerValue, which: Callable[[Rule], bool]) -> ir.BooleanValue:
    return number.isin([n for n, rule in enumerate(GRAMMAR) if which(rule)])


def _rest(codes: ir.Table) -> ir.StringValue:
    """The code behind its prefix, empty where the prefix is all of it."""
    lengths = [(number, len(rule.prefix) + 2) for number, rule in enumerate(GRAMMAR)]
    return codes.code.substr(codes.rule.cases(*lengths, else_=0))


def _words(codes: ir.Table) -> ir.Table:
    """Setting and words of a stay; the setting is the first part where the rule does not say it,
    and whoever comes to an emergency department by rule comes as an emergency."""
    said = _of_rule(codes.rule, lambda rule: rule.setting)
    arrived = (said == "emergency") & (codes.kind == "admission")
    parts = codes.rest.split("//")
    first, second, third = (_known(parts[n]) for n in range(3))
    return codes.mutate(
        by_id=_is_rule(codes.rule, lambda rule: rule.by_id),
        setting=said.coalesce(first.lower()),
        first=ibis.cases((said.isnull(), second), (arrived, "EMERGENCY"), else_=first),
        second=ibis.cases((said.isnull(), third), (arrived, None), else_=second),
        word=_known(codes.rest),
    )


def _known(part: ir.StringValue) -> ir.StringValue:
    return part.nullif(layout.UNKNOWN).nullif("")


def _facts(codes: ir.Table) -> ir.Table:
    """Vocabulary, code and unit of facts."""
    systems = ibis.ifelse(
        codes.kind == "diagnosis",
        _marked(codes.rest, layout.DIAGNOSIS_SYSTEMS),
        _marked(codes.rest, layout.PROCEDURE_SYSTEMS),
    )
    hcpcs = codes.code.startswith("HCPCS//") & codes.rest.re_search(HCPCS_CODE)
    fixed = ibis.ifelse(hcpcs, "HCPCS", _of_rule(codes.rule, lambda rule: rule.system))
    tail = ibis.ifelse(fixed.isnull(), _behind(codes.rest), codes.rest)
    named = _is_rule(codes.rule, lambda rule: rule.named)
    split = (codes.kind == "measurement") & ~named & tail.contains("//")
    prefix = _of_rule(codes.rule, lambda rule: rule.prefix)
    unit = ibis.ifelse(
        split, tail.re_extract(ITEM_AND_UNIT, 2), ibis.ifelse(named, codes.rest, None)
    )
    plain = ibis.ifelse(split, tail.re_extract(ITEM_AND_UNIT, 1), ibis.ifelse(named, prefix, tail))
    return codes.mutate(
        system=fixed.coalesce(systems).fill_null("LOCAL"),
        plain=plain.nullif(""),
        unit=_known(unit).coalesce(_of_rule(codes.rule, lambda rule: rule.unit)),
    )


MARKS = (*layout.DIAGNOSIS_SYSTEMS, *layout.NAMED_SYSTEMS)


def _marked(rest: ir.StringValue, icd: Mapping[str, str]) -> ir.StringValue:
    """The vocabulary that the first parts name; an edition of the ICD nobody knows is no word of
    the contract, so its rows are refused."""
    names = {**icd, **layout.NAMED_SYSTEMS}
    fits = ((rest.startswith(f"{mark}//"), system) for mark, system in names.items())
    other = ibis.ifelse(rest.startswith("ICD//"), "ICD-" + rest.split("//")[1], None)
    return ibis.cases(*fits, else_=other)


def _behind(rest: ir.StringValue) -> ir.StringValue:
    fits = ((rest.startswith(f"{mark}//"), rest.substr(len(mark) + 2)) for mark in MARKS)
    return ibis.cases(*fits, else_=rest)
