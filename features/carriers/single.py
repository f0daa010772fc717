"""The kernel over one person's tables, online: no database, no files, about a millisecond."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import Catalogue
from features.kernel import compile_catalogue, run
from features.tables.contract import Tables


def features_of(
    tables: Tables, moments: pa.Table, catalogue: Catalogue, *, mode: str = "adt"
) -> npt.NDArray[np.float64]:
    """Features of the person's index moments, shape (moments, columns); NaN is null.

    The same as the local carrier gives, bit for bit. The catalogue is compiled once per process.
    """
    return run(compile_catalogue(catalogue), tables, moments, mode=mode)
