"""The reference page of code systems and code sets, generated from the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa

from features.codes.ahrq import CCSR, CHRONIC
from features.codes.ccs import DIAGNOSES, PROCEDURES
from features.codes.crosswalks import LAYOUTS, SETTING
from features.codes.dispositions import SYSTEMS as DISPOSITIONS
from features.codes.frailty import READS
from features.codes.groups import CodeSet
from features.codes.sensitive_rules import LISTS
from features.codes.shipped import NAMES, code_set
from features.codes.systems import SYSTEMS, System, normal

HEAD = """# Codes

Generated from `features/codes/`; do not edit. Sources, editions and checksums of the data:
`features/codes/data/SOURCES.md`. Another one: [add a code set](../how-to/add-a-code-set.md).

## How codes are written

Ingest writes every code in one form: capitals, trimmed, and without the dots, hyphens, padding and
marks that its system prints. Only a code that is written in a known way is rewritten. A code of no
known shape is kept as it came, in capitals and trimmed, and counted as unreadable; so is one whose
check digit is wrong.

| code system | codes | read, and written in History |
|---|---|---|
{systems}

## Code sets

A code belongs to every group that lists a prefix of it. A code system that a set does not read says
nothing about its groups: null, with the share of readable codes, and never "no". With `{setting}`,
{crossed} are read by way of [crosswalks](crosswalks.md).

| code set | what | groups | reads | weights |
|---|---|---|---|---|
{sets}

## Other readings of a code

| what | reads | where |
|---|---|---|
{others}
"""
WHAT: Mapping[str, str] = MappingProxyType(
    {
        "charlson": "Charlson groups, Quan 2005",
        "charlson_deyo": "Charlson groups, Deyo 1992",
        "elixhauser": "Elixhauser groups, Quan 2005",
        "gagne": "combined comorbidity score, Gagne 2011",
        "uk19": "what the English list of ambulatory-care-sensitive conditions asks of",
        "pqi": "what AHRQ's prevention quality indicators ask of",
        "social": "needs of daily life, ICD-10-CM Z55-Z65",
        "medicines": "groups of medicines, by ingredient",
        "medicine_classes": "wider classes of medicines, by ingredient",
        "medicine_risks": "medicines that published lists watch in older people, by ingredient",
        "anticholinergic": "medicines of the anticholinergic burden scale, a group for each",
        "hfrs": "Hospital Frailty Risk Score, a group for each code; the index is in points",
        "chronic": "chronic conditions by AHRQ's indicator; reads the codes of its editions alone",
        "chronic_systems": "the same by the body system of their CCSR categories",
    }
)
OTHERS = (
    ("Hospital Frailty Risk Score, points and bands", READS, "frailty.py"),
    (
        f"ambulatory-care-sensitive stays ({', '.join(LISTS)})",
        ("ICD-10", "ICD-10-CM", "OPCS-4", "ICD-10-PCS"),
        "sensitive.py",
    ),
    ("chronic condition indicator of AHRQ", tuple(CHRONIC), "ahrq.py"),
    ("CCSR categories of AHRQ", tuple(CCSR), "ahrq.py"),
    ("CCS categories of AHRQ", (*DIAGNOSES, *PROCEDURES), "ccs.py"),
    ("discharge dispositions", DISPOSITIONS, "dispositions.py"),
)


def markdown() -> str:
    """The page `docs/reference/codes.md`."""
    return HEAD.format(
        systems="\n".join(_system(system) for system in SYSTEMS.values()),
        setting=SETTING,
        crossed=", ".join(dict.fromkeys(layout.systems[0] for layout in LAYOUTS)),
        sets="\n".join(_set(code_set(name)) for name in NAMES),
        others="\n".join(_cells(what, ", ".join(reads), f"`{at}`") for what, reads, at in OTHERS),
    )


def _system(system: System) -> str:
    written = normal(system.name, pa.array(system.examples)).to_pylist()
    told = zip(system.examples, written, strict=True)
    return _cells(
        system.name, system.meaning, ", ".join(f"`{one}` as `{own}`" for one, own in told)
    )


def _set(held: CodeSet) -> str:
    return _cells(
        f"`{held.name}`",
        WHAT[held.name],
        str(len(held.groups)),
        ", ".join(_read_by(held)),
        ", ".join(f"`{scheme}`" for scheme in held.weights),
    )


def _read_by(held: CodeSet) -> Iterator[str]:
    """Systems that the set lists itself, whatever crosswalks are set."""
    return (
        name
        for name, system in SYSTEMS.items()
        if any(family in held.prefixes for family in system.families)
    )


def _cells(*cells: str) -> str:
    return "| " + " | ".join(_escaped(cells)) + " |"


def _escaped(cells: Iterable[str]) -> Iterator[str]:
    return (cell.replace("|", "\\|") for cell in cells)
