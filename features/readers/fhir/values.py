"""Values of FHIR elements read one at a time: each function is a `how` of paths.csv.

A function is given what stands at the path and returns one value or None. What has another shape
than FHIR gives it raises, and the resource is rejected; nothing is repaired. References come down
to an id; `Patient?identifier=...` and references that hold an identifier alone come down to
"?SYSTEM|VALUE", which `people.py` resolves and nothing keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from features.codes.dispositions import destinations
from features.readers.fhir.codings import RANK, SYSTEMS
from features.readers.fhir.places import (
    ADMISSION_METHOD,
    ADMITTED_FROM,
    CLASSES,
    COVERAGES,
    FROM_HOSPITAL,
    NHS_DESTINATION,
    NHS_METHODS,
    NOT_HISPANIC,
    POS,
    POS_SYSTEMS,
    PRIORITY_METHODS,
    RACES,
    STAY_TYPES,
    VISIT_TYPES,
)

Json: TypeAlias = Any
How = Callable[[Json], Any]


class NotAPatientError(Exception):
    """The resource is about a group, a device or a place."""


class Values:
    """The functions, with the references of the bundle at hand.

    aliases  id that a bundle knows an entry by (the end of its fullUrl) -> id of the resource
    met      references met with these aliases -> id: the same few come again and again
    patients  those of them that are no other kind of resource
    """

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}
        self.met: dict[str, str | None] = {}
        self.patients: set[str] = set()
        self.hows: Mapping[str, How] = {
            "text": text, "flag": flag, "number": number, "code": code, "words": words,
            "ref": self.ref, "person": self.person, "place": self.place, "link": self.link,
            "identifier": identifier, "ethnicity": ethnicity, "language": language,
            "locality": locality, "class": class_code, "setting": setting, "status": first_code,
            "first_code": first_code, "method": method, "admission_method": admission_method,
            "admitted_from": admitted_from, "discharged_to": discharged_to,
            "days": days, "days_told": days_told, "drug_cost": drug_cost, "coverage": first_code,
            "part": part, "claim_type": claim_type, "total": total, "variable": variable,
        }  # fmt: skip

    def know(self, aliases: dict[str, str]) -> None:
        """Take references as the bundle at hand means them."""
        self.aliases, self.met = aliases, {}

    def ref(self, value: Json) -> str | None:
        """Id of what is referred to; "#ID" for a contained resource."""
        if value is None:
            return None
        if value.__class__ is list:
            value = value[0] if value else {}
        target: str | None = value.get("reference")
        if target is None:
            told = value.get("identifier")
            return None if told is None else f"?{identifier(told) or ''}"
        if target in self.met:
            return self.met[target]
        found = self.met[target] = self._resolved(target)
        return found

    def _resolved(self, target: str) -> str | None:
        if target.startswith("#"):
            return target
        where, asked, query = target.partition("?")
        if asked:
            return "?" + query.partition("identifier=")[2].partition("&")[0]
        if where.startswith("urn:"):
            where = where.rpartition(":")[2]
        else:
            where = where.partition("/_history/")[0].rpartition("/")[2]
        return self.aliases.get(where, where) or None

    def person(self, value: Json) -> str | None:
        """As `ref`; raises NotAPatientError for a reference to another kind of resource."""
        if value is None:
            return None
        target = value.get("reference")
        if target in self.patients:
            return self.ref(value)
        if target is None:
            another = value.get("type", "Patient") != "Patient"
        else:
            kind = target.partition("?")[0].partition("/_history/")[0].rpartition("/")[0]
            another = not target.startswith("urn:") and kind.rpartition("/")[2] not in (
                "",
                "Patient",
            )
        if another:
            raise NotAPatientError
        if target is not None:
            self.patients.add(target)
        return self.ref(value)

    def link(self, value: Json) -> str | None:
        """The other patient of a link; a related person is none."""
        try:
            return self.person(value)
        except NotAPatientError:
            return None

    def place(self, value: Json) -> str | None:
        """Id of an organisation, location or clinician; by identifier where it has no id."""
        found = self.ref(value)
        if found is None or found[0] == "#":
            return None
        return (found.rpartition("|")[2] if found[0] == "?" else found) or None


def codings(value: Json) -> list[Json]:
    """All codings of a CodeableConcept, of a list of them, of a Coding, or of R5's references."""
    if value is None:
        return []
    if value.__class__ is list:
        return [coding for one in value for coding in codings(one)]
    if value.__class__ is not dict:
        raise TypeError
    if "coding" in value:
        found: list[Json] = value["coding"]
        return found
    if "concept" in value:
        return codings(value["concept"])
    return [value] if "code" in value else []


