"""A Spark session: of this machine, quiet and shut off from outside, or of a cluster as it is set.

It refuses to begin without PySpark and Java. Of a cluster it changes nothing but the time zone:
memory, cores, addresses and the web page are those of `spark-defaults.conf`, of `SPARK_*` and of
whoever submits.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from features.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HERE = "local[*]"
"""Spark on this machine, a worker for each core."""
SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""Set where spark-submit started this process: then its master holds."""
LOOPBACK = "127.0.0.1"
QUIET = Path(__file__).parent / "spark_log.json"

ALWAYS = MappingProxyType(
    {
        "spark.app.name": "caseload",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
)
ALONE = MappingProxyType(
    {
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.host": LOOPBACK,
        "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={QUIET}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
)
"""On this machine alone: no page, no log but errors, no address but loopback."""


@contextmanager
def session(master: str | None = None) -> Iterator[SparkSession]:
    """A Spark session at `master`, ended with the block; one that is there is used, and stays.

    master  None: that of spark-submit where it started this process, else this machine
    Raises InputError where PySpark or Java is missing, or where Spark does not start there.
    """
    found = _pyspark()
    if (active := found.getActiveSession()) is not None:
        yield active
        return
    with _interrupt_kept(), _py4j_quiet():
        with without_pandas():
            spark = _started(found.builder, master or (None if _submitted() else HERE))
        try:
            yield spark
        finally:
            spark.stop()


@contextmanager
def without_pandas() -> Iterator[None]:
    """PySpark warns of any pandas from 3.0 on; our columns go through Arrow alone."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        yield


def _submitted() -> bool:
    return SUBMITTED in os.environ


def _pyspark() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError(
            "PySpark is not installed",
            where="carrier spark",
            cure="pip install --require-hashes --no-build-isolation -r requirements/spark.txt",
        ) from None
    return SparkSession


def _started(builder: Any, master: str | None) -> SparkSession:
    """The session. Raises InputError where there is no Java, or Spark does not start."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    _refuse_without_java()
    alone = master is not None and master.startswith("local")
    for key, value in (ALWAYS | (ALONE if alone else {})).items():
        builder = builder.config(key, value)
    if master is not None:
        builder = builder.master(master)
    variables = {"PYSPARK_PYTHON": sys.executable} | ({"SPARK_LOCAL_IP": LOOPBACK} if alone else {})
    try:
        with _environment(variables):
            return builder.getOrCreate()
    except (Py4JError, PySparkException, OSError):
        raise InputError(
            "Spark does not start",
            where=f"carrier spark, master {master or 'of spark-submit'}",
            cure="see what Spark says above; it needs Java 17 or later and a master that answers",
        ) from None


def _refuse_without_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else Path("java")
    if not _submitted() and shutil.which(java) is None:
        raise InputError(
            "there is no Java runtime" + (" where JAVA_HOME says" if home else ""),
            where="carrier spark",
            cure="make system, or set JAVA_HOME to a Java 17 or later",
        )


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that are not set yet, set for as long as Spark starts and reads them."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _interrupt_kept() -> Iterator[None]:
    """Spark takes over Ctrl-C to end its jobs, and forgets to give it back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _py4j_quiet() -> Iterator[None]:
    """Py4J logs to the root logger, with traceback, what it raises as well: a Ctrl-C, twice."""
    logger = logging.getLogger()
    logger.addFilter(_not_of_py4j)
    try:
        yield
    finally:
        logger.removeFilter(_not_of_py4j)


def _not_of_py4j(record: logging.LogRecord) -> bool:
    return record.module != "java_gateway"
