"""Writes a History as an OMOP CDM 5.4 of Parquet files, with a table CONCEPT of the codes used.

OMOP numbers everything, so `carried` numbers people, stays, visits, sites and clinicians, and says
what else changes on the way; `export` writes those tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb

from features.readers.delays import CODED_AFTER
from features.readers.omop.words import SYSTEMS
from features.tables.contract import Tables
from features.tables.schema import TABLES

CARRIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": ("birth_date", "sex", "death_date", "ethnicity"),
        "registration": ("practice_id", "locality"),
        "coverage": ("from_at", "to_at", "kind"),
        "stay": (
            "stay_id", "facility_id", "setting", "admitted_at", "discharged_at", "admitted_from",
            "discharged_to", "specialty", "drg", "cost",
        ),
        "visit": ("visit_id", "at", "setting", "provider_id", "facility_id", "specialty", "cost"),
        "diagnosis": ("stay_id", "visit_id", "at", "code_system", "code", "position"),
        "procedure": ("stay_id", "visit_id", "at", "code_system", "code", "position"),
        "dispensing": ("at", "code_system", "code", "days_supply", "cost"),
        "measurement": ("at", "code_system", "code", "value", "unit", "text"),
    }
)  # fmt: skip
"""Not carried: language; programme; all registrations but the last, and when it began; coverage of
less than everything; admission methods, but an emergency by way of the emergency department; day
cases; that a visit was primary care; the hour of codes and supplies; ingredients as a system of
codes; long-term and home-health stays."""

STAYS = {
    "acute": 9201, "emergency": 9203, "nursing_facility": 42898160, "hospice": 8546,
    "rehabilitation": 700_061, "psychiatric": 700_051,
}  # fmt: skip
VISITS = {"outpatient": 9202, "telehealth": 5083, "home_visit": 581476, "other": 581458}
PLACES = {
    "home": 8536, "emergency": 8870, "acute": 8717, "nursing_facility": 8863, "hospice": 8546,
    "rehabilitation": 700_061, "psychiatric": 700_051, "home_health": 710_006,
    "against_advice": 710_007, "died": 710_020, "other": 710_099,
}  # fmt: skip
CONCEPTS = (
    (8507, "MALE", "Gender", "M"), (8532, "FEMALE", "Gender", "F"), (8521, "OTHER", "Gender", "O"),
    (700_061, "Inpatient rehabilitation", "CMS Place of Service", "61"),
    (700_051, "Inpatient psychiatric", "CMS Place of Service", "51"),
    (710_006, "Discharged to home health", "UB04 Pt dis status", "06"),
    (710_007, "Left against medical advice", "UB04 Pt dis status", "07"),
    (710_020, "Expired", "UB04 Pt dis status", "20"),
    (710_099, "Somewhere", "CMS Place of Service", "99"),
)  # fmt: skip
RACE, PLACE_OF_CODE, CODE = 720_000, 730_000, 2_000_000_000
VOCABULARIES = {system: name for name, system in SYSTEMS.items()}
SEXES = {"male": 8507, "female": 8532, "other": 8521, "unknown": 0}

NUMBERS = """
CREATE TABLE people AS SELECT person_id, row_number() OVER (ORDER BY person_id) AS n FROM person;
CREATE TABLE stays AS SELECT person_id, stay_id,
    row_number() OVER (ORDER BY person_id, stay_id) AS n FROM stay
    WHERE setting NOT IN ('long_term', 'home_health');
CREATE TABLE visits AS SELECT person_id, visit_id, 1000000 + row_number() OVER (
    ORDER BY person_id, visit_id) AS n FROM visit;
CREATE TABLE sites AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM (
    SELECT facility_id AS id FROM stay UNION SELECT facility_id FROM visit
    UNION SELECT practice_id FROM registration) WHERE id IS NOT NULL;
CREATE TABLE clinicians AS SELECT *, row_number() OVER (ORDER BY provider_id, specialty) AS n FROM (
    SELECT DISTINCT provider_id, specialty FROM visit WHERE provider_id IS NOT NULL);
CREATE TABLE final AS SELECT max("at")::DATE AS day FROM (
    SELECT max(admitted_at) AS "at" FROM stay UNION ALL SELECT max(discharged_at) FROM stay
    UNION ALL SELECT max("at") FROM visit UNION ALL SELECT max("at") FROM diagnosis
    UNION ALL SELECT max("at") FROM procedure UNION ALL SELECT max("at") FROM dispensing
    UNION ALL SELECT max("at") FROM measurement WHERE value IS NOT NULL OR text IS NOT NULL);
