"""mlflow/MLproject: every entry point is a command as `caseload` takes it."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml

import caseload
from tests.command import ROOT

pytestmark = pytest.mark.unit

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "mlflow" / "MLproject").read_text("utf-8"))


@pytest.mark.parametrize("name", list(PROJECT["entry_points"]))
def test_an_entry_point_is_a_command_that_parses(name: str) -> None:
    point = PROJECT["entry_points"][name]
    program, *words = shlex.split(
        point["command"].format(**dict.fromkeys(point["parameters"], "x"))
    )
    assert program == "caseload"
    options = vars(caseload._parser().parse_args(words))
    assert options["json"] is True
    assert str(options["history"]) == "x"


def test_the_folder_holds_no_python() -> None:
    assert not list((ROOT / "mlflow").rglob("*.py")), "import mlflow must stay the library"
