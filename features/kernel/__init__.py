"""The catalogue compiled to a small table of operations, and one compiled kernel that runs them."""

from features.kernel.compile import compile_catalogue
from features.kernel.needs import needs
from features.kernel.program import Program
from features.kernel.run import run, run_columns

__all__ = ["Program", "compile_catalogue", "needs", "run", "run_columns"]
