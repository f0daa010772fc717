"""Which published scores can be counted from a History, to compare a model with."""

from __future__ import annotations

from collections.abc import Iterator

from features.quality.facts import Facts, Reason

UNKNOWN_METHOD = "emergency or planned admission"
HAEMOGLOBIN, SODIUM = "718-7", "2951-2"
"""LOINC codes: haemoglobin in blood, sodium in serum or plasma."""


def not_computable(facts: Facts) -> Iterator[Reason]:
    """Scores that cannot be counted, each with what it lacks."""
    for name, lacks in SCORES.items():
        lacking = [what for what, missing in lacks(facts).items() if missing]
        if lacking:
            yield Reason(
                f"{name} cannot be counted to compare with, for want of {', '.join(lacking)}."
            )


def _lace(facts: Facts) -> dict[str, bool]:
    """van Walraven C et al., CMAJ 2010;182(6):551-557."""
    seen = bool(facts.kinds & {"all", "medical", "ambulatory", "hospital"})
    return {
        UNKNOWN_METHOD: _method_unknown(facts),
        "conditions": _conditions_unknown(facts),
        "emergency visits": not seen or not facts.totals.stays["setting", "emergency"],
    }


def _hospital(facts: Facts) -> dict[str, bool]:
    """Donze J et al., JAMA Intern Med 2013;173(8):632-638."""
    codes = {code for (system, code, _) in facts.totals.units if system == "LOINC"}
    return {
        f"haemoglobin (LOINC {HAEMOGLOBIN})": HAEMOGLOBIN not in codes,
        f"sodium (LOINC {SODIUM})": SODIUM not in codes,
        "specialty (oncology)": _all_null(facts, "stay", "specialty"),
        "procedures": not facts.totals.rows("procedure"),
        UNKNOWN_METHOD: _method_unknown(facts),
    }


def _parr30(facts: Facts) -> dict[str, bool]:
    """Billings J et al., BMJ Open 2012;2:e001667."""
    return {
        "deprivation of the home area": _all_null(facts, "registration", "deprivation"),
        "conditions": _conditions_unknown(facts),
        UNKNOWN_METHOD: _method_unknown(facts),
    }


def _method_unknown(facts: Facts) -> bool:
    return facts.stays("admission_method", "unknown") == 1


def _conditions_unknown(facts: Facts) -> bool:
    return facts.unread == facts.totals.rows("diagnosis")


def _all_null(facts: Facts, table: str, column: str) -> bool:
    return facts.totals.nulls[table, column] == facts.totals.rows(table)


SCORES = {"LACE": _lace, "HOSPITAL": _hospital, "PARR-30": _parr30}
