"""Absolute deadlines on a grid: the loop of the core begins each cycle at its nominal time, or skips it."""

from typing import Protocol

SPIN_NS = 80_000
"""The last bit before a deadline is waited for awake: to be woken takes 20 to 60 us, and not always the same."""


class Waiting(Protocol):
    """A clock that can be waited for."""

    def now_ns(self) -> int:
        """The run time."""

    def wait_until(self, t_ns: int, spin_ns: int) -> int:
        """Return at ``t_ns`` or as soon after as the machine allows, with the time it is then."""


class Pacer:
    """Deadlines at multiples of ``period_ns``. After a stall the grid goes on: what was missed is skipped, never made
    up for."""

    def __init__(self, clock: Waiting, period_ns: int, spin_ns: int = SPIN_NS) -> None:
        self._clock = clock
        self._period_ns = period_ns
        self._spin_ns = spin_ns
        self._t_ns = clock.now_ns() // period_ns * period_ns
        self._worst_ns = 0

    def next_ns(self) -> int:
        """Wait for the next deadline and return it: the one that follows the last, or after a stall the latest that has
        passed."""
        period_ns = self._period_ns
        self._t_ns = max(self._t_ns + period_ns, self._clock.now_ns() // period_ns * period_ns)
        late_ns = self._clock.wait_until(self._t_ns, self._spin_ns) - self._t_ns
        self._worst_ns = max(self._worst_ns, late_ns)
        return self._t_ns

    def take_worst_ns(self) -> int:
        """How late the latest deadline since the last question was."""
        worst_ns, self._worst_ns = self._worst_ns, 0
        return worst_ns

