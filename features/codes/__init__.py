"""Codes: how systems write them, and which mean which condition, need or medicine."""

from features.codes.code import Code
from features.codes.groups import CodeSet
from features.codes.rows import Grouped, grouped
from features.codes.shipped import code_set, medicines

__all__ = ["Code", "CodeSet", "Grouped", "code_set", "grouped", "medicines"]
