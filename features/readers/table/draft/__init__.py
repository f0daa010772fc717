"""Proposes a mapping from the files of a source, for a person to finish."""

from features.readers.table.draft.write import draft_mapping

__all__ = ["draft_mapping"]
