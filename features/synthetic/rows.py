"""The canonical tables of one bucket from its arrays, in canonical order.

Order within a person is the contract's: time, then every column; arrays come in order of person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.synthetic import contacts, measures, medicines, observe
from features.synthetic.arrow import (
    ID_BITS,
    constant,
    date_column,
    hex_ids,
    id_column,
    keys,
    number_column,
    table,
    text_column,
    time_column,
)
from features.synthetic.coding import NONE, Facts
from features.synthetic.compiled import Bools, Floats, Ints, Words
from features.synthetic.contacts import Visits
from features.synthetic.measures import Measures
from features.synthetic.medicines import Supplies
from features.synthetic.observe import Stays
from features.synthetic.people import People
from features.tables.order import sort_rows
from features.tables.schema import TABLES

GOES = ("home", "home_health", "nursing_facility", "hospice", "died", "against_advice", "acute")
STAY_KEYS, VISIT_KEYS = 1, 2


@dataclass(frozen=True)
class Keys:
    """Keys of the stays and visits of a bucket, which order their ids."""

    stay: Words
    visit: Words


def bucket_keys(seed: int, bucket: int, stays: int, visits: int) -> Keys:
    return Keys(keys(seed, bucket, STAY_KEYS, stays), keys(seed, bucket, VISIT_KEYS, visits))


def stay_table(
    people: People, stays: Stays, cost: Floats, specialty: Ints, drg: Ints,
    words: tuple[tuple[str, ...], tuple[str, ...]], key: Words,
) -> pa.Table:  # fmt: skip
    """words: the specialties and the DRGs that the codes speak of (-1: none)."""
    order = np.lexsort((key, stays.start, stays.person))
    coded = stays.coded_known[order] < np.inf
    ended = np.isfinite(stays.stop[order])
    setting = stays.setting[order]
    whole = np.floor(stays.stop[order]) == np.floor(stays.start[order])
    day_case = pa.array(whole & (stays.method[order] == 1) & ended, mask=setting != 0)
    place = _facility_names(stays)
    columns = {
        "person_id": id_column(people.ids, stays.person[order]),
        "stay_id": id_column(hex_ids("s", key), order),
        "facility_id": text_column(place[1], place[0][order]),
        "setting": text_column(observe.SETTINGS, setting),
        "admitted_at": time_column(stays.start[order]),
        "discharged_at": time_column(stays.stop[order]),
        "admitted_known": time_column(stays.start[order]),
        "discharged_known": time_column(stays.stop[order]),
        "coded_known": time_column(stays.coded_known[order]),
        "admission_method": text_column(observe.METHODS, stays.method[order]),
        "admitted_from": text_column(observe.ORIGINS, stays.origin[order]),
        "discharged_to": text_column(GOES, np.where(ended, stays.to[order], -1)),
        "day_case": day_case,
        "specialty": text_column(words[0], np.where(ended, specialty[order], -1)),
        "drg": text_column(words[1], np.where(coded, drg[order], -1)),
        "cost": number_column(cost[order]),
    }
    return table(TABLES["stay"], columns)


def _facility_names(stays: Stays) -> tuple[Ints, tuple[str, ...]]:
    count = int(stays.facility.max(initial=0)) + 1
    kinds = ("hospital", "emergency", "nursing", "hospice")
    place = np.where(stays.setting == 1, 0, stays.setting) * count + stays.facility
    return place, tuple(f"{kind}-{n:03d}" for kind in kinds for n in range(count))


def visit_table(
    people: People, practice: Ints, visits: Visits, cost: Floats, key: Words
) -> pa.Table:
    """practice: of each visit's person at the time."""
    order = np.lexsort((key, visits.at, visits.person))
    special = visits.specialty[order]
    clinic = np.where(special < 0, practice[order], -1)
    most = int(practice.max(initial=0)) + 1
    local = [f"clinician-{p:04d}-{c}" for p in range(most) for c in range(contacts.CLINICIANS)]
    expert = [f"{s}-{c}" for s in contacts.SPECIALTIES for c in range(contacts.CLINICIANS)]
    within = np.where(special < 0, practice[order], most + special) * contacts.CLINICIANS
    columns = {
        "person_id": id_column(people.ids, visits.person[order]),
        "visit_id": id_column(hex_ids("v", key), order),
        "at": time_column(visits.at[order]),
        "known_at": time_column(visits.known[order]),
        "setting": text_column(contacts.SETTINGS, visits.setting[order]),
        "provider_id": text_column((*local, *expert), within + visits.clinician[order]),
        "facility_id": text_column(tuple(f"practice-{p:04d}" for p in range(most)), clinic),
        "specialty": text_column(contacts.SPECIALTIES, special),
        "cost": number_column(cost[order]),
    }
    return table(TABLES["visit"], columns)