CREATE TABLE began AS SELECT person_id, min(from_at)::DATE::TIMESTAMP AS "at" FROM coverage
    WHERE kind = 'all' GROUP BY ALL;
"""

PLAIN: Mapping[str, str] = {
    "person": """
        SELECT n::VARCHAR AS person_id, birth_date, sex, death_date,
            death_date::TIMESTAMP AS death_known, ethnicity, NULL AS language
        FROM person JOIN people USING (person_id)""",
    "registration": """
        SELECT people.n::VARCHAR AS person_id, "at" AS from_at, "at" AS known_at,
            sites.n::VARCHAR AS practice_id, locality
        FROM (SELECT * FROM registration QUALIFY row_number() OVER (
            PARTITION BY person_id ORDER BY from_at DESC) = 1)
        JOIN people USING (person_id) JOIN began USING (person_id)
        LEFT JOIN sites ON sites.id = practice_id
        WHERE practice_id IS NOT NULL OR locality IS NOT NULL""",
    "coverage": """
        SELECT n::VARCHAR AS person_id, from_at::DATE::TIMESTAMP AS from_at,
            CASE WHEN to_at::DATE - 1 < day THEN to_at::DATE::TIMESTAMP END AS to_at,
            from_at::DATE::TIMESTAMP AS known_at, kind
        FROM coverage JOIN people USING (person_id), final WHERE kind = 'all'""",
    "stay": f"""
        SELECT people.n::VARCHAR AS person_id, stays.n::VARCHAR AS stay_id,
            sites.n::VARCHAR AS facility_id, setting, admitted_at, discharged_at,
            admitted_at AS admitted_known, discharged_at AS discharged_known,
            discharged_at + INTERVAL {CODED_AFTER} DAY AS coded_known,
            CASE WHEN setting = 'acute' AND admission_method = 'emergency'
                AND admitted_from = 'emergency' THEN 'emergency' ELSE 'unknown'
                END AS admission_method,
            admitted_from, coalesce(discharged_to, CASE WHEN death_date BETWEEN admitted_at::DATE
                AND discharged_at::DATE THEN 'died' END) AS discharged_to,
            specialty, drg, cost
        FROM stay JOIN stays USING (person_id, stay_id) JOIN people USING (person_id)
        JOIN person USING (person_id) LEFT JOIN sites ON sites.id = facility_id""",
    "visit": """
        SELECT people.n::VARCHAR AS person_id, visits.n::VARCHAR AS visit_id,
            "at", "at" AS known_at,
            CASE setting WHEN 'primary_care' THEN 'outpatient' ELSE setting END AS setting,
            clinicians.n::VARCHAR AS provider_id, sites.n::VARCHAR AS facility_id,
            clinicians.specialty, cost
        FROM visit JOIN visits USING (person_id, visit_id) JOIN people USING (person_id)
        LEFT JOIN sites ON sites.id = facility_id
        LEFT JOIN clinicians ON clinicians.provider_id = visit.provider_id
            AND clinicians.specialty IS NOT DISTINCT FROM visit.specialty""",
    **{
        name: f"""
        SELECT people.n::VARCHAR AS person_id, stays.n::VARCHAR AS stay_id,
            visits.n::VARCHAR AS visit_id, fact."at"::DATE::TIMESTAMP AS "at",
            CASE WHEN stays.n IS NULL
                THEN greatest(coalesce(visit."at", fact."at"::DATE), fact."at"::DATE)
                ELSE greatest(coalesce(discharged_at, admitted_at) + INTERVAL {CODED_AFTER} DAY,
                fact."at"::DATE) END AS known_at,
            code_system, code, position
        FROM {name} AS fact JOIN people USING (person_id)
        LEFT JOIN stays ON (stays.person_id, stays.stay_id) = (fact.person_id, fact.stay_id)
        LEFT JOIN stay ON (stay.person_id, stay.stay_id) = (stays.person_id, stays.stay_id)
        LEFT JOIN visits ON (visits.person_id, visits.visit_id) = (fact.person_id, fact.visit_id)
        LEFT JOIN visit
            ON (visit.person_id, visit.visit_id) = (visits.person_id, visits.visit_id)"""
        for name in ("diagnosis", "procedure")
    },
    "dispensing": """
        SELECT n::VARCHAR AS person_id, "at"::DATE::TIMESTAMP AS "at",
            "at"::DATE::TIMESTAMP AS known_at, replace(code_system, 'INGREDIENT', 'LOCAL')
            AS code_system, code, days_supply, cost
        FROM dispensing JOIN people USING (person_id)""",
    "measurement": """
        SELECT n::VARCHAR AS person_id, "at", "at" AS known_at, code_system, code, value, unit, text
        FROM measurement JOIN people USING (person_id)
        WHERE value IS NOT NULL OR text IS NOT NULL""",
}  # fmt: skip


def carried(tables: Tables) -> Tables:
    """The tables as OMOP has them, known when the reader declares."""
    with duckdb.connect() as db:
        for name, rows in tables.items():
            db.register(name, rows)
        db.execute(NUMBERS)
        made = {name: db.sql(query).to_arrow_table() for name, query in PLAIN.items()}
    return {
        name: made[name] if name in made else table.schema.empty_table()
        for name, table in TABLES.items()
    }


def export(tables: Tables, folder: Path) -> Path:
    """A folder of Parquet files of a History's tables."""
    folder.mkdir()
    with duckdb.connect() as db:
        for name, rows in carried(tables).items():
            db.register(name, rows)
        db.execute(_vocabulary())
        for name, query in _files().items():
            db.sql(query).write_parquet(str(folder / f"{name}.parquet"))
    return folder


