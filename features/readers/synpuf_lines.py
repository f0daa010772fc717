"""Physicians' claims and drug events of the DE-SynPUF as visits, codes and supplies.

A physician's claim is one row of up to 13 lines, and there are millions of them: each is made long
in one pass, without a join.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from features.readers.delays import CODED_AFTER
from features.readers.synpuf_claims import (
    KEY,
    facts_of,
    long_of,
    numbered,
    values_of,
)
from features.readers.synpuf_layout import CARRIER_DIAGNOSES, CONTACTS, LINES, NDC
from features.readers.workshop import counted, day

CLAIM = (*KEY, "stay_id", "visit_id", "at", "known_at")


def carrier_claims(rows: ir.Table) -> ir.Table:
    """The claims of physicians with their dates; a claim is one row of the file."""
    at = day(rows.CLM_FROM_DT)
    return rows.mutate(
        at=at,
        known_at=day(rows.CLM_THRU_DT).coalesce(at) + ibis.interval(days=CODED_AFTER),
        stay_id=ibis.null("string"),
        visit_id=rows.CLM_ID,
    )


def carrier_visits(claims: ir.Table) -> ir.Table:
    """One row per claim: the clinician of the first line that names one, the money of all lines."""
    paid = [claims[c].cast("float64") for c in numbered("LINE_NCH_PMT_AMT_", LINES)]
    total = reduce(lambda a, b: a + b, (amount.fill_null(0) for amount in paid))
    clinicians = [claims[c] for c in numbered("PRF_PHYSN_NPI_", LINES)]
    return claims.select(
        "visit_id", "at", "known_at",
        provider_id=ibis.coalesce(*clinicians),
        facility_id=ibis.null("string"),
        person_id=claims.DESYNPUF_ID,
        setting=_contact(claims),
        cost=ibis.ifelse(ibis.coalesce(*paid).notnull(), total, None),
    )  # fmt: skip


def _contact(claims: ir.Table) -> ir.StringValue:
    lines = [claims[c] for c in numbered("HCPCS_CD_", LINES)]
    return ibis.cases(
        *(
            (reduce(or_, (line.isin(codes).fill_null(False) for line in lines)), setting)
            for setting, codes in CONTACTS
        ),
        else_="other",
    )


def line_codes(claims: ir.Table, system: str, prefix: str, places: int) -> ir.Table:
    """Codes of the numbered columns of carrier claims, a row each."""
    columns = numbered(prefix, places)
    long = long_of(claims.select(*CLAIM, *columns), columns)
    return facts_of(long.mutate(position=long.place), system)


def line_diagnoses(claims: ir.Table) -> ir.Table:
    """Diagnoses of single lines that the claim itself does not list, once each, of no position."""
    own = ibis.array(
        [claims[c].fill_null("") for c in numbered("ICD9_DGNS_CD_", CARRIER_DIAGNOSES)]
    )
    lines = ibis.array([claims[c] for c in numbered("LINE_ICD9_DGNS_CD_", LINES)])
    wide = claims.select(*CLAIM, own=own, lines=lines)
    more = wide.lines.filter(lambda code: code.notnull() & ~wide.own.contains(code)).unique()
    long = wide.select(*CLAIM, code=more.unnest(), position=ibis.null("int32"))
    return facts_of(long, "ICD-9-CM")


def repeated_line_diagnoses(claims: ir.Table) -> int:
    """How many diagnoses of lines say again what the claim or another line says."""
    columns = numbered("LINE_ICD9_DGNS_CD_", LINES)
    return values_of(claims, columns) - counted(line_diagnoses(claims))


def supplies(events: ir.Table) -> ir.Table:
    """One row per drug event. A product that is no NDC of 11 digits is of a system of its own."""
    at, product = day(events.SRVC_DT), events.PROD_SRVC_ID
    return events.select(
        person_id=events.DESYNPUF_ID,
        at=at,
        known_at=at,
        code_system=ibis.ifelse(product.re_search(NDC).fill_null(False), "NDC", "LOCAL"),
        code=product,
        days_supply=events.DAYS_SUPLY_NUM,
        cost=events.TOT_RX_CST_AMT,
    )
