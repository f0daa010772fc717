"""The reader of the OMOP Common Data Model."""

from features.readers.omop.reader import READER

__all__ = ["READER"]
