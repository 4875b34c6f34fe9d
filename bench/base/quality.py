"""Validity, kept apart from the value it belongs to."""

from enum import IntEnum


class Quality(IntEnum):
    """Why a value may be used (``GOOD``) or may not (all others).

    The numbers are stored in recordings: never renumber them.
    """

    GOOD = 0
    STALE = 1  # too old, or never arrived
    OVER_RANGE = 2  # the instrument says so (INF, 9.9E+37, overload bit)
    NOT_A_NUMBER = 3  # no data (NAN, 9.91E+37), or not finite
    WRONG = 4  # CRC, counter, length, range or grammar was violated
    SUBSTITUTED = 5  # a stand-in; never satisfies a limit or a condition


GOOD = int(Quality.GOOD)
STALE = int(Quality.STALE)
OVER_RANGE = int(Quality.OVER_RANGE)
NOT_A_NUMBER = int(Quality.NOT_A_NUMBER)
WRONG = int(Quality.WRONG)
SUBSTITUTED = int(Quality.SUBSTITUTED)
