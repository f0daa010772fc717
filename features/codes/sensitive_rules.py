"""When an acute stay counts as ambulatory-care-sensitive: the rules of two lists, as data.

uk19  19 conditions in common use in England: Purdy S et al., Public Health 2009;123:169-173, with
      the procedures and positions of NHS Digital's ACSC appendix. English lists differ: name the
      list. It is not that of NHS Outcomes Framework 2.3.i, which was not to be had.
pqi   AHRQ Prevention Quality Indicators v2024, those of the overall composite PQI 90.

What AHRQ's own program also asks and a History does not hold is not asked here: a DRG that could be
grouped, and complete sex, year and quarter. An obstetric principal diagnosis stands for MDC 14.
Code sets: data/uk19.csv and data/pqi.csv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Rule:
    """One condition of a list; every part that is stated must hold.

    principal   one of these code sets holds the principal diagnosis
    recorded    one of these holds a diagnosis of any position
    secondary   one of these holds a diagnosis other than the principal one
    done        one of these holds a procedure
    without     none of these holds a diagnosis of any position
    without_secondary, without_done    the same for secondary diagnoses and for procedures
    without_first   none of these holds the principal procedure
    without_both    not a diagnosis of the first together with a procedure of the second
    ages        youngest and oldest completed years of life at admission
    """

    name: str
    principal: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    without_secondary: tuple[str, ...] = ()
    without_done: tuple[str, ...] = ()
    without_first: tuple[str, ...] = ()
    without_both: tuple[str, str] | None = None
    ages: tuple[int, int] = (0, 200)


@dataclass(frozen=True)
class List:
    """A list of rules.

    emergency  only emergency admissions count
    direct     admissions from a hospital or nursing facility do not count
    not_for    a principal diagnosis of these chapters does not count (first letters of ICD-10)
    """

    name: str
    rules: tuple[Rule, ...]
    emergency: bool = False
    direct: bool = False
    not_for: str = ""


def _adult(name: str, oldest: int = 200, youngest: int = 18, **parts: tuple[str, ...]) -> Rule:
    return Rule(name, ages=(youngest, oldest), **parts)  # type: ignore[arg-type]


def _principal(*names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, principal=(name,)) for name in names)


UK19 = List(
    "uk19",
    (
        Rule(
            "influenza_pneumonia",
            recorded=("influenza_pneumonia",),
            without_secondary=("sickle_cell",),
        ),
        Rule("vaccine_preventable", recorded=("vaccine_preventable",)),
        *_principal("asthma"),
        Rule("heart_failure", principal=("heart_failure",), without_done=("cardiac_procedure",)),
        Rule("diabetes", recorded=("diabetes",)),
        *_principal("copd"),
        Rule("copd", principal=("bronchitis",), secondary=("chronic_lung",)),
        Rule("angina", principal=("angina",), without_first=("main_procedure",)),
        *_principal("anaemia"),
        Rule("hypertension", principal=("hypertension",), without_done=("cardiac_procedure",)),
        *_principal("nutrition", "dehydration", "pyelonephritis", "ulcer"),
        Rule("cellulitis", principal=("cellulitis",), without_done=("skin_excepted_procedure",)),
        *_principal("pelvic", "ent", "dental", "epilepsy"),
        Rule("gangrene", recorded=("gangrene",)),
    ),
    emergency=True,
)

IMMUNE = "IMMUNID"
PQI = List(
    "pqi",
    (
        _adult("PQI01", principal=("ACDIASD",)),
        _adult("PQI03", principal=("ACDIALD",)),
        _adult("PQI05", youngest=40, principal=("ACCOPDD", "ACSASTD"), without=("RESPAN",)),
        Rule(
            "PQI07",
            principal=("ACSHYPD",),
            without_both=("ACSHY2D", "DIALY2P"),
            without_done=("ACSCARP",),
            ages=(18, 200),
        ),
        _adult("PQI08", principal=("MRTCHFD",), without_done=("ACSCARP",)),
        _adult(
            "PQI11",
            principal=("ACSBACD",),
            without=("ACSBA2D", IMMUNE),
            without_done=("IMMUNIP",),
        ),
        _adult(
            "PQI12", principal=("ACSUTID",), without=("KIDNEY", IMMUNE), without_done=("IMMUNIP",)
        ),
        _adult("PQI14", principal=("ACDIAUD",)),
        _adult("PQI15", oldest=39, principal=("ACSASTD",), without=("RESPAN",)),
        _adult("PQI16", done=("ACSLEAP",), recorded=("ACSLEAD",), without=("ACLEA2D",)),
    ),
    direct=True,
    not_for="O",
)

LISTS: Mapping[str, List] = MappingProxyType({each.name: each for each in (UK19, PQI)})
