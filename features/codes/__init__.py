"""Code sets: which recorded codes mean which condition, need or medicine group."""

from features.codes.groups import CodeSet, code_set, medicines

__all__ = ["CodeSet", "code_set", "medicines"]
