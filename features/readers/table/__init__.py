"""Any extract of claims, encounters or episodes, read by a mapping file: no code for a new one."""

from features.readers.table.reading import READER

__all__ = ["READER"]
