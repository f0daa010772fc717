"""POST /v1/risk: one person's risk with reasons, from their tables, a FHIR bundle, or by id."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, BeforeValidator, Field, NaiveDatetime, model_validator

from features.errors import InputError
from features.readers.fhir import tables_of_bundle
from features.tables.check import FIRST_DATE, LAST_DATE
from features.tables.contract import Tables
from features.tables.memory import tables_of
from serving.access import Principal
from serving.api.errors import responses
from serving.api.gate import principal
from serving.api.observe import Metrics
from serving.api.person import FIELDS, STRICT, PersonTables, Text, iso, rows_of
from serving.records import Records
from serving.scorer import Scorer
from serving.worklist.export import moment

Who = Annotated[Principal, Depends(principal)]


class RiskRequest(BaseModel):
    """Whom to score: exactly one of `person`, `person_id` and `bundle`."""

    model_config = STRICT

    models: list[Text] = Field(
        default_factory=list, max_length=20, description="Names of models; empty: all of them."
    )
    as_of: Annotated[NaiveDatetime, Field(strict=False), BeforeValidator(iso)] | None = Field(
        default=None,
        description="The moment whose knowledge is used, local time. By default the morning after "
        "the last day of the History; needed with `person` and `bundle`.",
    )
    person: PersonTables | None = Field(default=None, description="The person's own History.")  # type: ignore[valid-type]
    person_id: Text | None = Field(default=None, description="Someone of the service's History.")
    bundle: dict[str, object] | None = Field(
        default=None,
        description="A FHIR R4 Bundle of the person's resources, read as `caseload ingest --from "
        "fhir` reads them.",
    )

    @model_validator(mode="after")
    def _one(self) -> RiskRequest:
        if sum(told is not None for told in (self.person, self.person_id, self.bundle)) != 1:
            raise ValueError("give exactly one of person, person_id and bundle")
        return self


class ReasonOut(BaseModel):
    domain: str = Field(description="Clinical domain.")
    contribution: float = Field(description="Part of the log-odds of the risk.")
    text: str = Field(description="In words for a clinician.")
    patient_text: str = Field(description="In words for the patient.")
    modifiable: bool = Field(description="Whether care can change it.")


class CompletenessOut(BaseModel):
    share: float = Field(description="Share of the model's inputs that could be read, 0 to 1.")
    missing: list[str] = Field(description="Inputs that could not be read.")


class ResultOut(BaseModel):
    model: str
    version: str
    index_at: datetime | None = Field(description="The moment the score is for, local time.")
    status: Literal["scored", "insufficient"] = Field(
        description="insufficient: the main inputs could not be read; no risk is given."
    )
    risk: float | None = Field(description="Calibrated probability.")
    percentile: float | None = Field(
        description="Share of the model's training population with a lower risk, 0 to 100."
    )
    base: float | None = Field(
        description="Log-odds; base plus all contributions is the log-odds of the risk."
    )
    reasons: list[ReasonOut] = Field(description="All clinical domains, the largest part first.")
    completeness: CompletenessOut


class RiskAnswer(BaseModel):
    person_id: str
    as_of: str
    results: list[ResultOut]


REQUEST_FIELDS = frozenset(RiskRequest.model_fields) | FIELDS | {"body"}
EXAMPLES = {
    "known": {
        "summary": "Someone of the service's History",
        "value": {"models": ["complexity"], "person_id": "a"},
    },
    "own": {
        "summary": "A person's own tables",
        "value": {
            "models": ["complexity"],
            "as_of": "2025-01-01",
            "person": {
                "person": [{"person_id": "a", "birth_date": "1940-05-02", "sex": "female"}],
                "coverage": [
                    {"from_at": "2020-01-01", "known_at": "2020-01-01", "kind": "all"},
                ],
            },
        },
    },
}


def _asked_day(as_of: datetime | None) -> datetime:
    """The moment that is asked about. Raises InputError for none, and for one that cannot be."""
    if as_of is None:
        raise InputError("as_of is missing", where="as_of", cure="say the moment, ISO time")
    if not FIRST_DATE <= as_of.date() <= LAST_DATE:
        raise InputError(
            "no fact can be of that day",
            where="as_of",
            cure=f"choose a day from {FIRST_DATE} to {LAST_DATE}",
        )
    return as_of


def _living(tables: Tables) -> Tables:
    """The tables as they are. Raises InputError for someone who has died."""
    if tables["person"].column("death_date").null_count == 0:
        raise InputError(
            "this person has died; nobody known to have died is scored",
            where="person.death_date",
            cure="score people who are alive",
        )
    return tables


def _sent(asked: RiskRequest) -> Tables:
    """The tables of the one person that was sent. Raises InputError for nobody, or for several."""
    if asked.bundle is None:
        return tables_of(rows_of(cast(BaseModel, asked.person)))
    tables = tables_of_bundle(asked.bundle)
    if tables["person"].num_rows != 1:
        raise InputError(
            f"the bundle is of {tables['person'].num_rows} people",
            where="bundle",
            cure="send one Patient with that person's resources",
        )
    return tables


def risk(scorer: Scorer, records: Records, metrics: Metrics) -> APIRouter:
    """The route of scoring."""
    router = APIRouter(prefix="/v1", tags=["risk"])

    @router.post(
        "/risk",
        response_model=RiskAnswer,
        responses=responses(400, 404, 413, 422),
        summary="Risk of one person, with reasons",
    )
    def assess(
        who: Who, asked: Annotated[RiskRequest, Body(openapi_examples=EXAMPLES)]
    ) -> dict[str, object]:
        if asked.person_id is not None:
            as_of = asked.as_of or records.last_moment()
            tables = records.person(who, asked.person_id, as_of)
        else:
            as_of, tables = _asked_day(asked.as_of), _living(_sent(asked))
        results = scorer.assess(tables, as_of, asked.models)
        for result in results:
            metrics.scores.labels(result.model, result.version, result.status).inc()
        return {
            "person_id": tables["person"].column("person_id")[0].as_py(),
            "as_of": moment(as_of),
            "results": [result.to_json() for result in results],
        }

    return router
