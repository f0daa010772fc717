"""Medicine groups: what their table promises, and a comparison with ATC, drug by drug.

ATC may be read here but not shipped: WHO's classes of RxNorm ingredients lie with the third-party
data. Where a group and the classes that mean the same differ, the difference is listed in full.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import load_catalogue
from features.codes import CodeSet, code_set, grouped, medicines
from features.codes.shipped import DATA
from features.codes.systems import normal
from features.synthetic.medicines import ingredients

pytestmark = pytest.mark.spec

SETS = ("medicines", "medicine_classes", "medicine_risks", "anticholinergic")

UNGROUPED = {
    # Given in an emergency or a test
    "EPINEPHRINE", "GLUCAGON", "GLUCOSE", "METHYLENE BLUE",
    # Buffers and fillers of other products
    "CITRIC ACID", "SODIUM CITRATE", "INERT INGREDIENTS",
    # Rare in older people
    "ANTIPYRINE", "CEVIMELINE", "LEVOCARNITINE", "SOMATROPIN",
}  # fmt: skip

CLASSES: Mapping[str, str] = {
    "anticoagulant": "B01AA B01AB B01AE B01AF",
    "antiplatelet": "B01AC",
    "ace_inhibitor": "C09A",
    "arb": "C09C C09X",
    "beta_blocker": "C07A",
    "calcium_channel_blocker": "C08",
    "loop_diuretic": "C03C",
    "thiazide": "C03A C03B",
    "potassium_sparing": "C03D",
    "other_antihypertensive": "C02A C02C C02D",
    "heart_other": "C01CA17 C01D C01EB C02K C04AD",
    "heart_rhythm": "C01A C01B",
    "statin": "C10AA",
    "other_lipid": "C10AB C10AC C10AD C10AX",
    "insulin": "A10A",
    "metformin": "A10BA",
    "sulfonylurea": "A10BB A10BX02 A10BX03",
    "sglt2_inhibitor": "A10BK",
    "glp1_agonist": "A10BJ",
    "other_glucose_lowering": "A10BF A10BG A10BH A10BX05",
    "thyroid": "H03",
    "corticosteroid": "H02A",
    "osteoporosis": "G03XC H05A H05BA M05B",
    "sex_hormone": "G03",
    "mineral": "A11 A12 B02BA",
    "anaemia": "B03",
    "reliever": "R03AC02 R03BB01",
    "long_acting_bronchodilator": "R03AC R03BB",
    "inhaled_steroid": "R01AD R03BA",
    "other_airway": "R03D R05CB V03AN",
    "allergy_cold": "R01AC R01B R05CA R05D R06",
    "opioid": "N02A R05DA",
    "nsaid": "M01A",
    "paracetamol": "N02BE",
    "gabapentinoid": "N02BF",
    "muscle_relaxant": "M03",
    "gout": "M04",
    "antidepressant": "N06AB N06AX",
    "tricyclic": "N06AA",
    "antipsychotic": "N05A",
    "lithium": "N05AN",
    "benzodiazepine": "N03AE N05BA N05CD",
    "sleep_anxiety": "N05BE N05CC N05CF N05CH",
    "dementia": "N06D",
    "antiepileptic": "N03",
    "parkinson": "N04",
    "nervous_other": "A08 L03AB07 L03AB08 L04AE L04AG N02C N06B N07AA N07XX",
    "opioid_dependence": "N07BC",
    "smoking": "N07BA",
    "ppi": "A02BC",
    "stomach_other": "A02A A02BA A02BB A02BX A03F A04",
    "laxative": "A06",
    "bowel": "A03 A05 A07AA11 A07D A07EC",
    "bladder": "G04BD G04BX H01BA N07AB",
    "prostate": "G04BE G04C",
    "kidney": "H05BX V03AE",
    "antibiotic": "J01 J04",
    "antiviral_antifungal": "D01A J02 J05AB J05AH P01 P02 P03",
    "antiretroviral": "J05AE J05AF J05AG J05AJ",
    "cancer": "H01CB L01 L02",
    "immunosuppressant": "L04",
    "eye": "S01E",
}
"""Group -> the ATC classes that mean the same. Not here: alcohol_dependence, of which the list has
no ingredient, and skin, as most classes of the skin hold other medicines too."""

ONLY_ATC: Mapping[str, set[str]] = {
    # In the group of what they are mostly given for; many ingredients have a class for each route.
    "antiplatelet": {"ILOPROST", "TREPROSTINIL"},
    "beta_blocker": {"TIMOLOL"},
    "other_antihypertensive": {"DIAZOXIDE"},
    "heart_other": {"IBUPROFEN"},
    "heart_rhythm": {"LIDOCAINE"},
    "sex_hormone": {"RALOXIFENE"},
    "mineral": {"MAGNESIUM CITRATE", "SODIUM SULFATE"},
    "long_acting_bronchodilator": {"ALBUTEROL", "GLYCOPYRROLATE", "IPRATROPIUM"},
    "inhaled_steroid": {"BETAMETHASONE", "DEXAMETHASONE", "PREDNISOLONE", "TRIAMCINOLONE"},
    "allergy_cold": {"CODEINE", "HYDROCODONE"},
    "opioid": {"DEXTROMETHORPHAN"},
    "antipsychotic": {"LITHIUM CARBONATE", "PROCHLORPERAZINE"},
    "sleep_anxiety": {"DICHLORALPHENAZONE"},
    "antiepileptic": {"CLONAZEPAM"},
    "nervous_other": {"CLONIDINE"},
    "stomach_other": {"CALCIUM CARBONATE", "MAGNESIUM OXIDE"},
    "laxative": {"MAGNESIUM OXIDE"},
    "bowel": {"ISOMETHEPTENE", "METOCLOPRAMIDE", "SIMETHICONE"},
    "bladder": {"MAGNESIUM HYDROXIDE"},
    "prostate": {"TERAZOSIN"},
    "antiviral_antifungal": {
        "BENZYL ALCOHOL", "CICLOPIROX", "EFLORNITHINE", "HYDROXYCHLOROQUINE", "METRONIDAZOLE",
        "NAFTIFINE", "OXICONAZOLE", "SALICYLIC ACID", "SELENIUM SULFIDE", "TINIDAZOLE",
        "TOLNAFTATE",
    },
    "cancer": {
        "CELECOXIB", "EFLORNITHINE", "ETHINYL ESTRADIOL", "EVEROLIMUS", "MEDROXYPROGESTERONE",
        "MEGESTROL", "METHOTREXATE", "SIROLIMUS", "TRETINOIN",
    },
    "immunosuppressant": {"FINGOLIMOD", "LENALIDOMIDE", "NATALIZUMAB", "THALIDOMIDE"},
    "eye": {"CLONIDINE", "EPINEPHRINE"},
}  # fmt: skip
ONLY_OURS: Mapping[str, set[str]] = {
    "other_antihypertensive": {"TERAZOSIN"},
    "heart_other": {"DIAZOXIDE", "ILOPROST", "TREPROSTINIL"},
    "mineral": {"ASCORBIC ACID", "RIBOFLAVIN", "SODIUM BICARBONATE"},
    # A decongestant, and a sedating antihistamine that ATC has among the sedatives
    "allergy_cold": {"HYDROXYZINE", "OXYMETAZOLINE"},
    "opioid": {"METHADONE"},
    "nervous_other": {"DICHLORALPHENAZONE", "ISOMETHEPTENE"},
    "stomach_other": {"PROCHLORPERAZINE", "SIMETHICONE"},
    "antibiotic": {"MUPIROCIN", "SILVER SULFADIAZINE"},
    "antiviral_antifungal": {"INTERFERON ALFA-2B", "TERCONAZOLE"},
    "cancer": {"LENALIDOMIDE", "LEUCOVORIN", "THALIDOMIDE"},
    "immunosuppressant": {"HYDROXYCHLOROQUINE"},
    "eye": {"HOMATROPINE", "NAPHAZOLINE"},
}


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(oracles: Path, name: str) -> Iterator[dict[str, str]]:
    path = oracles.parent / "crosswalks" / name
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def members(held: CodeSet, names: list[str]) -> Mapping[str, set[str]]:
    """Group -> those of the names that belong to it."""
    bits = held.bits("INGREDIENT", names)
    return {
        group: {names[place] for place in np.flatnonzero(held.holds(bits, group))}
        for group in held.groups
    }


def groups(held: CodeSet, name: str) -> set[str]:
    return {group for group, names in members(held, [name]).items() if names}


@pytest.fixture(scope="module")
def classes(oracles: Path) -> Mapping[str, set[str]]:
    """RxNorm ingredient -> its ATC codes of level 5."""
    found: dict[str, set[str]] = {}
    for row in read(oracles, "rxnorm_ingredient_to_atc.csv.gz"):
        found.setdefault(row["ingredient"].upper(), set()).add(row["atc5"])
    assert len(found) > 600
    return found


def test_the_table_holds_the_medicines_of_older_people() -> None:
    rows = table("medicines.csv")
    held = medicines()
    assert len(held.groups) == 64
    assert held.words == 1
    assert len({row["prefix"] for row in rows}) > 1_200
    assert min(sum(row["group"] == group for row in rows) for group in held.groups) >= 2


@pytest.mark.parametrize("name", ["medicines.csv", "anticholinergic.csv"])
def test_names_are_written_as_history_writes_them(name: str) -> None:
    rows = table(name)
    names = pa.array([row["prefix"] for row in rows])
    assert normal("INGREDIENT", names).equals(names)
    assert len({(row["group"], row["prefix"]) for row in rows}) == len(rows)
    assert {row["family"] for row in rows} == {"INGREDIENT"}


@pytest.mark.parametrize("name", SETS)
def test_labels_are_plain_words(name: str) -> None:
    held = code_set(name)
    labels = list(held.labels.values())
    assert len(set(labels)) == len(labels) == len(held.groups)
    for label in labels:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9 ,()'-]{3,75}", label), label
    bits = [bits for of in held.prefixes.values() for bits in of.values()]
    assert np.bitwise_or.reduce(np.array(bits, object)) == (1 << len(held.groups)) - 1


@pytest.mark.parametrize("name", ["medicine_classes.csv", "medicine_risks.csv"])
def test_classes_are_made_of_known_groups_and_ingredients(name: str) -> None:
    known = {row["prefix"] for row in table("medicines.csv")} | {"EPINEPHRINE"}
    rows = table(name)
    assert len({(row["group"], row["member"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["member"] in (known if row["member"].isupper() else medicines().groups)


def test_an_ingredient_is_in_two_groups_on_purpose_alone() -> None:
    held = medicines()
    found: dict[str, set[str]] = {}
    for group, names in members(held, list(held.prefixes["INGREDIENT"])).items():
        for name in names:
            found.setdefault(name, set()).add(group)
    assert {name: of for name, of in found.items() if len(of) > 1} == {
        "BUPRENORPHINE": {"opioid", "opioid_dependence"},
        "METHADONE": {"opioid", "opioid_dependence"},
        "NALTREXONE": {"opioid_dependence", "alcohol_dependence"},
    }


@pytest.mark.parametrize(
    ("name", "medicine", "of"),
    [
        ("medicines", "INSULIN GLARGINE", {"insulin"}),
        ("medicines", "INSULIN GLARGINE 2", set()),
        ("medicines", "SALBUTAMOL", {"reliever"}),
        ("medicines", "CARBIDOPA / LEVODOPA", {"parkinson"}),
        ("medicines", "AMLODIPINE / UNHEARD OF / VALSARTAN", {"calcium_channel_blocker", "arb"}),
        ("medicine_classes", "SACUBITRIL", {"raas", "blood_pressure"}),
        ("medicine_classes", "METFORMIN", {"glucose_lowering"}),
        ("medicine_classes", "ZOLPIDEM", {"sedative"}),
        ("medicine_risks", "WARFARIN", {"high_alert", "emergency", "bleeding", "monitoring"}),
        ("medicine_risks", "NAPROXEN", {"unsuitable", "bleeding", "sick_day"}),
        ("medicine_risks", "EPINEPHRINE", {"high_alert"}),
        ("medicine_risks", "ATORVASTATIN", set()),
    ],
)
def test_classes_of_a_medicine(name: str, medicine: str, of: set[str]) -> None:
    assert groups(code_set(name), medicine) == of


def test_anticholinergic_burden_adds_up_over_different_medicines() -> None:
    """3 for oxybutynin, 3 for paroxetine, 2 for amantadine, 1 for warfarin; none for apixaban."""
    held = code_set("anticholinergic")
    taken = ["OXYBUTYNIN", "PAROXETINE", "PAROXETINE", "AMANTADINE", "WARFARIN", "APIXABAN"]
    bits = np.bitwise_or.reduce(held.bits("INGREDIENT", taken), axis=0)
    assert held.index("acb_2012", bits) == 9
    same = np.bitwise_or.reduce(held.bits("INGREDIENT", ["FUROSEMIDE", "FRUSEMIDE"]), axis=0)
    assert held.index("acb_2012", same) == 1
    assert set(held.weights["acb_2012"]) == set(held.groups)
    assert set(held.weights["acb_2012"].values()) == {1, 2, 3}


def test_what_reveals_a_sensitive_condition_is_marked() -> None:
    marked = {
        feature.group: feature.sensitive
        for feature in load_catalogue()
        if feature.family == "medicine" and feature.sensitive
    }
    assert marked == {
        "antipsychotic": "psychosis",
        "lithium": "psychosis",
        "antiretroviral": "hiv",
        "opioid_dependence": "substance use",
        "alcohol_dependence": "substance use",
    }


def test_every_medicine_of_the_synthetic_population_is_grouped() -> None:
    names = pa.array(ingredients())
    found = grouped(medicines(), pa.array(["INGREDIENT"] * len(names)), names)
    assert found.bits.all()


def test_what_is_in_no_group_is_listed(oracles: Path, classes: Mapping[str, set[str]]) -> None:
    """Of every ingredient that a crosswalk here leads to."""
    sample = {
        row["ingredient"].upper()
        for row in read(oracles, "synthea_medication_to_ingredient.csv.gz")
    }
    assert len(sample) > 100
    every = sorted(sample | set(classes))
    assert set(every) - set().union(*members(medicines(), every).values()) == UNGROUPED


def test_groups_against_atc(classes: Mapping[str, set[str]]) -> None:
    held = medicines()
    assert set(held.groups) - set(CLASSES) == {"alcohol_dependence", "skin"}
    held_by = members(held, list(classes))
    only_atc, only_ours = {}, {}
    for group, asked in CLASSES.items():
        under = tuple(asked.split())
        theirs = {
            name for name, codes in classes.items() if any(c.startswith(under) for c in codes)
        }
        ours = held_by[group]
        assert ours & theirs, group
        only_atc[group], only_ours[group] = theirs - ours, ours - theirs
    assert {group: names for group, names in only_atc.items() if names} == ONLY_ATC
    assert {group: names for group, names in only_ours.items() if names} == ONLY_OURS
