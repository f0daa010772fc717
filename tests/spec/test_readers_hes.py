"""Hospital Episode Statistics by the shipped mapping: episodes in, provider spells as stays out."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.readers.table.load import SHIPPED
from tests.table_files import Loaded, read

pytestmark = pytest.mark.spec

HES = "EPIKEY PROCODE3 CLASSPAT ADMIDATE EPISTART EPIEND EPIORDER EPISTAT DISDATE DISMETH DISDEST "
HES += "ADMIMETH ADMISORC TRETSPEF DIAG_4_01 DIAG_4_02 OPERTN_4_01 "
HES += "PSEUDO_HESID MAINSPEF SEX ETHNOS MYDOB"
EMPTY = [f"DIAG_4_{n:02d}" for n in range(3, 15)] + [f"OPERTN_4_{n:02d}" for n in range(2, 13)]


def hes(folder: Path, episodes: str) -> Loaded:
    """Episodes of one man by HES as shipped; columns that are not drawn are empty or absent."""
    others = " A 300 1 A 031938" + " -" * len(EMPTY)
    lines = [line.strip() + others for line in episodes.strip().splitlines()]
    mapping = (SHIPPED / "hes.toml").read_text(encoding="utf-8")
    return read(folder, mapping, x_apc_x="\n".join([" ".join([HES, *EMPTY]), *lines]))


def test_episodes_of_one_provider_spell_are_one_stay(tmp_path: Path) -> None:
    loaded = hes(tmp_path, """
        2 RAA 1 2019-04-01 2019-04-03 2019-04-09 2 3 2019-04-09 1 54 21 19 430 J189 I10X A111
        1 RAA 1 2019-04-01 2019-04-01 2019-04-03 1 3 - 8 98 21 19 300 R074 - -
        3 RBB 1 2019-04-09 2019-04-09 2019-04-20 1 3 2019-04-20 4 79 2B 51 300 J189 - -
    """)  # fmt: skip
    columns = ("facility_id", "admitted_at", "discharged_at", "discharged_to", "admission_method",
               "specialty")  # fmt: skip
    assert loaded.told("stay", *columns) == [
        ("RAA", "2019-04-01", "2019-04-09", "nursing_facility", "emergency", "430"),
        ("RBB", "2019-04-09", "2019-04-20", "died", "transfer", "300"),
    ]
    assert loaded.count("stay") == {"read": 3, "kept": 2, "merged": 1, "rejected": {}}
    assert loaded.told("diagnosis", "at", "code", "position") == [
        ("2019-04-01", "R074", 1), ("2019-04-03", "I10", 22), ("2019-04-03", "J189", 21),
        ("2019-04-09", "J189", 1),
    ]  # fmt: skip
    assert loaded.told("person", "birth_date", "death_date", "sex") == [
        ("1938-03-01", "2019-04-20", "male")
    ]


def test_regular_attenders_have_a_spell_for_each_episode(tmp_path: Path) -> None:
    loaded = hes(tmp_path, """
        1 RAA 3 2019-04-01 2019-04-01 2019-04-01 1 3 2019-04-01 1 19 13 19 361 N185 - -
        2 RAA 3 2019-04-01 2019-04-01 2019-04-01 2 3 2019-04-01 1 19 13 19 361 N185 - -
    """)  # fmt: skip
    assert loaded.told("stay", "day_case", "admission_method") == [(True, "elective")] * 2


def test_an_episode_sent_twice_or_finished_later_counts_once(tmp_path: Path) -> None:
    loaded = hes(tmp_path, """
        1 RAA 1 2019-03-20 2019-03-20 - 1 1 - 8 98 21 19 300 J189 - -
        7 RAA 1 2019-03-20 2019-03-20 2019-04-09 1 3 2019-04-09 1 19 21 19 300 J189 - -
        8 RAA 1 2019-03-20 2019-03-20 2019-04-09 1 3 2019-04-09 1 19 21 19 300 J189 - -
    """)  # fmt: skip
    assert loaded.told("stay", "discharged_at") == [("2019-04-09",)]
    assert loaded.told("diagnosis", "position") == [(1,)]
    assert loaded.left_out("stay") == {
        "rows of apc: the same episode again": 1,
        "rows of apc: unfinished, and there again as finished": 1,
    }


def test_placeholder_dates_are_unknown(tmp_path: Path) -> None:
    loaded = hes(tmp_path, """
        1 RAA 1 2019-04-01 2019-04-01 2019-04-03 1 3 1801-01-01 1 19 21 19 300 - - -
    """)  # fmt: skip
    assert loaded.told("stay", "discharged_at", "discharged_known") == [(None, None)]


ATTENDANCES = """
    PSEUDO_HESID AEKEY PROCODE3 ARRIVALDATE ARRIVALTIME DEPTIME DEPDUR AEATTENDDISP SEX ETHNOS ARRIVALAGE DIAG3_01
    A            1     RAA      2019-04-01  2330        0120    110    03           2   A      70         38
    A            2     RAA      2019-05-01  0905        4000    -      01           2   A      70         -
    B            3     RAA      2019-05-01  4000        4000    -      10           1   A      7001.0     -
"""  # noqa: E501


def test_attendances_are_emergency_stays(tmp_path: Path) -> None:
    mapping = (SHIPPED / "hes.toml").read_text(encoding="utf-8")
    loaded = read(tmp_path, mapping, x_ae_x=ATTENDANCES)
    columns = ("setting", "admitted_at", "discharged_at", "discharged_to")
    assert loaded.told("stay", *columns) == [
        ("emergency", "2019-04-01 23:30", "2019-04-02 01:20", "home"),
        ("emergency", "2019-05-01 09:05", "2019-05-01 09:05", "acute"),
    ]
    assert loaded.told("stay", "admitted_at", "discharged_to", person="B") == [
        ("2019-05-01", "died")
    ]
    assert loaded.told("person", "death_date", person="B") == [("2019-05-01",)]
    assert loaded.told("diagnosis", "code_system", "code") == [("LOCAL", "38")]


def test_appointments_are_visits_where_they_were_kept(tmp_path: Path) -> None:
    codes = [f"DIAG_4_{n:02d}" for n in range(1, 13)] + [f"OPERTN_4_{n:02d}" for n in range(1, 13)]
    head = "PSEUDO_HESID ATTENDKEY PROCODE3 APPTDATE ATTENDED FIRSTATT TRETSPEF SEX ETHNOS APPTAGE"
    empty = " -" * (len(codes) - 1)
    lines = [
        " ".join([head, *codes]),
        f"A 1 RAA 2019-04-01 5 1 300 2 A 70 I10X{empty}",
        f"A 2 RAA 2019-04-08 3 2 300 2 A 70 I10X{empty}",
        f"A 3 RAA 2019-05-08 6 4 300 2 A 70 -{empty}",
    ]
    mapping = (SHIPPED / "hes.toml").read_text(encoding="utf-8")
    loaded = read(tmp_path, mapping, x_op_x="\n".join(lines))
    assert loaded.told("visit", "at", "setting") == [
        ("2019-04-01", "outpatient"), ("2019-05-08", "telehealth")
    ]  # fmt: skip
    assert loaded.told("diagnosis", "visit_id", "code") == [("1", "I10")]
    assert loaded.left_out("visit") == {"rows of op: the appointment was not kept": 1}
