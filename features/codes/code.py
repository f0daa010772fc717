"""One code of one system, as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from features.codes.systems import SYSTEMS, fits, normal


@dataclass(frozen=True, order=True)
class Code:
    """A code in History's form; make one from text with `Code.of`.

    Two ways of writing one code are one value, and codes of different systems never are.
    """

    system: str
    value: str

    @classmethod
    def of(cls, system: str, text: str) -> Code:
        """The code that `text` writes. Raises ValueError for a blank, KeyError for no system."""
        SYSTEMS[system]
        value = normal(system, pa.array([text], pa.string()))[0].as_py()
        if value is None:
            raise ValueError(f"a blank is no code of {system}")
        return cls(system, value)

    @property
    def fits(self) -> bool:
        """Whether it looks like a code of its system, check digit included."""
        return bool(fits(self.system, pa.array([self.value]))[0])

    def __str__(self) -> str:
        """The code as its system prints it: dots and hyphens are back."""
        printed = SYSTEMS[self.system].printed
        if printed is None or not self.fits:
            return self.value
        return re.sub(printed[0], printed[1], self.value)
