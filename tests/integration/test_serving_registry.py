"""The registry as serving reads it, on a real MLflow with two trainings; it is never written to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.errors import InputError, NotFoundError
from serving.registry import champions, load
from tests import trained as made
from training.commands import train_command

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    made.population(folder / "history")
    with made.registry(folder) as uri:
        for _ in range(2):
            train_command(recipe="complexity", history=folder / "history", progress=made.quiet)
        yield uri


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_model_is_found_by_alias_and_by_version(uri: str) -> None:
    first, second = load("complexity@champion", uri), load("complexity@challenger", uri)
    assert (first.name, first.version, second.version) == ("complexity", "1", "2")
    assert load("complexity@2", uri).bundle.digest == second.bundle.digest
    assert first.bundle.digest == second.bundle.digest, "one recipe, History and seed"


def test_the_service_takes_every_champion(uri: str) -> None:
    assert [(model.name, model.version) for model in champions(uri)] == [("complexity", "1")]


def test_a_bundle_folder_goes_by_its_name_and_digest(uri: str, tmp_path: Path) -> None:
    bundle = load("complexity@1", uri).bundle
    bundle.save(tmp_path / "bundle", {})
    served = load(str(tmp_path / "bundle"), "sqlite:///none")
    assert (served.name, served.version) == ("complexity", bundle.digest[:12])
    (tmp_path / "bundle" / "calibrator.json").write_text("{}")
    with pytest.raises(InputError):
        load(str(tmp_path / "bundle"), "sqlite:///none")


@pytest.mark.parametrize(
    "reference",
    ["complexity", "complexity@9", "complexity@nobody", "none@champion", "none@1", "@1", "x@0", ""],
)
def test_a_model_that_is_not_there_is_named_with_a_cure(uri: str, reference: str) -> None:
    with pytest.raises(NotFoundError, match="caseload models"):
        load(reference, uri)


def test_reading_writes_nothing(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(uri.removeprefix("sqlite:///")).parent
    before = contents(folder)
    monkeypatch.chdir(tmp_path)
    load("complexity@champion", uri)
    champions(uri)
    with pytest.raises(NotFoundError):
        load("none@champion", uri)
    assert contents(folder) == before
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for look in (lambda uri: load("complexity@champion", uri), champions):
        with pytest.raises(NotFoundError, match="caseload train"):
            look(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []
