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

STATUS = np.dtype([("beat", "i8"), ("pid", "i8"), ("phase", "i8"), ("note", "i8"), ("pad", "i8", (4,))], align=True)
"""``note``: the process's own count of trouble (core: frames that could not be sent; others: failures)."""

WATCHED = (SERVICE, LINKS, RECORDER)


def make_status() -> NDArray[Any]:
    """Nobody has started yet."""
    return np.zeros(8, STATUS)


_SILENT_NS = 5_000_000_000


class CoreWatch:
    """Whether the core has ended: it said so, or its beat has stood still for five seconds."""

    def __init__(self, status: NDArray[Any], clock: MonotonicClock) -> None:
        self._row = status[CORE]
        self._clock = clock
        self._beat = -1
        self._since_ns = clock.now_ns()

    def ended(self) -> bool:
        """Ask now and then; silence counts from the first time it was noticed."""
        beat, now_ns = int(self._row["beat"]), self._clock.now_ns()
        if beat != self._beat:
            self._beat, self._since_ns = beat, now_ns
        return bool(self._row["phase"] == FINISHED) or now_ns - self._since_ns > _SILENT_NS
