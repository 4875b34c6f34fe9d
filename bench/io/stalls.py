"""When the emulated side stood still. Real devices go on whatever this machine does; emulated ones need its time.

The emulators' process notes it in its row of the shared status; who keeps the journal, or has started them, tells it.
"""

import time
from typing import Any, NamedTuple

from numpy.typing import NDArray

from bench.base.time import NS_PER_MS, NS_PER_S, seconds
from bench.io.status import EMULATORS, RUNNING
from bench.io.steady import SteadyLook

STALL_NS = 20 * NS_PER_MS
"""A turn of one millisecond that takes longer than this is told: the bench misses the first frame after 40 ms."""
_TOLD_NS = NS_PER_S
_AFTER_NS = 200 * NS_PER_MS  # what a stall has held up arrives for some cycles more


class Turns:
    """The emulators' side: ``begin`` at each turn of their loop. Nobody else writes ``row``."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self._begun_ns: int | None = None
        self._worked_ns = 0

    def begin(self, now_ns: int) -> None:
        """A turn begins; the one before was a stall if it took too long."""
        worked_ns = time.thread_time_ns()
        if self._begun_ns is not None and now_ns - self._begun_ns > STALL_NS:
            self._note(self._begun_ns, now_ns, worked_ns - self._worked_ns)
        self._begun_ns, self._worked_ns = now_ns, worked_ns
        self._row["turn_ns"] = now_ns

    def _note(self, from_ns: int, until_ns: int, worked_ns: int) -> None:
        row = self._row
        row["sequence"] += 1
        row["stalls"] += 1
        row["stalled_ns"] += until_ns - from_ns
        row["worked_ns"] += worked_ns
        row["stall_from_ns"], row["stall_until_ns"] = from_ns, until_ns
        row["sequence"] += 1


class Stalled(NamedTuple):
    """Stalls that are told together: how many, how long in all, at work for how much of it, since when (run time)."""

    stalls: int
    stalled_ns: int
    worked_ns: int
    since_ns: int

    def words(self) -> str:
        """For people."""
        times = f" {self.stalls} times," if self.stalls > 1 else ""
        lost = f"{times} for {self.stalled_ns / NS_PER_MS:.0f} ms"
        if 2 * self.worked_ns > self.stalled_ns:
            worked = f"at work for {self.worked_ns / NS_PER_MS:.0f} ms of it"
            return f"the emulated side fell behind{lost}, {worked}; not a fault of the bench"
        return f"the emulated side stood still{lost}: this machine is busy; not a fault of the bench"

    def told(self) -> dict[str, Any]:
        """For the journal."""
        return {
            "stalls": self.stalls,
            "stalled_s": round(seconds(self.stalled_ns), 4),
            "worked_s": round(seconds(self.worked_ns), 4),
            "since_s": round(seconds(self.since_ns), 4),
            "means": self.words(),
        }


class Stalls:
    """The side of whoever tells: once a second at most; a stall that is kept back counts with the next."""

    def __init__(self, status: NDArray[Any]) -> None:
        self._row = status[EMULATORS]
        self._steady = SteadyLook(status, EMULATORS)
        self._seen = self._told = (0, 0, 0)
        self._since_ns = 0
        self._told_ns = -_TOLD_NS

    def new(self, now_ns: int) -> Stalled | None:
        """What is to be told now. Ask often."""
        self._look()
        if self._seen == self._told or now_ns - self._told_ns < _TOLD_NS:
            return None
        self._told_ns = now_ns
        return self.rest()

    def rest(self) -> Stalled | None:
        """All that is not told yet, at the end."""
        self._look()
        if self._seen == self._told:
            return None
        stalls, stalled_ns, worked_ns = (seen - told for seen, told in zip(self._seen, self._told, strict=True))
        self._told = self._seen
        return Stalled(stalls, stalled_ns, worked_ns, self._since_ns)

    def _look(self) -> None:
        row = self._steady(self._row.copy)
        if row is None or int(row["stalls"]) == self._seen[0]:
            return
        if self._seen == self._told:
            self._since_ns = int(row["stall_from_ns"])
        self._seen = int(row["stalls"]), int(row["stalled_ns"]), int(row["worked_ns"])


def stood_still_ns(status: NDArray[Any], t_ns: int) -> int:
    """For how long the emulated side stood still around ``t_ns`` or shortly before; 0 if it did not, or there is
    none."""
    row = SteadyLook(status, EMULATORS)(status[EMULATORS].copy)
    if row is None or row["phase"] != RUNNING:
        return 0
    from_ns, until_ns = int(row["stall_from_ns"]), int(row["stall_until_ns"])
    if from_ns <= t_ns <= until_ns + _AFTER_NS:
        return until_ns - from_ns
    still_ns = t_ns - int(row["turn_ns"])
    return still_ns if still_ns > STALL_NS else 0