def text(value: Json) -> str | None:
    if value is None or value.__class__ is str:
        return value or None
    raise TypeError


def flag(value: Json) -> str | None:
    """ "true" or "false", so that a column of flags can be told from one of nulls."""
    if value is None:
        return None
    if value.__class__ is bool:
        return "true" if value else "false"
    raise TypeError


def number(value: Json) -> float | None:
    if value is None:
        return None
    if value.__class__ is float or value.__class__ is int:
        return float(value)
    raise TypeError


def code(value: Json) -> str | None:
    """ "SYSTEM CODE" of the coding that speaks; None where there is none."""
    best, rank = None, 99
    for coding in codings(value):
        found = coding.get("code")
        if found:
            system = SYSTEMS.get(coding.get("system"), "LOCAL")
            if RANK[system] < rank:
                best, rank = f"{system} {found}", RANK[system]
    return best


def first_code(value: Json) -> str | None:
    """The first code, whatever its vocabulary."""
    return next((text(c["code"]) for c in codings(value) if c.get("code")), None)


def words(value: Json) -> str | None:
    """A concept or value in words: its text, else what a coding displays, else the code."""
    if value is None or value.__class__ is str:
        return value or None
    if value.__class__ is bool:
        return flag(value)
    if value.__class__ is list:
        return words(value[0]) if value else None
    if "concept" in value:
        return words(value["concept"])
    if value.get("text"):
        return text(value["text"])
    found = [text(c.get("display")) or text(c.get("code")) for c in codings(value)]
    return next((word for word in found if word), None)


def identifier(value: Json) -> str | None:
    """ "SYSTEM|VALUE" of an identifier; None where it has no value."""
    found = value.get("value")
    return f"{value.get('system') or ''}|{found}" if found else None


def extension(value: Json, url: str) -> Json:
    """The first extension whose URL ends so; None where there is none."""
    return next((e for e in value or () if (e.get("url") or "").endswith(url)), None)


def ethnicity(value: Json) -> str | None:
    """US Core race and ethnicity in one word, or the UK ethnic category as its code.

    Hispanic speaks before race, as in US statistics; several races are "multiple". Words that are
    no code of the set are taken as they are.
    """
    if not value:
        return None
    origin = _category(extension(value, "us-core-ethnicity"))
    if origin == ["hispanic"]:
        return "hispanic"
    races = _category(extension(value, "us-core-race"))
    if races:
        return races[0] if len(races) == 1 else "multiple"
    uk = extension(value, "EthnicCategory")
    return None if uk is None else first_code(uk.get("valueCodeableConcept"))


def _category(found: Json) -> list[str]:
    if found is None:
        return []
    parts = found.get("extension") or ()
    told = [p["valueCoding"].get("code") for p in parts if p.get("url") == "ombCategory"]
    known = [RACES[one] for one in told if one in RACES]
    if known or told:
        return known if NOT_HISPANIC not in told else []
    said = extension(parts, "text")
    spoken = None if said is None else text(said.get("valueString"))
    return [spoken] if spoken else []


def language(value: Json) -> str | None:
    """The preferred language, else the first."""
    if not value:
        return None
    chosen = next((one for one in value if one.get("preferred")), value[0])
    return first_code(chosen.get("language")) or words(chosen.get("language"))


def locality(value: Json) -> str | None:
    """State and postal district of the home address that is valid: never street, town or full code.

    The district is what stands before a blank in the postal code (UK), else its first three signs.
    """
    if not value:
        return None
    now = [one for one in value if not (one.get("period") or {}).get("end")]
    if not now:
        return None
    home = next((one for one in now if one.get("use") == "home"), now[0])
    postal = (text(home.get("postalCode")) or "").strip()
    district = postal.split()[0] if " " in postal else postal[:3]
    return "-".join(filter(None, (text(home.get("state")), district))) or None