def _case(value: str, words: Mapping[str, int]) -> str:
    """SQL: the number of each word; 0 for a null."""
    cases = " ".join(f"WHEN '{word}' THEN {number}" for word, number in words.items())
    return f"CASE {value} {cases} ELSE 0 END"


def _vocabulary() -> str:
    """SQL: the tables concept, codes, races and doctors."""
    systems = ", ".join(f"('{system}', '{name}')" for system, name in VOCABULARIES.items())
    rows = ", ".join(f"({i}, '{name}', '{of}', '{code}')" for i, name, of, code in CONCEPTS)
    return f"""
    CREATE TABLE systems AS FROM (VALUES {systems}) AS s(code_system, vocabulary_id);
    CREATE TABLE codes AS SELECT *, {CODE} + row_number() OVER (ORDER BY code_system, code) AS id
        FROM (SELECT code_system, code FROM diagnosis UNION SELECT code_system, code FROM procedure
            UNION SELECT code_system, code FROM dispensing
            UNION SELECT code_system, code FROM measurement) JOIN systems USING (code_system);
    CREATE TABLE races AS SELECT ethnicity, {RACE} + row_number() OVER (ORDER BY ethnicity) AS id
        FROM (SELECT DISTINCT ethnicity FROM person WHERE ethnicity IS NOT NULL);
    CREATE TABLE doctors AS SELECT specialty, 500000 + row_number() OVER (ORDER BY specialty) AS id
        FROM (SELECT DISTINCT specialty FROM stay WHERE specialty IS NOT NULL);
    CREATE TABLE areas AS SELECT locality, row_number() OVER (ORDER BY locality) AS id
        FROM (SELECT DISTINCT locality FROM registration WHERE locality IS NOT NULL);
    CREATE TABLE supplies AS SELECT *, row_number() OVER () AS id FROM dispensing;
    CREATE TABLE concept AS
        SELECT i AS concept_id, name AS concept_name, v AS vocabulary_id, c AS concept_code
        FROM (VALUES {rows}) AS t(i, name, v, c)
        UNION ALL SELECT id, code, vocabulary_id, code FROM codes
        UNION ALL SELECT id, ethnicity, 'Race', 'r' || id FROM races
        UNION ALL SELECT {PLACE_OF_CODE} + p, 'Inpatient header - ' || p || 'th position',
            'Condition Type', 'p' || p FROM range(1, 100) AS r(p);
    """


