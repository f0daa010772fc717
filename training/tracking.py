"""MLflow tracking and registry: the only file here that imports mlflow.

A finished training becomes one run (parameters, metrics, plots, recipe, digests, package versions,
commit) and one registered version. It refuses to send telemetry, to log anything by itself, and to
put a person's values into a run: the input example is made from the schema.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.errors import CaseloadError, InputError, NotFoundError
from features.matrix import Schema

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    import pandas as pd
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec
    from mlflow.types import Schema as Columns

DEFAULT_URI = "sqlite:///var/mlflow.db"
SQLITE = "sqlite:///"
ARTIFACTS = "mlflow-artifacts"
SERVED_MODEL = Path(__file__).parent / "served_model.py.txt"
NEEDS = ("lightgbm", "numpy")
LIVE = "live"
"""Tag of a version that keeps when, and by whose word, it was champion."""


@dataclass(frozen=True)
class Record:
    """What a finished training leaves.

    save     writes the bundle into a new folder, given the run id
    figures  folder of plots and texts that go with the run
    """

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    schema: Schema
    versions: Mapping[str, str]
    save: Callable[[Path, str], None]
    figures: Path


@dataclass(frozen=True)
class Registered:
    """A version of a registered name, the run it came from, and the alias it got."""

    name: str
    version: int
    run_id: str
    alias: str


def tracking_uri() -> str:
    """Where runs and the registry are: MLFLOW_TRACKING_URI, a SQLite path made absolute."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    file = _sqlite_file(uri)
    return uri if file is None else f"{SQLITE}{file}"


def log_and_register(record: Record) -> Registered:
    """One run and one version of `record.name`: its first is champion, a later one challenger.

    Trainings that share a SQLite file take turns here.
    """
    with _client() as client:
        experiment = _experiment(client, record.name)
        with mlflow.start_run(experiment_id=experiment) as run:
            run_id: str = run.info.run_id
            mlflow.log_params({key: _short(value) for key, value in record.params.items()})
            mlflow.log_metrics(dict(record.metrics))
            mlflow.set_tags(dict(record.tags))
            mlflow.log_artifacts(str(record.figures))
            info = _log_model(record, run_id)
        version = _register(client, record, info, run_id)
        alias = _alias(client, record.name, version)
    return Registered(record.name, version, run_id, alias)


def bundle_folder(model: str, into: Path) -> tuple[Path, str, int | None]:
    """The bundle of a MODEL reference: its folder, its name and version (None: a bare folder).

    A registered model (`name@alias`, `name@version`) is copied below `into`. Raises NotFoundError
    where there is no such model.
    """
    folder = Path(model)
    if folder.is_dir():
        return folder, "", None
    name, _, which = model.partition("@")
    if not which:
        raise _no_model(model)
    with _client(must_exist=True) as client:
        try:
            found = (
                client.get_model_version(name, which)
                if which.isdigit()
                else client.get_model_version_by_alias(name, which)
            )
            uri = f"models:/{name}/{found.version}"
            copied = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(into))
        except MlflowException:
            raise _no_model(model) from None
    return Path(copied) / "artifacts" / "bundle", name, int(found.version)


def registered_models() -> list[dict[str, object]]:
    """Every registered version, oldest first within a name; empty where there is no registry yet.

    Each is {name, version, aliases, run_id, registered_at (milliseconds), live, tags}; `live` is
    [{from, to, by, override}], the times it was champion.
    """
    if not _exists(tracking_uri()):
        return []
    with _client() as client:
        rows = []
        for model in client.search_registered_models(max_results=1000):
            aliases = model.aliases or {}
            for one in client.search_model_versions(f"name='{model.name}'"):
                named = [alias for alias, v in aliases.items() if int(v) == int(one.version)]
                rows.append(
                    {
                        "name": model.name,
                        "version": int(one.version),
                        "aliases": sorted(named),
                        "run_id": one.run_id,
                        "registered_at": int(one.creation_timestamp),
                        "live": json.loads((one.tags or {}).get(LIVE, "[]")),
                        "tags": dict(one.tags or {}),
                    }
                )
    return sorted(rows, key=lambda row: (str(row["name"]), row["version"]))


