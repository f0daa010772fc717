"""Compiled helpers: a typed decorator for Numba, records, and a random stream per person.

A record is a row of a structured array: compiled functions read and write its fields by name. Its
class states the fields once, for the type checker and for `rows_of`.

A stream is one uint64 in an array (splitmix64; Steele, Lea and Flood, OOPSLA 2014), so that a
person's life depends on the person's own seed and on nobody else in the bucket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[np.void]
Words = npt.NDArray[np.uint64]


def compiled(function: Function) -> Function:
    """`function` compiled by Numba at first use, kept on disk between runs."""
    return cast(Function, njit(cache=True, no_cfunc_wrapper=True)(function))


def rows_of(record: type, count: int) -> npt.NDArray[np.void]:
    """`count` zeroed rows of a record class (fields float or int)."""
    kinds = {"float": np.float64, "int": np.int64}
    fields = [(name, kinds[str(kind)]) for name, kind in record.__annotations__.items()]
    return np.zeros(count, dtype=np.dtype(fields))


def rounded(values: Floats, digits: int) -> Floats:
    return np.asarray(np.round(values, digits), dtype=np.float64)


@compiled
def uniform(stream: Words) -> float:
    """The next number of the stream, in (0, 1)."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    z = stream[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (np.float64(z >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@compiled
def exponential(stream: Words) -> float:
    """A waiting time in units of its mean."""
    return float(-np.log(uniform(stream)))


@compiled
def normal(stream: Words) -> float:
    """A standard normal number (Box and Muller)."""
    radius = np.sqrt(-2.0 * np.log(uniform(stream)))
    return float(radius * np.cos(2.0 * np.pi * uniform(stream)))


@compiled
def expit(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-x)))
