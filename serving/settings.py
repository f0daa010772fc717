"""What a running Caseload is told by its environment.

Names are those of the contracts; everything written by default lies under var/. It refuses an
address that is none, and shows no password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from features.codes import crosswalks
from features.errors import InputError

DEFAULTS: Mapping[str, str] = {
    "CASELOAD_HISTORY": "",
    "CASELOAD_STORE_URL": "sqlite:///var/caseload.db",
    "MLFLOW_TRACKING_URI": "sqlite:///var/mlflow.db",
    "CASELOAD_BIND": "127.0.0.1:8000",
    crosswalks.SETTING: "",
}
USER_PART = re.compile(r"(?<=://).*(?=@)")
SECRET = re.compile(r"([?&;][^=&;#]*(?:pass|pwd|secret|token|key)[^=&;#]*=)[^&;#]*", re.IGNORECASE)


@dataclass(frozen=True)
class Settings:
    """The settings in force.

    history       folder of the History the service scores from; None: not set
    store_url     SQLAlchemy URL of the store
    tracking_uri  MLflow registry
    host, port    where the service listens
    crosswalks    folder of crosswalks between code systems; None: not set. Shown only: features
                  read it from the environment themselves (`features/codes/crosswalks.py`)
    """

    history: Path | None
    store_url: str
    tracking_uri: str
    host: str
    port: int
    crosswalks: Path | None = None

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings of `environment` (default the process's). Raises InputError on a bad address."""
        told = os.environ if environment is None else environment
        values = {name: told.get(name) or default for name, default in DEFAULTS.items()}
        host, port = address(values["CASELOAD_BIND"])
        return cls(
            history=Path(values["CASELOAD_HISTORY"]) if values["CASELOAD_HISTORY"] else None,
            store_url=values["CASELOAD_STORE_URL"],
            tracking_uri=values["MLFLOW_TRACKING_URI"],
            host=host,
            port=port,
            crosswalks=Path(values[crosswalks.SETTING]) if values[crosswalks.SETTING] else None,
        )

    def with_changes(self, *, history: Path | None = None, port: int | None = None) -> Settings:
        """The same with another History or port; None leaves it."""
        return replace(
            self,
            history=self.history if history is None else history,
            port=self.port if port is None else port,
        )

    def needed_history(self) -> Path:
        """The History. Raises InputError where none is named."""
        if self.history is None:
            raise InputError(
                "no History is named",
                where="CASELOAD_HISTORY",
                cure="set it to the folder of a History, as `caseload ingest` writes one",
            )
        return self.history

    def shown(self) -> dict[str, str]:
        """The settings by environment name, secrets redacted."""
        return {
            "CASELOAD_HISTORY": "" if self.history is None else str(self.history),
            "CASELOAD_STORE_URL": redacted(self.store_url),
            "MLFLOW_TRACKING_URI": redacted(self.tracking_uri),
            "CASELOAD_BIND": f"[{self.host}]:{self.port}" if ":" in self.host
            else f"{self.host}:{self.port}",
            crosswalks.SETTING: "" if self.crosswalks is None else str(self.crosswalks),
        }  # fmt: skip


def address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[host]:port`. Raises InputError."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise InputError(
            "the address to listen on is none",
            where="CASELOAD_BIND",
            cure="give host:port, such as 127.0.0.1:8000",
        )
    return host, int(port)


def redacted(url: str) -> str:
    """`url` with its user and password, and any secret of its query, replaced by ***."""
    return SECRET.sub(r"\1***", USER_PART.sub("***", url))
