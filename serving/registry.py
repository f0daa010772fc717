"""MLflow's registry as serving reads it: the only file here that imports mlflow.

A MODEL reference (`name@alias`, `name@version` or a bundle folder) becomes a served model. Nothing
is ever written to the registry, and no telemetry is sent; a registry that is not there yet is not
made by looking for it. mlflow is imported when a registered model is first asked for: it is slow.
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.definition import Definition
from features.errors import CaseloadError, NotFoundError
from models.bundle import Bundle
from serving.scorer import Served
from serving.settings import redacted

if TYPE_CHECKING:
    from mlflow import MlflowClient

QUIET: Mapping[str, str] = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
SQLITE = "sqlite:///"
CHAMPION = "champion"
LOGGED = "models:/"
"""How a version names a model that MLflow keeps apart from its run."""
PLACE = "artifacts/bundle"
"""Where the bundle lies below a registered model."""
DIGITS = 12
LOG = logging.getLogger(__name__)


def load(reference: str, uri: str) -> Served:
    """The model of a MODEL reference in the registry at `uri`.

    A bundle folder goes by its own name, its version being the head of its digest. Raises
    NotFoundError where there is no such model, InputError for a bundle that was altered and for a
    model of flat tables, whose rows no History holds.
    """
    served = _loaded(reference, uri)
    _ = served.bundle.definition  # refuses a model of flat tables
    return served


def _loaded(reference: str, uri: str) -> Served:
    folder = Path(reference)
    if reference and folder.is_dir():
        bundle = Bundle.load(folder)
        return Served(bundle.name, bundle.digest[:DIGITS], bundle)
    name, _, which = reference.partition("@")
    if not name or not which:
        raise _no_model(reference, uri)
    with _client(reference, uri) as client:
        found = (
            client.get_model_version(name, which)
            if which.isdecimal()
            else client.get_model_version_by_alias(name, which)
        )
        return _served(client, found, uri)


def champions(uri: str) -> list[Served]:
    """Every registered model of Histories that has a champion, by name.

    Those of flat tables are left out, and a line in the log says so. Raises NotFoundError where
    none has a champion, InputError where all that have score flat tables.
    """
    with _client(f"NAME@{CHAMPION}", uri) as client:
        served = []
        for model in client.search_registered_models(max_results=1000):
            version = (model.aliases or {}).get(CHAMPION)
            if version is not None:
                found = client.get_model_version(model.name, str(version))
                served.append(_served(client, found, uri))
    if not served:
        raise _no_model(f"NAME@{CHAMPION}", uri)
    ours = [model for model in served if isinstance(model.bundle.posed, Definition)]
    for model in served if not ours else ():
        _ = model.bundle.definition  # refuses it
    for name in sorted({model.name for model in served} - {model.name for model in ours}):
        LOG.warning("%s scores rows of flat tables and is not served", name)
    return sorted(ours, key=lambda model: model.name)


def _served(client: MlflowClient, version: Any, uri: str) -> Served:
    """A registered version with its bundle, read from a copy that is thrown away."""
    from mlflow.artifacts import download_artifacts

    source: str = version.source
    if source.startswith(LOGGED):
        source = client.get_logged_model(source.removeprefix(LOGGED)).artifact_location
    with tempfile.TemporaryDirectory(prefix="caseload-") as scratch:
        place = f"{source.rstrip('/')}/{PLACE}"
        copied = download_artifacts(artifact_uri=place, dst_path=scratch, tracking_uri=uri)
        return Served(version.name, str(version.version), Bundle.load(Path(copied)))


@contextmanager
def _client(reference: str, uri: str) -> Iterator[MlflowClient]:
    """A reader of the registry; what MLflow does not find becomes a NotFoundError."""
    uri = _absolute(uri)
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).is_file():
        raise NotFoundError(
            "there is no model registry yet",
            where=f"MLFLOW_TRACKING_URI {redacted(uri)}",
            cure="train a model first: caseload train",
        )
    os.environ.update(QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        try:
            yield MlflowClient(tracking_uri=uri, registry_uri=uri)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise _no_model(reference, uri) from None
            raise CaseloadError(f"MLflow at {redacted(uri)} failed ({error.error_code})") from None


def _absolute(uri: str) -> str:
    """A SQLite file by its full path, so that the folder we stand in makes no difference."""
    if not uri.startswith(SQLITE):
        return uri
    return f"{SQLITE}{Path(uri.removeprefix(SQLITE)).absolute()}"


def _no_model(reference: str, uri: str) -> NotFoundError:
    return NotFoundError(
        f"there is no model {reference}",
        where=f"MLFLOW_TRACKING_URI {redacted(uri)}",
        cure="give NAME@champion or NAME@VERSION as `caseload models` lists, or a bundle folder",
    )