def class_code(value: Json) -> str | None:
    """The class of R4 (a Coding) or R5 (concepts): the first that is known, else the first."""
    found = [text(c.get("code")) for c in codings(value)]
    return next((one for one in found if one in CLASSES), found[0] if found else None)


def setting(value: Json) -> str | None:
    """ "stay SETTING" or "visit SETTING" of a type of contact that names its kind of place."""
    for coding in codings(value):
        system, told = coding.get("system"), coding.get("code")
        key = (POS if system in POS_SYSTEMS else system, told)
        if key in STAY_TYPES:
            return "stay " + STAY_TYPES[key]
        if key in VISIT_TYPES:
            return "visit " + VISIT_TYPES[key]
    return None


def method(value: Json) -> str | None:
    """How admitted, by the priority of the encounter."""
    told = (c.get("code") for c in codings(value))
    return next((PRIORITY_METHODS[one] for one in told if one in PRIORITY_METHODS), None)


def admission_method(value: Json) -> str | None:
    """How admitted, by the NHS extension."""
    for one in value or ():
        if ADMISSION_METHOD in (one.get("url") or ""):
            told = first_code(one.get("valueCodeableConcept")) or ""
            return NHS_METHODS.get(told)
    return None


def admitted_from(value: Json) -> str | None:
    """Where from; "transfer SETTING" where the source says it was a transfer from a hospital.

    A code that no list has is handed on, so that the contract rejects its row.
    """
    told = [text(c.get("code")) for c in codings(value)]
    known = next((one for one in told if one in ADMITTED_FROM), None)
    if known is None:
        return next(filter(None, told), None)
    found = ADMITTED_FROM[known]
    return f"transfer {found}" if known in FROM_HOSPITAL else found


def discharged_to(value: Json) -> str | None:
    """Where to; a code that no list has is handed on, so that the contract rejects its row."""
    unlisted = None
    for coding in codings(value):
        told = text(coding.get("code"))
        if told is None:
            continue
        nhs = NHS_DESTINATION in (coding.get("system") or "")
        for system in ("DISDEST",) if nhs else ("HL7", "UB-04"):
            listed = destinations(system)
            if told.upper() in listed:
                return listed[told.upper()]
        unlisted = unlisted or told
    return unlisted


def days(value: Json) -> float | None:
    """Days of a quantity or duration; one in another unit is unknown."""
    if value is None:
        return None
    unit = value.get("code") or value.get("unit") or "d"
    return number(value.get("value")) if unit in ("d", "day", "days") else None


def days_told(value: Json) -> float | None:
    """Days of supply of a prescription drug event (extension `days_suply_num`)."""
    found = extension(value, "days_suply_num")
    return None if found is None else number(found["valueQuantity"].get("value"))


def drug_cost(value: Json) -> float | None:
    """What a supply cost in all: `tot_rx_cst_amt` of a prescription drug event."""
    for one in value or ():
        if (first_code(one.get("category")) or "").endswith("tot_rx_cst_amt"):
            return number(one["amount"].get("value"))
    return None


def part(value: Json) -> str | None:
    """The part of Medicare that a coverage names in its class (R4) or grouping (STU3)."""
    if value.__class__ is list:
        told = [text(one.get("value")) for one in value]
    else:
        told = [text((value or {}).get("subPlan"))]
    return next((one for one in told if one in COVERAGES), None)


def claim_type(value: Json) -> str | None:
    """The claim type of CMS where there is one ("cms 60"), else that of the EOB or of HL7."""
    found = {(c.get("system") or "").rpartition("/")[2]: c.get("code") for c in codings(value)}
    for system in ("nch_clm_type_cd", "eob-type"):
        if found.get(system):
            return f"cms {found[system]}"
    return text(next(iter(found.values()), None))


def total(value: Json) -> float | None:
    """The total of an explanation of benefit: allowed, else benefit, else submitted."""
    told = {first_code(one.get("category")): (one.get("amount") or {}) for one in value or ()}
    for kind in ("eligible", "benefit", "submitted"):
        if kind in told:
            return number(told[kind].get("value"))
    return None


def variable(value: Json) -> str | None:
    """ "NAME CODE" of what a claim tells in a variable of CMS, the name without its address."""
    for coding in codings(value):
        if coding.get("code"):
            return f"{(coding.get('system') or '').rpartition('/')[2]} {coding['code']}"
    return None