def fact_table(
    name: str, people: People, facts: list[Facts], made: Keys, system: str, codes: tuple[str, ...]
) -> pa.Table:
    """Diagnoses or procedures of several sources."""
    whole = Facts(
        *(np.concatenate([getattr(f, field) for f in facts]) for field in Facts.__annotations__)
    )
    in_stay, at_visit = whole.stay != NONE, whole.visit != NONE
    later = np.uint64(1 << ID_BITS)
    visit = made.visit[np.where(at_visit, whole.visit, 0)] + later if made.visit.size else later
    stay = made.stay[np.where(in_stay, whole.stay, 0)] if made.stay.size else visit
    contact = np.where(in_stay, stay, visit)
    order = np.lexsort((whole.code, contact, whole.at, whole.person))
    columns = {
        "person_id": id_column(people.ids, whole.person[order]),
        "stay_id": _tied("s", made.stay, whole.stay[order], in_stay[order]),
        "visit_id": _tied("v", made.visit, whole.visit[order], at_visit[order]),
        "at": time_column(whole.at[order]),
        "known_at": time_column(whole.known[order]),
        "code_system": constant(system, order.size),
        "code": text_column(codes, whole.code[order]),
        "position": pa.array(whole.position[order].astype(np.int32)),
    }
    return table(TABLES[name], columns)


def _tied(prefix: str, key: Words, rows: Ints, there: Bools) -> pa.Array:
    return id_column(hex_ids(prefix, key), np.where(there, rows, 0), there)


def dispensing_table(people: People, supplies: Supplies, cost: Floats, days: int) -> pa.Table:
    count = supplies.person.size
    columns = {
        "person_id": id_column(people.ids, supplies.person),
        "at": time_column(supplies.at),
        "known_at": time_column(supplies.known),
        "code_system": constant("INGREDIENT", count),
        "code": text_column(medicines.ingredients(), supplies.ingredient),
        "days_supply": pa.repeat(pa.scalar(days, pa.int32()), count),
        "cost": number_column(cost),
    }
    return table(TABLES["dispensing"], columns)


def measurement_table(people: People, found: Measures) -> pa.Table:
    systems, codes, units = zip(*measures.KINDS, strict=True)
    columns = {
        "person_id": id_column(people.ids, found.person),
        "at": time_column(found.at),
        "known_at": time_column(found.known),
        "code_system": text_column(systems, found.kind),
        "code": text_column(codes, found.kind),
        "value": number_column(found.value),
        "unit": text_column(units, found.kind),
        "text": constant(None, found.person.size),
    }
    return sort_rows(TABLES["measurement"], table(TABLES["measurement"], columns))


def person_table(people: People, died: Floats, known: Floats) -> pa.Table:
    """died, known: inf where not known by the extract."""
    from features.synthetic.people import ETHNICITIES, LANGUAGES

    columns = {
        "person_id": id_column(people.ids, np.arange(people.ids.size)),
        "birth_date": date_column(np.floor(people.fixed["birth"])),
        "sex": text_column(("female", "male"), np.where(people.female, 0, 1)),
        "death_date": date_column(died),
        "death_known": time_column(known),
        "ethnicity": text_column(ETHNICITIES, people.ethnicity),
        "language": text_column(LANGUAGES, people.language),
    }
    return table(TABLES["person"], columns)