def _files() -> Mapping[str, str]:
    """SQL of each file."""
    via = f"CASE WHEN admission_method = 'emergency' THEN 262 ELSE {_case('setting', STAYS)} END"
    position = f"coalesce({PLACE_OF_CODE} + position, 0)"
    visit = "coalesce(stay_id, visit_id)::BIGINT AS visit_occurrence_id"
    coded = "LEFT JOIN codes USING (code_system, code)"
    result = f"""
        SELECT person_id::BIGINT AS person_id, {{0}}_concept_id: coalesce(id, 0),
            {{0}}_source_concept_id: coalesce(id, 0), {{0}}_source_value: code,
            {{0}}_date: "at"::DATE, {{0}}_datetime: "at", value_as_number: value,
            unit_source_value: unit {{1}} FROM measurement {coded}"""
    return {
        "person": f"""
            SELECT person_id::BIGINT AS person_id, {_case("sex", SEXES)} AS gender_concept_id,
                year(birth_date) AS year_of_birth, month(birth_date) AS month_of_birth,
                day(birth_date) AS day_of_birth, coalesce(races.id, 0) AS race_concept_id,
                practice_id::BIGINT AS care_site_id, areas.id AS location_id
            FROM person LEFT JOIN races USING (ethnicity)
            LEFT JOIN registration USING (person_id) LEFT JOIN areas USING (locality)""",
        "death": "SELECT person_id::BIGINT AS person_id, death_date FROM person "
        "WHERE death_date IS NOT NULL",
        "location": "SELECT id AS location_id, locality AS county FROM areas",
        "provider": "SELECT id AS provider_id, specialty AS specialty_source_value FROM doctors "
        "UNION ALL SELECT DISTINCT provider_id::BIGINT, specialty FROM visit "
        "WHERE provider_id IS NOT NULL",
        "observation_period": f"""
            SELECT person_id::BIGINT AS person_id, from_at::DATE AS observation_period_start_date,
                coalesce(to_at::DATE - 1, {LAST}) AS observation_period_end_date
            FROM coverage""",
        "visit_occurrence": f"""
            SELECT stay_id::BIGINT AS visit_occurrence_id, person_id::BIGINT AS person_id,
                {via} AS visit_concept_id, admitted_at::DATE AS visit_start_date,
                admitted_at AS visit_start_datetime, discharged_at::DATE AS visit_end_date,
                discharged_at AS visit_end_datetime, facility_id::BIGINT AS care_site_id,
                doctors.id AS provider_id,
                {_case("admitted_from", PLACES)} AS admitted_from_concept_id,
                {_case("discharged_to", PLACES)} AS discharged_to_concept_id
            FROM stay LEFT JOIN doctors USING (specialty)
            UNION ALL SELECT visit_id::BIGINT, person_id::BIGINT, {_case("setting", VISITS)},
                "at"::DATE, "at", "at"::DATE, "at", facility_id::BIGINT, provider_id::BIGINT, 0, 0
            FROM visit""",
        "condition_occurrence": f"""
            SELECT person_id::BIGINT AS person_id, {visit}, "at"::DATE AS condition_start_date,
                0 AS condition_concept_id, coalesce(id, 0) AS condition_source_concept_id,
                code AS condition_source_value, {position} AS condition_type_concept_id
            FROM diagnosis {coded}""",
        "procedure_occurrence": f"""
            SELECT person_id::BIGINT AS person_id, {visit}, "at"::DATE AS procedure_date,
                0 AS procedure_concept_id, coalesce(id, 0) AS procedure_source_concept_id,
                code AS procedure_source_value, {position} AS procedure_type_concept_id
            FROM procedure {coded}""",
        "drug_exposure": f"""
            SELECT supplies.id AS drug_exposure_id, person_id::BIGINT AS person_id,
                "at"::DATE AS drug_exposure_start_date, 0 AS drug_concept_id,
                coalesce(codes.id, 0) AS drug_source_concept_id, code AS drug_source_value,
                days_supply FROM supplies {coded}""",
        "measurement": result.format("measurement", "") + " WHERE text IS NULL",
        "observation": result.format("observation", ", value_as_string: text")
        + " WHERE text IS NOT NULL",
        "cost": """
            SELECT stay_id::BIGINT AS cost_event_id, 'Visit' AS cost_domain_id, cost AS total_paid,
                drg AS drg_source_value FROM stay WHERE cost IS NOT NULL OR drg IS NOT NULL
            UNION ALL SELECT visit_id::BIGINT, 'Visit', cost, NULL FROM visit
            WHERE cost IS NOT NULL
            UNION ALL SELECT id, 'Drug', cost, NULL FROM supplies WHERE cost IS NOT NULL""",
        "concept": "FROM concept",
    }


LAST = """(SELECT max("at")::DATE FROM (SELECT max(admitted_at) AS "at" FROM stay
    UNION ALL SELECT max(discharged_at) FROM stay UNION ALL SELECT max("at") FROM visit
    UNION ALL SELECT max("at") FROM diagnosis UNION ALL SELECT max("at") FROM procedure
    UNION ALL SELECT max("at") FROM dispensing UNION ALL SELECT max("at") FROM measurement))"""
"""SQL: the last day of any fact: how far an open period is known to go."""
