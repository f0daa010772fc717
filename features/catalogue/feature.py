"""One feature as data: what is measured, over what, in which window, and how it is said in words.

A feature holds no code. `features/kernel` compiles it; reasons and reference pages read its words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Where = tuple[tuple[str, tuple[str, ...]], ...]

NOT_KNOWN = "{what}: {null}"
PLACES = ("value", "count", "s", "change")
"""What a template may hold: the value, the value with "no" for zero, the plural's s, and the value
as a change ("2 more", "1 fewer")."""


@dataclass(frozen=True)
class Feature:
    """A column of the matrix.

    name        unique; the column's name
    family      entry of the catalogue it was expanded from
    what        what is measured, a noun phrase for a clinician
    measure     how the rows in view become one value (a key of `rules.MEASURES`)
    tables      canonical tables measured, or spell, index, person
    column      column whose values are measured ("" where rows are counted)
    where       filter: (column, accepted values) pairs, all of which must hold
    window      days before the window's end at which it begins; None where no window applies
    until       days before that end at which it stops holding: [end - window, end - until)
    anchor      where the window ends: "index", the index day; "admission", the first day of the
                index spell; "spell": the facts of the index spell itself, and no window
    earlier     of what is new: days before the window in which it must not have been recorded
    within      of returns: days after the end of the person's spell before; None: any spell
    low, high   ends of the range that values are held against, both inside it; None: no end
    code_set    code set the measure groups codes by ("" for none), with its group or weight scheme
    hierarchy   a weaker group does not count beside its stronger one (diabetes, liver, cancer)
    unit        unit of the value
    null        what a null says
    domain      clinical domain, under which reasons are grouped
    modifiable  whether care can change it
    sensitive   kind of sensitive condition it reveals, or ""
    kind        number | category | flag
    categories  values of a category, in the order of their codes
    plain       words for a clinician; `plain_no` where a flag is 0
    patient     words for the patient; `patient_no` where a flag is 0
    label       the group in words, "" where there is none
    """

    name: str
    family: str
    what: str
    measure: str
    tables: tuple[str, ...]
    column: str
    where: Where
    window: int | None
    until: int
    anchor: str
    earlier: int
    within: int | None
    low: float | None
    high: float | None
    code_set: str
    group: str
    scheme: str
    hierarchy: bool
    unit: str
    null: str
    domain: str
    modifiable: bool
    sensitive: str
    kind: str
    categories: tuple[str, ...]
    plain: str
    plain_no: str
    patient: str
    patient_no: str
    label: str = ""

    @property
    def table(self) -> str:
        """First table measured."""
        return self.tables[0]

    def say(self, value: float | str | None, *, patient: bool = False) -> str:
        """The feature in words with the person's own value.

        value  number as in the matrix (a category's code or its name); None or NaN: not known
        """
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return NOT_KNOWN.format(what=self.what, null=self.null)
        yes, no = (self.patient, self.patient_no) if patient else (self.plain, self.plain_no)
        template = no if self.kind == "flag" and not float(value) else yes
        text = template.format(**self._filled(value))
        return text[:1].upper() + text[1:]

    def _filled(self, value: float | str) -> dict[str, str]:
        if self.kind == "category":
            name = value if isinstance(value, str) else self.categories[int(value)]
            return dict.fromkeys(PLACES, name.replace("_", " "))
        number = float(value)
        shown = self._shown(number)
        return {
            "value": shown,
            "count": "no" if number == 0 else shown,
            "s": "" if number == 1 else "s",
            "change": self._changed(number),
        }

    def _changed(self, number: float) -> str:
        fewer = "less" if self.unit == "currency" else "fewer"
        if number == 0:
            return f"no more and no {fewer}"
        return f"{self._shown(abs(number))} {'more' if number > 0 else fewer}"

    def _shown(self, number: float) -> str:
        if self.unit == "share":
            return f"{number:.0%}"
        if self.unit == "currency":
            return f"{number:,.0f}"
        return f"{number:.0f}" if number == round(number) else f"{number:.1f}"
