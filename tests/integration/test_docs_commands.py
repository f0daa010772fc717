"""Every command in the README and the how-tos runs as written, in order, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from tests import flat_tables
from tests.command import ROOT, environment
from tests.java import skip_without_java

pytestmark = pytest.mark.integration

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("[ht]*/*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"^```\w+ (var/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block that a page asks its reader to save, and where."""
SAMPLES = {
    "SYNPUF": "cms_desynpuf_10k/sample_01",
    "OMOP": "omop_synthea27nj",
    "BUNDLES": "synthea_fhir_r4/bundles_2020_100patients.zip",
    "NDJSON": "synthea_fhir_r4/bulk_ndjson_100patients",
    "MIMIC": "mimic_iv_demo",
    "MEDS": "mimic_iv_demo_meds",
    "SYNTHEA": "synthea_csv_22",
    "SYNTHEA_RECORDS": "synthea_hospital_records",
    "CV19": "cv19index_claims",
    "HES": "nhs_artificial_hes",
    "DIABETES": "diabetes130/diabetic_data_patients60.csv.gz",
}
"""What a page calls the sample it loads -> where that lies among the third-party samples."""


def commands(page: str) -> list[str]:
    return [block.strip() for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_the_commands_of_a_page_run(
    page: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    names = environment(tmp_path) | {
        "RECIPES": str(ROOT / "training" / "recipes"),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    }
    (tmp_path / "var").mkdir()
    for name, text in SAVED.findall((ROOT / page).read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    if any("--carrier spark" in block for block in commands(page)):
        skip_without_java()
    for block in commands(page):
        for name in (n for n in SAMPLES if re.search(rf"\${n}\b", block)):
            third_party: Path = request.getfixturevalue("third_party")
            names[name] = str(third_party / SAMPLES[name])
        if "$MINE" in block:
            names["MINE"] = str(_table_folder(tmp_path))
        if "$NATIVE" in block:
            names["NATIVE"] = str(_native_folder(tmp_path))
        _run(block, tmp_path, names)


def _run(block: str, folder: Path, names: dict[str, str]) -> None:
    """Run a block line by line, each in a shell that stops at the first failure."""
    for line in block.splitlines():
        done = subprocess.run(
            ["bash", "-ec", line],
            cwd=folder,
            env=names,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def _table_folder(folder: Path) -> Path:
    """A flat table of stays, one of other people, and the recipe that describes both."""
    source = folder / "mine"
    if not source.exists():
        source.mkdir()
        flat_tables.recipe(source)
        flat_tables.written(flat_tables.drawn(), source / "stays.csv")
        other = flat_tables.drawn(seed=2, people=800, first=5000)
        flat_tables.written(other, source / "others.csv")
    return source


def _native_folder(folder: Path) -> Path:
    """A small folder of canonical tables, as a user would have it: CSV files named after tables."""
    source = folder / "native-source"
    if not source.exists():
        source.mkdir()
        made = folder / "made"
        _run(f"caseload synth --people 60 --seed 3 --out {made}", folder, environment(folder) | {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        })  # fmt: skip
        for table in sorted(path for path in made.iterdir() if path.is_dir()):
            if table.name != "truth":
                rows = pyarrow.parquet.ParquetDataset(table).read()
                pyarrow.csv.write_csv(rows, source / f"{table.name}.csv")
    return source
