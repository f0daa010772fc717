"""Tables and columns of the OMOP Common Data Model that are read, versions 5.2 to 5.4.

Source: OHDSI, CommonDataModel, field-level definitions of versions 5.2, 5.3 and 5.4. Column names
of the older versions stand under `also`. A column that only some extracts carry is optional.
"""

from __future__ import annotations

from features.readers.layout import Layout, Type


def _columns(names: str, kind: Type) -> dict[str, Type]:
    return dict.fromkeys(names.split(), kind)


PERSON = Layout(
    "person",
    "person",
    ("person_id",),
    _columns("person_id gender_concept_id year_of_birth", "whole"),
    {
        **_columns("month_of_birth day_of_birth race_concept_id ethnicity_concept_id", "whole"),
        **_columns("location_id provider_id care_site_id", "whole"),
        **_columns("gender_source_value race_source_value ethnicity_source_value", "text"),
        "birth_datetime": "time",
    },
    {"birth_datetime": ("time_of_birth",)},
)
DEATH = Layout(
    "death", "person", ("person_id",), {"person_id": "whole", "death_date": "date"}
)  # fmt: skip
LOCATION = Layout(
    "location", "registration", ("location_id",),
    {"location_id": "whole"}, _columns("state county", "text"),
)  # fmt: skip
CARE_SITE = Layout(
    "care_site", "registration", ("care_site_id",),
    {"care_site_id": "whole"}, {"location_id": "whole"},
)  # fmt: skip
PROVIDER = Layout(
    "provider", "registration", ("provider_id",), {"provider_id": "whole"},
    {**_columns("specialty_concept_id care_site_id", "whole"), "specialty_source_value": "text"},
)  # fmt: skip
OBSERVATION_PERIOD = Layout(
    "observation_period",
    "coverage",
    ("person_id",),
    {
        "person_id": "whole",
        **_columns("observation_period_start_date observation_period_end_date", "date"),
    },
)
PAYER_PLAN_PERIOD = Layout(
    "payer_plan_period",
    "coverage",
    ("person_id",),
    {
        "person_id": "whole",
        **_columns("payer_plan_period_start_date payer_plan_period_end_date", "date"),
    },
)
VISIT_OCCURRENCE = Layout(
    "visit_occurrence",
    "visit",
    ("visit_occurrence_id", "person_id"),
    {
        **_columns("visit_occurrence_id person_id visit_concept_id", "whole"),
        "visit_start_date": "date",
    },
    {
        "visit_end_date": "date",
        **_columns("visit_start_datetime visit_end_datetime", "time"),
        **_columns("provider_id care_site_id", "whole"),
        **_columns("admitted_from_concept_id discharged_to_concept_id", "whole"),
        **_columns("admitted_from_source_value discharged_to_source_value", "text"),
    },
    {
        "admitted_from_concept_id": ("admitting_source_concept_id",),
        "admitted_from_source_value": ("admitting_source_value",),
        "discharged_to_concept_id": ("discharge_to_concept_id",),
        "discharged_to_source_value": ("discharge_to_source_value",),
    },
)
VISIT_DETAIL = Layout(
    "visit_detail",
    "visit",
    ("visit_detail_id",),
    {"visit_detail_id": "whole"},
    _columns("visit_occurrence_id parent_visit_detail_id", "whole"),
    {"parent_visit_detail_id": ("visit_detail_parent_id",)},
)

_TIED = _columns("visit_occurrence_id visit_detail_id", "whole")

CONDITION_OCCURRENCE = Layout(
    "condition_occurrence",
    "diagnosis",
    ("person_id",),
    {
        **_columns("person_id condition_concept_id", "whole"),
        "condition_start_date": "date",
    },
    {
        **_TIED,
        **_columns("condition_source_concept_id condition_type_concept_id", "whole"),
        "condition_status_concept_id": "whole",
        "condition_source_value": "text",
    },
)
PROCEDURE_OCCURRENCE = Layout(
    "procedure_occurrence",
    "procedure",
    ("person_id",),
    {**_columns("person_id procedure_concept_id", "whole"), "procedure_date": "date"},
    {
        **_TIED,
        **_columns("procedure_source_concept_id procedure_type_concept_id", "whole"),
        "procedure_source_value": "text",
    },
)
DRUG_EXPOSURE = Layout(
    "drug_exposure",
    "dispensing",
    ("person_id",),
    {**_columns("person_id drug_concept_id", "whole"), "drug_exposure_start_date": "date"},
    {
        **_columns("drug_exposure_id drug_source_concept_id drug_type_concept_id", "whole"),
        "days_supply": "number",
        "drug_source_value": "text",
    },
)
MEASUREMENT = Layout(
    "measurement",
    "measurement",
    ("person_id",),
    {**_columns("person_id measurement_concept_id", "whole"), "measurement_date": "date"},
    {
        **_TIED,
        **_columns("measurement_source_concept_id value_as_concept_id unit_concept_id", "whole"),
        "operator_concept_id": "whole",
        **_columns("measurement_source_value unit_source_value value_source_value", "text"),
        "measurement_datetime": "time",
        "value_as_number": "number",
    },
)
OBSERVATION = Layout(
    "observation",
    "measurement",
    ("person_id",),
    {**_columns("person_id observation_concept_id", "whole"), "observation_date": "date"},
    {
        **_TIED,
        **_columns("observation_source_concept_id value_as_concept_id unit_concept_id", "whole"),
        **_columns("observation_source_value unit_source_value value_source_value", "text"),
        "value_as_string": "text",
        "observation_datetime": "time",
        "value_as_number": "number",
    },
)
COST = Layout(
    "cost",
    "visit",
    ("cost_event_id",),
    {"cost_event_id": "whole", "cost_domain_id": "text"},
    {
        **_columns("total_cost total_paid", "number"),
        **_columns("drg_concept_id currency_concept_id", "whole"),
        "drg_source_value": "text",
    },
)
CONCEPT = Layout(
    "concept",
    "diagnosis",
    ("concept_id",),
    {
        "concept_id": "whole",
        **_columns("concept_name vocabulary_id concept_code", "text"),
    },
    {"concept_class_id": "text"},
)
CONCEPT_ANCESTOR = Layout(
    "concept_ancestor",
    "visit",
    ("descendant_concept_id",),
    _columns("ancestor_concept_id descendant_concept_id", "whole"),
    {"min_levels_of_separation": "whole"},
)
VOCABULARY = (CONCEPT, CONCEPT_ANCESTOR)
"""Tables that may lie in another schema than the rest, and that come tab-delimited from Athena."""