@contextlib.contextmanager
def _client(*, must_exist: bool = False) -> Iterator[MlflowClient]:
    """A client of the tracking URI, alone on a SQLite file while it is open."""
    uri = tracking_uri()
    if must_exist and not _exists(uri):
        raise NotFoundError(
            "there is no model registry yet", where=uri, cure="train a model first: caseload train"
        )
    before = os.environ.get("MLFLOW_TRACKING_URI")
    with _alone(uri), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.set_tracking_uri(uri)
        try:
            yield MlflowClient(tracking_uri=uri, registry_uri=uri)
        except MlflowException as error:
            raise CaseloadError(f"MLflow at {uri} failed: {error.message}") from error
        finally:
            mlflow.set_tracking_uri(None)
            if before is not None:
                os.environ["MLFLOW_TRACKING_URI"] = before


@contextlib.contextmanager
def _alone(uri: str) -> Iterator[None]:
    """Hold the lock beside a SQLite file; a server needs none."""
    file = _sqlite_file(uri)
    if file is None:
        yield
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.with_name(file.name + ".lock").open("w")
    except OSError as error:
        raise InputError(
            f"the registry's folder cannot be written ({error.strerror})",
            where=str(file.parent),
            cure="set MLFLOW_TRACKING_URI to a place that can",
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sqlite_file(uri: str) -> Path | None:
    return Path(uri.removeprefix(SQLITE)).absolute() if uri.startswith(SQLITE) else None


def _exists(uri: str) -> bool:
    file = _sqlite_file(uri)
    return file is None or file.exists()


def _experiment(client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    file = _sqlite_file(tracking_uri())
    location = None if file is None else (file.parent / ARTIFACTS).as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def _log_model(record: Record, run_id: str) -> Any:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        record.save(folder / "bundle", run_id)
        script = folder / "served_model.py"
        shutil.copyfile(SERVED_MODEL, script)
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(script),
            artifacts={"bundle": str(folder / "bundle")},
            signature=signature(record.schema),
            input_example=example(record.schema),
            pip_requirements=[f"{need}=={record.versions[need]}" for need in NEEDS],
        )


def signature(schema: Schema) -> ModelSignature:
    """What the MLflow model takes and gives: one column per feature by name; none is required."""
    kinds = {"number": "double", "category": "string"}
    inputs = [ColSpec(kinds[c.type], c.name, required=False) for c in schema.columns]
    outputs = [ColSpec("double", "risk"), ColSpec("string", "reasons", required=False)]
    asked = ParamSchema([ParamSpec("reasons", "integer", 0)])
    return ModelSignature(Columns(inputs), Columns(outputs), asked)


def example(schema: Schema) -> pd.DataFrame:
    """An input row made from the schema: every number 0, every category its first."""
    row = {c.name: c.categories[0] if c.type == "category" else 0.0 for c in schema.columns}
    return pd.DataFrame([row])


def _register(client: MlflowClient, record: Record, info: Any, run_id: str) -> int:
    with contextlib.suppress(MlflowException):
        client.create_registered_model(record.name)
    made = client.create_model_version(
        record.name, source=info.model_uri, run_id=run_id, model_id=info.model_id,
        tags=dict(record.tags),
    )  # fmt: skip
    return int(made.version)


def _alias(client: MlflowClient, name: str, version: int) -> str:
    aliases = client.get_registered_model(name).aliases or {}
    alias = "challenger" if "champion" in aliases else "champion"
    if alias == "champion":
        since = datetime.now(UTC).isoformat(timespec="seconds")
        live = [{"from": since, "to": None, "by": "first version of its name", "override": None}]
        client.set_model_version_tag(name, str(version), LIVE, json.dumps(live))
    client.set_registered_model_alias(name, alias, str(version))
    return alias


def _short(value: object) -> object:
    text = str(value)
    return text if len(text) <= 500 else text[:497] + "..."


def _no_model(model: str) -> NotFoundError:
    return NotFoundError(
        f"there is no model {model}",
        where=tracking_uri(),
        cure="give NAME@champion or NAME@VERSION as `caseload models` lists, or a bundle folder",
    )
