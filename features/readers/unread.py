"""Tables of a source that a reader makes no rows of: read once, only to be counted."""

from __future__ import annotations

from pathlib import Path

from features.readers.files import header, is_parquet, table_files
from features.readers.workshop import Workshop


def rows_unread(workshop: Workshop, source: Path, name: str) -> int | None:
    """How many rows the table has; None where it has no file.

    Raises InputError where a file cannot be read.
    """
    files = table_files(source, name)
    if not files:
        return None
    texts = [path for path in files if not is_parquet(path)]
    for path in texts:
        header(path)
    rows = workshop.csv(texts) if texts else workshop.parquet(files)
    number = workshop.kept(f"{name}_rows", rows.agg(number=rows.count()), files)
    return int(number.number.max().to_pyarrow().as_py())
