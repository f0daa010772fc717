"""Small DE-SynPUF samples drawn as text: the columns that matter to a test, the rest as if real.

    write_sample(folder, beneficiaries='''
        id  year  months
        A   2008  12
    ''', claims='''
        id  claim  admitted  discharged
        A   1      20080301  20080305
    ''')

Outpatient claims, carrier claims (files A and B) and drug events are written where they are drawn.
A dash is an empty cell. `SHORT` lists short names; any other name is a column of the layout.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

SHORT: Mapping[str, str] = MappingProxyType(
    {
        "id": "DESYNPUF_ID",
        "birth": "BENE_BIRTH_DT",
        "death": "BENE_DEATH_DT",
        "sex": "BENE_SEX_IDENT_CD",
        "race": "BENE_RACE_CD",
        "state": "SP_STATE_CODE",
        "county": "BENE_COUNTY_CD",
        "months": "BENE_HI_CVRAGE_TOT_MONS",
        "hmo": "BENE_HMO_CVRAGE_TOT_MONS",
        "part_b": "BENE_SMI_CVRAGE_TOT_MONS",
        "plan": "PLAN_CVRG_MOS_NUM",
        "claim": "CLM_ID",
        "segment": "SEGMENT",
        "provider": "PRVDR_NUM",
        "paid": "CLM_PMT_AMT",
        "admitted": "CLM_ADMSN_DT",
        "discharged": "NCH_BENE_DSCHRG_DT",
        "drg": "CLM_DRG_CD",
        "admitting": "ADMTNG_ICD9_DGNS_CD",
        **{f"dx{n}": f"ICD9_DGNS_CD_{n}" for n in range(1, 11)},
        **{f"pr{n}": f"ICD9_PRCDR_CD_{n}" for n in range(1, 7)},
        **{f"hcpcs{n}": f"HCPCS_CD_{n}" for n in range(1, 46)},
        "from": "CLM_FROM_DT",
        "thru": "CLM_THRU_DT",
        "physician": "AT_PHYSN_NPI",
        **{f"npi{n}": f"PRF_PHYSN_NPI_{n}" for n in range(1, 14)},
        **{f"paid{n}": f"LINE_NCH_PMT_AMT_{n}" for n in range(1, 14)},
        **{f"line{n}": f"LINE_ICD9_DGNS_CD_{n}" for n in range(1, 14)},
        "event": "PDE_ID",
        "served": "SRVC_DT",
        "ndc": "PROD_SRVC_ID",
        "days": "DAYS_SUPLY_NUM",
        "drug_cost": "TOT_RX_CST_AMT",
    }
)

BENEFICIARY: Mapping[str, str] = MappingProxyType(
    {
        "DESYNPUF_ID": "A", "BENE_BIRTH_DT": "19400101", "BENE_DEATH_DT": "",
        "BENE_SEX_IDENT_CD": "2", "BENE_RACE_CD": "1", "BENE_ESRD_IND": "0",
        "SP_STATE_CODE": "39", "BENE_COUNTY_CD": "230", "BENE_HI_CVRAGE_TOT_MONS": "12",
        "BENE_SMI_CVRAGE_TOT_MONS": "12", "BENE_HMO_CVRAGE_TOT_MONS": "0",
        "PLAN_CVRG_MOS_NUM": "12", "SP_CHF": "1",
        "MEDREIMB_IP": "4000.00",
    }
)  # fmt: skip

CLAIM: Mapping[str, str] = MappingProxyType(
    {
        "DESYNPUF_ID": "A", "CLM_ID": "1", "SEGMENT": "1", "PRVDR_NUM": "3900MB",
        "CLM_PMT_AMT": "4000.00", "CLM_ADMSN_DT": "20080301", "ADMTNG_ICD9_DGNS_CD": "",
        "NCH_BENE_DSCHRG_DT": "20080305", "CLM_DRG_CD": "291",
    } | dict.fromkeys([n for n in SHORT.values() if n.startswith(("ICD9_", "HCPCS_"))], "")
)  # fmt: skip

OUTPATIENT: Mapping[str, str] = MappingProxyType(
    {
        "DESYNPUF_ID": "A", "CLM_ID": "501", "SEGMENT": "1", "CLM_FROM_DT": "20080601",
        "CLM_THRU_DT": "20080601", "PRVDR_NUM": "3902MB", "CLM_PMT_AMT": "150.00",
        "AT_PHYSN_NPI": "7001", "ADMTNG_ICD9_DGNS_CD": "",
    } | dict.fromkeys([n for n in CLAIM if n.startswith(("ICD9_", "HCPCS_"))], "")
)  # fmt: skip

CARRIER: Mapping[str, str] = MappingProxyType(
    {
        "DESYNPUF_ID": "A", "CLM_ID": "801", "CLM_FROM_DT": "20080701", "CLM_THRU_DT": "20080701",
    }
    | {f"ICD9_DGNS_CD_{n}": "" for n in range(1, 9)}
    | {f"{name}_{n}": "" for name in ("PRF_PHYSN_NPI", "TAX_NUM", "HCPCS_CD", "LINE_NCH_PMT_AMT",
                                      "LINE_ICD9_DGNS_CD") for n in range(1, 14)}
)  # fmt: skip

DRUG: Mapping[str, str] = MappingProxyType(
    {
        "DESYNPUF_ID": "A", "PDE_ID": "901", "SRVC_DT": "20080801", "PROD_SRVC_ID": "00093715698",
        "QTY_DSPNSD_NUM": "30.000", "DAYS_SUPLY_NUM": "30", "PTNT_PAY_AMT": "10.00",
        "TOT_RX_CST_AMT": "40.00",
    }
)  # fmt: skip

ALSO: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "outpatient": ("2008_to_2010_Outpatient_Claims_Sample_{}", OUTPATIENT),
        "carrier": ("2008_to_2010_Carrier_Claims_Sample_{}A", CARRIER),
        "carrier_b": ("2008_to_2010_Carrier_Claims_Sample_{}B", CARRIER),
        "drugs": ("2008_to_2010_Prescription_Drug_Events_Sample_{}", DRUG),
    }
)

YEARS = ("2008", "2009", "2010")
OPENED: Mapping[bool, Callable[..., IO[str]]] = MappingProxyType({False: open, True: gzip.open})


def rows_of(drawn: str, defaults: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows drawn, complete with defaults."""
    head, *body = [line.split() for line in drawn.strip().splitlines()]
    names = [SHORT.get(name, name) for name in head]
    assert all(len(line) == len(names) for line in body)
    plain = [["" if cell == "-" else cell for cell in line] for line in body]
    return [{**defaults, **dict(zip(names, line, strict=True))} for line in plain]


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """A CSV file as the publisher writes it: the header line quoted; gzipped where so named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with OPENED[path.suffix == ".gz"](path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerow(rows[0])
        csv.writer(file).writerows(row.values() for row in rows)


def write_sample(
    folder: Path, *, beneficiaries: str, claims: str = "id\nA", sample: int = 1, gz: bool = False,
    **also: str,
) -> Path:  # fmt: skip
    """The four files of a sample in `folder`, and those of `ALSO` that are drawn; a year nobody is
    drawn for has one person, Z."""
    ending = f"Sample_{sample}.csv{'.gz' * gz}"
    people = rows_of(beneficiaries, {**BENEFICIARY, "year": "2008"})
    for year in YEARS:
        rows = [row for row in people if row["year"] == year] or [
            {**BENEFICIARY, "DESYNPUF_ID": "Z"}
        ]
        named = [{name: row[name] for name in row if name != "year"} for row in rows]
        write_rows(folder / f"DE1_0_{year}_Beneficiary_Summary_File_{ending}", named)
    inpatient = folder / f"DE1_0_2008_to_2010_Inpatient_Claims_{ending}"
    write_rows(inpatient, rows_of(claims, CLAIM))
    for kind, drawn in also.items():
        stem, defaults = ALSO[kind]
        path = folder / f"DE1_0_{stem.format(sample)}.csv{'.gz' * gz}"
        write_rows(path, rows_of(drawn, defaults))
    return folder
