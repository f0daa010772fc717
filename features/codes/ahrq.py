"""AHRQ's chronic condition indicator and CCSR categories of a diagnosis, read from whole codes.

Both are tables of an edition. A code that the edition does not have (a newer one, a header without
its last characters) has no answer, and nothing is guessed from its beginning; so does a system that
the table does not read. Tables and their source: data/SOURCES.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from features.codes.distinct import by_pair

DATA = Path(__file__).parent / "data"

CHRONIC: Mapping[str, str] = MappingProxyType(
    {"ICD-10-CM": "chronic_icd10cm.csv.gz", "ICD-9-CM": "chronic_icd9cm.csv.gz"}
)
CCSR: Mapping[str, str] = MappingProxyType({"ICD-10-CM": "ccsr_icd10cm.csv.gz"})
"""Code system -> the table that reads it."""

BODY: Mapping[str, str] = MappingProxyType(
    {
        "INF": "Chronic infections",
        "NEO": "Cancer and other growths",
        "BLD": "Chronic conditions of the blood",
        "END": "Chronic conditions of hormones, nutrition and metabolism",
        "MBD": "Chronic conditions of mind and behaviour",
        "NVS": "Chronic conditions of the nervous system",
        "EYE": "Chronic conditions of the eyes",
        "EAR": "Chronic conditions of the ears",
        "CIR": "Chronic conditions of the heart and circulation",
        "RSP": "Chronic conditions of the lungs and airways",
        "DIG": "Chronic conditions of the digestive system",
        "DEN": "Chronic conditions of the teeth",
        "SKN": "Chronic conditions of the skin",
        "MUS": "Chronic conditions of muscles, bones and joints",
        "GEN": "Chronic conditions of kidneys, urinary tract and sex organs",
        "PRG": "Chronic conditions of pregnancy",
        "PNL": "Chronic conditions from around birth",
        "MAL": "Malformations",
        "INJ": "Lasting effects of injuries",
        "SYM": "Lasting symptoms",
    }
)
"""First letters of CCSR categories that have chronic conditions, in our words."""

ANSWERS: Mapping[str, bool | None] = MappingProxyType({"1": True, "0": False, "9": None})
"""9: AHRQ made no determination."""


def chronic(systems: pa.Array, codes: pa.Array) -> pa.Array:
    """Whether each diagnosis is a chronic condition: true, false, or null where nobody has said."""
    return by_pair(systems, codes, _chronic)


def ccsr(systems: pa.Array, codes: pa.Array, *, inpatient: bool = True) -> pa.Array:
    """The one CCSR category AHRQ assigns by default to each principal diagnosis; null: none.

    inpatient  for stays; else for outpatient contacts, where fewer codes have a default
    """
    use = "inpatient" if inpatient else "outpatient"
    return by_pair(systems, codes, lambda system, found: _default(system, found, use))


def ccsr_all(systems: pa.Array, codes: pa.Array) -> pa.Array:
    """Every CCSR category of each diagnosis, as a list; null where the code is not in the table."""
    return by_pair(systems, codes, _every)


def indicated(system: str) -> Mapping[str, int]:
    """Every code about which AHRQ has said whether it is chronic: 1 it is, 0 it is not.

    Raises KeyError for a system that the indicator does not read.
    """
    said = _said(system)
    answers = said["chronic"].cast(pa.int8()).to_pylist()
    return MappingProxyType(dict(zip(said["code"].to_pylist(), answers, strict=True)))


def body_systems() -> Mapping[str, int]:
    """Every code of `indicated("ICD-10-CM")`, with its body systems where it is chronic.

    Bit i stands for the i-th key of `BODY`: the first letters of all its CCSR categories.
    """
    said, of = _said("ICD-10-CM"), _table(CCSR["ICD-10-CM"])
    long = of.filter(pc.is_in(of["code"], said.filter(pc.equal(said["chronic"], "1"))["code"]))
    place = pc.index_in(long["code"], said["code"]).to_numpy()
    system = pc.index_in(pc.utf8_slice_codeunits(long["category"], 0, 3), pa.array(BODY))
    bits = np.zeros(said.num_rows, np.int64)
    np.bitwise_or.at(bits, place, 1 << system.to_numpy().astype(np.int64))
    return MappingProxyType(dict(zip(said["code"].to_pylist(), bits.tolist(), strict=True)))


def edition(system: str) -> pa.Array:
    """Every code of the edition that the chronic condition indicator lists, in its order.

    Raises KeyError for a system that it does not read.
    """
    return _table(CHRONIC[system])["code"].combine_chunks()


@cache
def ccsr_labels() -> Mapping[str, str]:
    """CCSR category -> its name."""
    rows = _table("ccsr_labels.csv.gz")
    names = zip(rows["category"].to_pylist(), rows["label"].to_pylist(), strict=True)
    return MappingProxyType(dict(names))


def _said(system: str) -> pa.Table:
    """The codes of the indicator about which it says something."""
    rows = _table(CHRONIC[system])
    unsaid = [word for word, answer in ANSWERS.items() if answer is None]
    return rows.filter(pc.invert(pc.is_in(rows["chronic"], pa.array(unsaid)))).combine_chunks()


def _chronic(system: str, codes: pa.Array) -> pa.Array:
    if system not in CHRONIC:
        return pa.nulls(len(codes), pa.bool_())
    rows = _table(CHRONIC[system])
    place = pc.index_in(codes, value_set=rows["code"])
    answers = pa.array([ANSWERS[answer] for answer in rows["chronic"].to_pylist()])
    return answers.take(place)


def _default(system: str, codes: pa.Array, use: str) -> pa.Array:
    if system not in CCSR:
        return pa.nulls(len(codes), pa.string())
    rows = _table(CCSR[system])
    default = rows.filter(pc.equal(rows[use], "Y"))
    place = pc.index_in(codes, value_set=default["code"])
    return default["category"].combine_chunks().take(place)


def _every(system: str, codes: pa.Array) -> pa.Array:
    listed = _categories(CCSR[system]) if system in CCSR else {}
    found = [listed.get(code) for code in codes.to_pylist()]
    return pa.array(found, pa.list_(pa.string()))


@cache
def _categories(name: str) -> Mapping[str, list[str]]:
    grouped = _table(name).group_by("code", use_threads=False).aggregate([("category", "list")])
    return dict(zip(grouped["code"].to_pylist(), grouped["category_list"].to_pylist(), strict=True))


@cache
def _table(name: str) -> pa.Table:
    """A table of data/, every column as text."""
    with csv.open_csv(DATA / name) as file:
        names = file.schema.names
    as_text = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return csv.read_csv(DATA / name, convert_options=as_text).combine_chunks()
