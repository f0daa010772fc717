"""What a Spark session needs is asked for before it is begun, and only by those who use Spark."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from features.carriers.spark_session import _py4j_quiet, session
from features.errors import InputError
from training.matrix import CARRIERS

pytestmark = pytest.mark.unit

NOT_LOADED = """
import sys
import features.carriers.spark, features.carriers.spark_session, training.matrix
assert not [name for name in sys.modules if name.startswith(("pyspark", "py4j"))]
"""


def test_only_who_uses_spark_needs_it() -> None:
    subprocess.run([sys.executable, "-c", NOT_LOADED], check=True)


def test_without_pyspark_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(InputError, match="PySpark is not installed") as refused, session():
        pass
    assert "requirements/spark.txt" in refused.value.cure


def test_without_java_the_cure_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="there is no Java runtime\n") as refused, session():
        pass
    assert "make system" in refused.value.cure
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match="no Java runtime where JAVA_HOME says"), session():
        pass


def test_a_master_is_sparks_alone() -> None:
    with pytest.raises(InputError, match="only Spark has a master"), CARRIERS["local"]("yarn"):
        pass


def test_py4j_does_not_log_a_ctrl_c_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    py4j = pytest.importorskip("py4j.java_gateway")

    class Interrupted:
        socket = stream = None

        def send_command(self, command: str) -> str:
            raise KeyboardInterrupt

    client = py4j.GatewayClient()
    client._get_connection = Interrupted
    with _py4j_quiet():
        logging.error("is told")
        with pytest.raises(KeyboardInterrupt):
            client.send_command("anything")
    assert caplog.messages == ["is told"]
    assert not logging.getLogger().filters
