"""Hospital Frailty Risk Score: points for 109 three-character ICD-10 codes, in tenths.

Gilbert T et al., Lancet 2018;391:1775-1782. A code counts once, however often it is recorded in the
index stay and the admissions of the two years before. It was made for people of 75 and older with
ICD-10 (WHO, UK); ICD-10-CM has the same three-character categories for most of the codes but is
used differently (there is no U80, Y95 is rare), so its scores run lower: say so beside them.
ICD-9-CM cannot be read. Points are kept in tenths because sums of 0.1 are not exact.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.codes.distinct import by_pair

FILE = Path(__file__).parent / "data" / "hfrs.csv"
READS = ("ICD-10", "ICD-10-CM")

BANDS = ("low", "intermediate", "high")
INTERMEDIATE, ABOVE = 50, 150
"""Low below 5.0; high above 15.0; both borders are intermediate (Gilbert 2018, Table 3)."""

NOT_LISTED, UNREAD = -1, -2

Floats = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Frailty:
    """Scores of some owners (people, or index moments).

    points    sum of points; NaN where codes are recorded and none of them can be read
    unread    how many of the owner's rows could not be read
    """

    points: Floats
    unread: Int64

    @property
    def bands(self) -> pa.Array:
        """low, intermediate or high; null where the points are unknown."""
        unknown = np.isnan(self.points)
        tenths = np.where(unknown, 0, np.rint(self.points * 10))
        place = (tenths >= INTERMEDIATE).astype(int) + (tenths > ABOVE)
        return pa.array(BANDS).take(pa.array(place, mask=unknown))


@cache
def tenths() -> Mapping[str, int]:
    """Three-character code -> points in tenths."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return MappingProxyType({r["code"]: int(r["points_x10"]) for r in csv.DictReader(file)})


def frailty(owners: Int64, count: int, systems: pa.Array, codes: pa.Array) -> Frailty:
    """Scores of owners 0 to count - 1 from their coded rows.

    owners  owner of each row, aligned with systems and codes (History's form)
    An owner without rows scores 0: whether that is "not frail" or "not observed" is coverage's.
    """
    place = by_pair(systems, codes, _places).to_numpy(zero_copy_only=False).astype(np.int64)
    listed = place >= 0
    width = len(tenths())
    once = np.unique(owners[listed] * width + place[listed])
    points = np.array(list(tenths().values()), np.int64)
    total = np.bincount(once // width, points[once % width], count)
    rows = np.bincount(owners, minlength=count)
    unread = np.bincount(owners[place == UNREAD], minlength=count)
    return Frailty(np.where((rows > 0) & (unread == rows), np.nan, total / 10), unread)


def _places(system: str, codes: pa.Array) -> pa.Array:
    """Place of each code in the list; NOT_LISTED or UNREAD where it has none."""
    if system not in READS:
        return pa.array(np.full(len(codes), UNREAD))
    found = pc.index_in(pc.utf8_slice_codeunits(codes, 0, 3), pa.array(list(tenths())))
    return pc.fill_null(found.cast(pa.int64()), NOT_LISTED)
