"""The one error family of Caseload.

Every error that a person can cure is an `InputError`: it says what is wrong, where, and the cure,
and it never carries a patient value. `caseload.py` maps the family to exit codes and
`serving/api/errors.py` maps it to HTTP.
"""

from __future__ import annotations


class CaseloadError(Exception):
    """Root of all errors raised on purpose (exit status 1 unless it is an `InputError`)."""


class InputError(CaseloadError):
    """The input is at fault (exit status 2).

    what  the fault, one sentence without patient values
    where the file, table, column or key of configuration
    cure  what the reader can do about it
    """

    def __init__(self, what: str, *, where: str, cure: str) -> None:
        self.what, self.where, self.cure = what, where, cure
        super().__init__(f"{what}\n  where: {where}\n  cure:  {cure}")


class NotFoundError(InputError):
    """Something named by the caller does not exist (person, model, worklist)."""
