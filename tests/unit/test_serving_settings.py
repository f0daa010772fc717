"""Settings: defaults under var/, addresses checked, nothing secret shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import InputError
from serving.settings import Settings, address, redacted

pytestmark = pytest.mark.unit


def test_without_any_setting_everything_lies_under_var() -> None:
    assert Settings.from_env({}).shown() == {
        "CASELOAD_HISTORY": "",
        "CASELOAD_STORE_URL": "sqlite:///var/caseload.db",
        "MLFLOW_TRACKING_URI": "sqlite:///var/mlflow.db",
        "CASELOAD_BIND": "127.0.0.1:8000",
        "CASELOAD_CROSSWALKS": "",
    }


def test_an_empty_setting_is_the_default() -> None:
    assert Settings.from_env({"CASELOAD_STORE_URL": ""}) == Settings.from_env({})


@pytest.mark.parametrize(
    ("text", "parts"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8000", ("::1", 8000)), ("box:0", ("box", 0))],
)
def test_addresses(text: str, parts: tuple[str, int]) -> None:
    assert address(text) == parts


@pytest.mark.parametrize("text", ["8000", ":8000", "box:", "box:port", "box:65536", "box:-1"])
def test_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="CASELOAD_BIND"):
        Settings.from_env({"CASELOAD_BIND": text})


def test_changes_leave_the_rest() -> None:
    settings = Settings.from_env({}).with_changes(history=Path("h"), port=9)
    assert (settings.history, settings.port, settings.host) == (Path("h"), 9, "127.0.0.1")
    assert settings.with_changes(port=None) == settings
    assert Settings.from_env({"CASELOAD_BIND": "[::1]:1"}).shown()["CASELOAD_BIND"] == "[::1]:1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://me:s3@host/db", "postgresql+psycopg://***@host/db"),
        ("http://me:s/3:@t@host:5000", "http://***@host:5000"),
        ("https://token@host", "https://***@host"),
        ("postgresql://host/db?sslPassword=x&a=1", "postgresql://host/db?sslPassword=***&a=1"),
        ("sqlite:///var/mlflow.db", "sqlite:///var/mlflow.db"),
    ],
)
def test_secrets_of_an_address_are_not_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown
