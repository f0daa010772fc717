"""The files of a bundle and their digests: written beside them, checked before anything is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from features.errors import InputError, NotFoundError

CONTRACT = 2
DIGEST = "digest.json"
PROVENANCE = "provenance.json"
FILES = (
    "model.txt", "calibrator.json", "recipe.toml", "definition.toml", "catalogue.toml",
    "schema.json", "card.json", "trained_on.json",
)  # fmt: skip


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of(texts: Mapping[str, str]) -> str:
    """One sha256 for all files: over their names and their own sha256, by name."""
    return _over({name: sha256(text) for name, text in texts.items()})


def _over(found: Mapping[str, str]) -> str:
    return sha256("".join(f"{name} {found[name]}\n" for name in sorted(found)))


def digest_text(texts: Mapping[str, str]) -> str:
    """What digest.json holds."""
    return _stated({name: sha256(text) for name, text in texts.items()})


def _stated(found: Mapping[str, str]) -> str:
    files = {name: found[name] for name in sorted(found)}
    return (
        json.dumps({"contract": CONTRACT, "digest": _over(files), "files": files}, indent=1) + "\n"
    )


def read_checked(folder: Path) -> dict[str, str]:
    """Text of each file under the digest, by name.

    Raises NotFoundError where the folder holds no bundle, InputError naming the file that is
    missing or altered, and InputError for another contract.
    """
    stated = _digests(folder)
    texts = {name: _read(folder, name) for name in FILES}
    for name, text in texts.items():
        if sha256(text) != stated.get(name):
            raise _damaged(folder / name, "is not the one that was saved")
    return texts


def _digests(folder: Path) -> dict[str, str]:
    if not (folder / DIGEST).is_file():
        raise NotFoundError(
            "this folder holds no saved model",
            where=str(folder),
            cure=f"give a folder with {DIGEST}, or a registered model as NAME@champion",
        )
    text = _read(folder, DIGEST)
    try:
        stated = json.loads(text)
        contract, found = stated["contract"], dict(stated["files"])
    except (ValueError, KeyError, TypeError):
        raise _damaged(folder / DIGEST, "is no list of digests") from None
    if contract != CONTRACT:
        raise InputError(
            f"the model was saved under contract {contract}; this program reads {CONTRACT}",
            where=str(folder / DIGEST),
            cure="train it again with this version, or read it with the one that saved it",
        )
    if text != _stated(found):
        raise _damaged(folder / DIGEST, "is not the one that was saved")
    return found


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_bytes().decode("utf-8")
    except OSError:
        raise _damaged(folder / name, "cannot be read") from None
    except UnicodeDecodeError:
        raise _damaged(folder / name, "is no text") from None


def _damaged(path: Path, what: str) -> InputError:
    return InputError(
        f"this saved model is damaged: {path.name} {what}",
        where=str(path),
        cure="copy the model from the registry again, or train it again",
    )
