"""Signs of life in shared memory: one row for each process of a wall-time bench, written by that process only.

The core turns the beats of the others into HEARTBEAT records of its inbox, so that they are judged by its program and
stand in the inbox log like everything else.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.design import LINKS, RECORDER, SERVICE
from bench.io.clock import MonotonicClock

CORE, EMULATORS = 0, 4
"""Rows besides ``SERVICE``, ``LINKS`` and ``RECORDER`` of ``bench.core.design``."""

STARTING, RUNNING, FINISHED = 0, 1, 2

STATUS = np.dtype(
    [
        ("beat", "i8"),
        ("pid", "i8"),
        ("phase", "i8"),
        ("note", "i8"),  # own count of trouble (core: frames that could not be sent; others: failures)
        ("sequence", "i8"),  # odd while the core writes the state in a cycle, or the emulators note a stall
        ("granted", "i8"),  # what the operating system has granted, bits of ``bench.io.realtime.Granted``
        # of the emulators (``bench.io.stalls``):
        ("turn_ns", "i8"),  # when the present turn of their loop began, run time
        ("stalls", "i8"),  # all turns that were too long: how many, how long, how much of it at work
        ("stalled_ns", "i8"),
        ("worked_ns", "i8"),
        ("stall_from_ns", "i8"),  # the last one, run time
        ("stall_until_ns", "i8"),
        ("pad", "i8", (4,)),
    ],
    align=True,
)

WATCHED = (SERVICE, LINKS, RECORDER)


def make_status() -> NDArray[Any]:
    """Nobody has started yet."""
    return np.zeros(8, STATUS)


_GONE_NS = 5_000_000_000
CORE_SILENT_NS = 2_000_000_000
"""From here on a core that stands still is given up: the inverter has lost its torque long before. One that comes back
earlier still stops the bench in order."""
_LOOK_NS = 100_000_000


class CoreWatch:
    """Whether the core lives: its beat, as another process sees it."""

    def __init__(self, status: NDArray[Any], clock: MonotonicClock) -> None:
        self._row = status[CORE]
        self._clock = clock
        self._beat = 0
        self._looked_ns = clock.now_ns()
        self._still_ns = 0

    def _look(self) -> None:
        """A long time between two looks is the onlooker's own pause (or the whole machine's), not the core's."""
        beat, now_ns = int(self._row["beat"]), self._clock.now_ns()
        self._still_ns += min(now_ns - self._looked_ns, _LOOK_NS)
        self._looked_ns = now_ns
        if beat != self._beat:
            self._beat, self._still_ns = beat, 0

    def silent(self) -> bool:
        """Whether its beat has stood still for ``CORE_SILENT_NS`` of looking on, between its first and its end. Ask
        often."""
        self._look()
        return self._beat > 0 and bool(self._row["phase"] != FINISHED) and self._still_ns > CORE_SILENT_NS

    def ended(self) -> bool:
        """It said so, or its beat has stood still (or never came) for five seconds of looking on."""
        self._look()
        return bool(self._row["phase"] == FINISHED) or self._still_ns > _GONE_NS
