"""The reader on the how-to page is taken from the page, registered and run on the page's files."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from features.errors import InputError
from features.readers import register
from features.readers.ingest import ingest
from features.readers.reader import Reader
from features.tables.history import History
from tests.command import ROOT

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs" / "how-to" / "add-a-reader.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+) ?(?P<name>[\w.]*)\n(?P<text>.*?)^```$", re.M | re.S)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, with its reader registered."""
    folder = tmp_path / "in"
    folder.mkdir()
    blocks = list(BLOCK.finditer(PAGE))
    for block in (b for b in blocks if b["kind"] == "csv"):
        (folder / block["name"]).write_text(block["text"], encoding="utf-8")
    (module,) = (b["text"] for b in blocks if b["kind"] == "python")
    reader = _reader(tmp_path / "hospital.py", module)
    readers: Mapping[str, Reader] = {**register.READERS, reader.name: reader}
    monkeypatch.setattr(register, "READERS", readers)
    return folder


def _reader(path: Path, text: str) -> Reader:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    reader = module.READER
    assert isinstance(reader, Reader)
    return reader


def test_the_reader_of_the_page_reads_the_files_of_the_page(source: Path, tmp_path: Path) -> None:
    report = ingest("hospital", source, tmp_path / "out", on_error="reject", buckets=1)
    told = {n: (c.read, c.kept, dict(c.rejected)) for n, c in report.tables.items() if c.read}
    assert told == {
        "person": (3, 2, {"value_not_allowed": 1}),
        "stay": (4, 3, {"impossible_date": 1}),
        "diagnosis": (3, 3, {}),
    }
    tables = History.open(tmp_path / "out").bucket(0)
    codes = tables["diagnosis"].select(["stay_id", "code", "position"]).to_pylist()
    assert sorted(tuple(row.values()) for row in codes) == [
        ("A1", "E119", 2), ("A1", "I509", 1), ("A4", "K409", 1)
    ]  # fmt: skip
    open_stay = next(row for row in tables["stay"].to_pylist() if row["stay_id"] == "A2")
    assert (open_stay["discharged_at"], open_stay["coded_known"]) == (None, None)
    assert report.left_out["stay"] == {"ward: no column for it": 3}


def test_without_reject_the_page_s_bad_rows_stop_the_load(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no day of the calendar"):
        ingest("hospital", source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
