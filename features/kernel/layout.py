"""Where things stand in the arrays the kernel reads. Arrays are few and wide: one line per row, its
columns named here; compiling stays quick, and what is read together lies together.
"""

from __future__ import annotations

from enum import IntEnum

from features.tables.schema import TABLES

# columns of a stay; times in microseconds, days since 1970, NEVER and NO_DAY where not known;
# urgency before the stay is coded and from then on
(
    ADMITTED, ADMITTED_DAY, ADMITTED_KNOWN, DISCHARGED_DAY, DISCHARGED_KNOWN, CODED_KNOWN, SETTING,
    URGENCY, URGENCY_CODED, DISCHARGED_TO, SPELL_CLASS, STAY_CLASS,
) = range(12)  # fmt: skip

# columns of a registration or a period of coverage; the kind is a bit
FROM_DAY, TO_DAY, PERIOD_KNOWN, KIND = range(4)
REGISTRATION_CLASS = 3

# columns of an index moment; the row of the index stay is -1 where there is none
AT, DAY_OF, INDEX_STAY = range(3)

# ranges of rows of a person: moments, stays, registrations, coverage, then each point source
MOMENTS_OF, STAYS_OF, REGISTRATIONS_OF, COVERAGE_OF, POINTS_OF = range(5)

# columns of a point source: the places of its class, day, known time and stay row (-1: it has no
# stays), the days by which facts of a stay come before its admission at most, and how many days
# before the index day it is read
CLASS_AT, DAY_AT, KNOWN_AT, TIED_AT, EARLY, LONGEST = range(6)
POINT_COLUMNS = 6

# columns of the view of a person's stays at one moment (`stays.py`)
SEEN, TIED, APART, ENDED, END_DAY = range(5)
VIEW_COLUMNS = 5

# columns of a mark per key: the moment that last saw the key (the first one of those read for
# together), and how often it did; or the smallest window it did so in; or which of the moments did
MARKED, TALLY = range(2)
SAW = TALLY
MARK_COLUMNS = 2

SETTINGS = TABLES["stay"].column("setting").allowed
DESTINATIONS = TABLES["stay"].column("discharged_to").allowed
ACUTE, EMERGENCY = SETTINGS.index("acute"), SETTINGS.index("emergency")


class At(IntEnum):
    """Columns of the compiled table of operations."""

    MEASURE = 0
    WINDOW = 1
    UNTIL = 2
    ANCHOR = 3
    STEPS = 4
    VALUE = 5
    KEY = 6
    STAMP = 7
    URGENCY = 8
    SENSITIVE = 9
    SENSITIVE_CODED = 10
    UNKNOWN = 11
    TO = 12
    ENDED = 13
    WITHIN = 14
    END = 15


class Of(IntEnum):
    """Columns of the compiled table of outputs."""

    FINISH = 0
    OP = 1
    OTHER = 2
    TOTAL = 3
    OBSERVED = 4
    PARAMETER = 5
    RANK_FROM = 6
    RANK_TO = 7
    FIRST = 8
    SECOND = 9
    WORDS = 10
    BEFORE = 11
    GATE = 12


class Counted(IntEnum):
    """Columns of the outputs that are numbers of rows; they come first."""

    OP = 0
    GATE = 1


class Gate(IntEnum):
    """Columns of the conditions under which outputs are known."""

    OTHER = 0
    TOTAL = 1
    OBSERVED = 2


class Asked(IntEnum):
    """Columns of the observed windows."""

    KINDS = 0
    WINDOW = 1
    UNTIL = 2
    ANCHOR = 3
    CODED = 4
