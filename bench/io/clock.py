"""The wall-time clock: run time counted from a shared origin, steady under any change of the calendar clock.

``CLOCK_MONOTONIC`` is one clock for all processes of a machine, so an origin handed from process to process gives
all of them the same ``t_ns``.
"""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MonotonicClock:
    """Run time in nanoseconds since ``origin_ns`` (a reading of the machine's monotonic clock)."""

    origin_ns: int = field(default_factory=time.monotonic_ns)

    def now_ns(self) -> int:
        """The run time."""
        return time.monotonic_ns() - self.origin_ns

    def sleep_until(self, t_ns: int) -> None:
        """Return at ``t_ns`` or soon after; at once if that has passed."""
        remaining_ns = t_ns - self.now_ns()
        if remaining_ns > 0:
            time.sleep(remaining_ns * 1e-9)

    def spin_until(self, t_ns: int) -> int:
        """As ``sleep_until``, but awake all the time; the time it is then."""
        due_ns = t_ns + self.origin_ns
        while (now_ns := time.monotonic_ns()) < due_ns:
            pass
        return now_ns - self.origin_ns

    def asleep_ns(self) -> int:
        """How long the machine has slept since it was booted: run time does not count that (F-61)."""
        if not hasattr(time, "CLOCK_BOOTTIME"):
            return 0
        now_ns = time.monotonic_ns()  # first, so that the difference is never negative
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - now_ns

    def calendar_ns(self) -> int:
        """The present moment as Unix time, for stamps that people read; never for a duration."""
        return time.time_ns()

    def from_calendar_s(self, stamp_s: float, age_max_ns: int = 1_000_000_000) -> int:
        """The run time of a calendar stamp taken moments ago (an adapter's time stamp of a frame).

        Some adapters count from their own start; a stamp from the future or older than ``age_max_ns`` is no calendar
        stamp, and the present is the best that is known.
        """
        now_ns = self.now_ns()
        age_ns = self.calendar_ns() - int(stamp_s * 1e9)
        return now_ns - age_ns if 0 <= age_ns <= age_max_ns else now_ns
