"""Code systems: how their codes are written, how History writes them, and what no code looks like.

A code is brought to one form: capitals, trimmed, without the dots, hyphens, padding and marks that
writers add. Nothing is guessed: only a code written in a way that its system prints is rewritten,
and every other code stays as it came, in capitals and trimmed. So a ten-digit NDC without hyphens
stays (three ways to read it), and ICD-9-CM "25.0" does not become diabetes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.checkdigit import Bools, modulus_10, verhoeff

Rewriting = tuple[str, str]
"""A whole code as it may be written, and what History writes for it (RE2)."""


@dataclass(frozen=True)
class System:
    """One code system.

    shape    what a code looks like in History (RE2, whole code)
    written  other ways it is written, each tried in turn
    check    true where the check digit is right, for codes of that shape
    family   name under which code sets list its codes, besides its own
    printed  how a code is printed for people: pattern and replacement
    examples codes as they may be written, for the reference
    """

    name: str
    meaning: str
    shape: str
    written: tuple[Rewriting, ...] = ()
    check: Callable[[pa.Array], Bools] | None = None
    family: str = ""
    printed: Rewriting | None = None
    examples: tuple[str, ...] = ()

    @property
    def families(self) -> tuple[str, ...]:
        """Names under which code sets may list codes of this system, the closest first."""
        return (self.name, self.family) if self.family else (self.name,)


PRINTABLE = r"^[^\pC]{1,255}$"
ICD_DOT: Rewriting = (r"^(...)(.+)$", r"\1.\2")

_ALL = (
    System(
        "ICD-10-CM", "diagnoses, US clinical modification",
        r"^[A-Z][0-9][0-9AB][0-9A-Z]{0,4}$",
        written=((r"^([A-Z][0-9][0-9AB])\.([0-9A-Z]{0,4})$", r"\1\2"),),
        family="ICD-10", printed=ICD_DOT,
        examples=("I50.32", "C4A.0"),
    ),
    System(
        "ICD-10", "diagnoses, WHO and national editions but the US one",
        r"^[A-Z][0-9]{2}[0-9A-Z]{0,3}$",
        written=(
            # Dagger and asterisk of a code pair (ICD-10 volume 2, 3.1.3), as signs
            (r"^([A-Z][0-9]{2}\.?[0-9A-Z-]{0,3})[†*+]$", r"\1"),
            # or as the letter in the sixth place (HES Data Dictionary, DIAG_NN).
            (r"^([A-Z][0-9]{2}[0-9X])[ -]([DA])$", r"\1"),
            (r"^([A-Z][0-9]{2})\.([0-9A-Z-]{0,3})$", r"\1\2"),
            # HES and SUS fill the fourth place of a three-character code.
            (r"^([A-Z][0-9]{2})[X-]-?$", r"\1"),
            (r"^([A-Z][0-9]{3})-$", r"\1"),
        ),
        printed=ICD_DOT,
        examples=("I50.9", "I10X", "A39.0†", "G01X-A"),
    ),
    System(
        "ICD-9-CM", "diagnoses, US, until September 2015; leading zeros belong to the code",
        r"^([0-9]{3}[0-9]{0,2}|V[0-9]{2}[0-9]{0,2}|E[0-9]{3}[0-9]?)$",
        written=(
            (r"^([0-9]{3}|V[0-9]{2})\.([0-9]{0,2})$", r"\1\2"),
            (r"^(E[0-9]{3})\.([0-9]?)$", r"\1\2"),
        ),
        printed=(r"^(E...|[^E]..)(.+)$", r"\1.\2"),
        examples=("428.0", "V45.81", "E850.0"),
    ),
    System(
        "ICD-10-PCS", "procedures, US; seven characters without I and O",
        r"^[0-9A-HJ-NP-Z]{7}$",
        written=((r"^([0-9A-HJ-NP-Z]{3})\.([0-9A-HJ-NP-Z]{4})$", r"\1\2"),),
        examples=("02703ZZ",),
    ),
    System(
        "ICD-9-PCS", "procedures of ICD-9-CM volume 3",
        r"^[0-9]{2}[0-9]{0,2}$",
        written=((r"^([0-9]{2})\.([0-9]{0,2})$", r"\1\2"),),
        printed=(r"^(..)(.+)$", r"\1.\2"),
        examples=("38.93",),
    ),
    System(
        "OPCS-4", "procedures, UK",
        r"^[A-Z][0-9]{2}[0-9]?$",
        written=(
            (r"^([A-Z][0-9]{2})\.([0-9]?)$", r"\1\2"),
            (r"^([A-Z][0-9]{2})-$", r"\1"),
        ),
        printed=ICD_DOT,
        examples=("W37.1",),
    ),
    System(
        "SNOMED", "SNOMED CT concepts; 6 to 18 digits, the last a Verhoeff check digit",
        r"^[1-9][0-9]{5,17}$",
        check=verhoeff,
        examples=("44054006",),
    ),
    System(
        "RXNORM", "medicines, RxNorm concept ids",
        r"^[1-9][0-9]{0,7}$",
        written=((r"^0+([1-9][0-9]{0,7})$", r"\1"),),
        examples=("0000161",),
    ),
    System(
        "NDC", "US medicine packages; eleven digits as in claims",
        r"^[0-9]{11}$",
        # Labeller-product-package of ten digits, one part padded by CMS's rule (5-4-2).
        written=(
            (r"^([0-9]{4})-([0-9]{4})-([0-9]{2})$", r"0\1\2\3"),
            (r"^([0-9]{5})-([0-9]{3})-([0-9]{2})$", r"\10\2\3"),
            (r"^([0-9]{5})-([0-9]{4})-([0-9]{1})$", r"\1\20\3"),
            (r"^([0-9]{5})-([0-9]{4})-([0-9]{2})$", r"\1\2\3"),
        ),
        printed=(r"^(.....)(....)(..)$", r"\1-\2-\3"),
        examples=("0002-1433-80", "50242-040-62", "60575-4112-1"),
    ),
    System(
        "ATC", "medicines, WHO anatomical therapeutic chemical classes of level 1 to 5",
        r"^[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?$",
        written=((r"^([A-Z][0-9]{2}) ([A-Z]{1,2}) ?([0-9]{2})?$", r"\1\2\3"),),
        examples=("C03 CA01",),
    ),
    System("CPT", "procedures and services, US", r"^[0-9]{4}[0-9AFMTU]$", examples=("99213",)),
    System(
        "HCPCS", "procedures, services and supplies, US; level I is CPT",
        r"^([A-V][0-9]{4}|[0-9]{4}[0-9AFMTU])$",
        examples=("J1234",),
    ),
    System(
        "LOINC", "laboratory and clinical observations; the last digit checks the others",
        r"^[0-9]{1,7}-[0-9]$",
        check=lambda codes: modulus_10(pc.replace_substring(codes, "-", "")),
        examples=("2160-0",),
    ),
    System(
        "CCS", "AHRQ clinical classifications, single level",
        r"^[1-9][0-9]{0,3}$",
        written=((r"^0+([1-9][0-9]{0,3})$", r"\1"),),
        examples=("0049",),
    ),
    System(
        "INGREDIENT", "medicines by the name of their ingredient",
        PRINTABLE,
        examples=("Metformin",),
    ),
    System(
        "LOCAL", "codes of the source that no public vocabulary holds",
        PRINTABLE,
        examples=("x-1",),
    ),
)  # fmt: skip

SYSTEMS: Mapping[str, System] = MappingProxyType({system.name: system for system in _ALL})


def normal(system: str, codes: pa.Array) -> pa.Array:
    """Codes of one system as History writes them: text of the same length.

    Null stays null and a blank becomes null. A code of no known way of writing is in capitals and
    trimmed; a system that is not in `SYSTEMS` has no other rule. Applying it again changes nothing.
    """
    given = pc.utf8_trim_whitespace(pc.utf8_upper(codes.cast(pa.string())))
    given = pc.if_else(pc.equal(given, ""), None, given)
    if system not in SYSTEMS or not SYSTEMS[system].written:
        return given
    plain = given
    for pattern, written in SYSTEMS[system].written:
        plain = pc.replace_substring_regex(plain, pattern, written)
    return pc.if_else(pc.match_substring_regex(plain, SYSTEMS[system].shape), plain, given)


def fits(system: str, codes: pa.Array) -> Bools:
    """True where a code in History's form looks like one of its system, check digit included.

    False for null, and for every code of a system that is not in `SYSTEMS`.
    """
    if system not in SYSTEMS:
        return np.zeros(len(codes), np.bool_)
    known = SYSTEMS[system]
    shaped = pc.fill_null(pc.match_substring_regex(codes, known.shape), False)
    found = np.asarray(shaped.to_numpy(zero_copy_only=False), np.bool_).copy()
    if known.check is not None and found.any():
        found[found] = known.check(pc.filter(codes, pa.array(found)))
    return found


def normal_pairs(systems: pa.Array, codes: pa.Array) -> pa.Array:
    """The code column of a table as History writes it, each code by the system beside it.

    Every distinct code is rewritten once, so that millions of rows cost a look-up each. The column
    comes back as it was where nothing changes.
    """
    kinds, texts = pc.dictionary_encode(systems), pc.dictionary_encode(codes)
    distinct = texts.dictionary
    forms = [normal(kind, distinct) for kind in kinds.dictionary.to_pylist() or [""]]
    if all(form.equals(distinct) for form in forms):
        return codes
    kind = pc.fill_null(kinds.indices, 0).cast(pa.int64())
    places = pc.add(pc.multiply(kind, len(distinct)), texts.indices.cast(pa.int64()))
    return pa.concat_arrays(forms).take(places)
