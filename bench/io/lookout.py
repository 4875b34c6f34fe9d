"""The service's look at the others: who has ended, and whether the core still beats."""

from typing import Any

from numpy.typing import NDArray

from bench.io.clock import MonotonicClock
from bench.io.processes import Crew
from bench.io.status import CoreWatch

_WORDS = (
    "the core gave no sign of life for 2 s and was ended; inverter, dynos and supply come to rest by their own "
    "time-outs: look at them before anybody touches"
)


class Lookout:
    """Why the crew is not complete any more.

    A core that stands still is ended: it must not come back to life later and go on commanding what it remembers.
    """

    def __init__(self, crew: Crew, status: NDArray[Any], clock: MonotonicClock) -> None:
        self._crew = crew
        self._core = CoreWatch(status, clock)
        self._words = ""

    def failure(self) -> str:
        """Empty while all is well. Ask now and then."""
        core = self._crew.children["core"]
        if core.alive and self._core.silent():
            core.kill()
            self._words = _WORDS
        return self._words or self._crew.failure()
