"""Absolute deadlines on a grid: the loop of the core begins each cycle at its nominal time, or skips it."""

from typing import Protocol

LEAD_NS = 180_000
"""The loop is awake so long before each deadline: to be woken takes 20 to 60 us, and not always the same. What has
arrived is fetched in that time (90 us on two quiet benchwires); the rest is waited for awake, since a second sleep
would only make the next step slower."""
LEAD_MAX_NS = 450_000
"""After the machine stood still for a moment, the same takes two and three times as long for up to a tenth of a second:
the lead follows at once, and shrinks again slowly."""
_SPARE = 1.5
_SHRINK = 0.99


class Waiting(Protocol):
    """A clock that can be waited for."""

    def now_ns(self) -> int:
        """The run time."""

    def sleep_until(self, t_ns: int) -> None:
        """Return at ``t_ns`` or soon after."""

    def spin_until(self, t_ns: int) -> int:
        """Return at ``t_ns``, awake all the time; the time it is then."""


class Pacer:
    """Deadlines at multiples of ``period_ns``. After a stall the grid goes on: what was missed is skipped, never made
    up for."""

    def __init__(self, clock: Waiting, period_ns: int, lead_ns: int = LEAD_NS) -> None:
        self._clock = clock
        self._period_ns = period_ns
        self._least_lead_ns = self._lead_ns = lead_ns
        self._t_ns = clock.now_ns() // period_ns * period_ns
        self._worst_ns = 0

    def approach(self) -> None:
        """Sleep until shortly before the next deadline: the one that follows the last, or after a stall the latest that
        has passed."""
        self._t_ns += self._period_ns
        self._skip_to(self._clock.now_ns())
        self._clock.sleep_until(self._t_ns - self._lead_ns)

    def arrive(self) -> int:
        """Wait awake for the deadline and return it."""
        self._follow(self._clock.now_ns())
        self._skip_to(self._clock.spin_until(self._t_ns))
        return self._t_ns

    def _follow(self, ready_ns: int) -> None:
        """What was needed between the time to be awake and now, with something to spare, is the next lead."""
        needed_ns = int(_SPARE * (ready_ns - self._t_ns + self._lead_ns))
        shrunk_ns = max(self._least_lead_ns, int(_SHRINK * self._lead_ns))
        self._lead_ns = max(shrunk_ns, min(needed_ns, LEAD_MAX_NS, self._period_ns // 2))

    def _skip_to(self, now_ns: int) -> None:
        """Note how late it is; a deadline that is a whole period ago is given up for the latest that has passed."""
        self._worst_ns = max(self._worst_ns, now_ns - self._t_ns)
        self._t_ns = max(self._t_ns, now_ns // self._period_ns * self._period_ns)

    def take_worst_ns(self) -> int:
        """How late the latest deadline since the last question was."""
        worst_ns, self._worst_ns = self._worst_ns, 0
        return worst_ns
