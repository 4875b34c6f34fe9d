"""What the operating system can do for a loop that must be on time; each is done where permitted.

Measured on a loaded two-core machine at 1 kHz: SCHED_FIFO with locked memory and no garbage collection brought the
99th percentile of the wake-up latency from 1977 to 58 us (facts on scheduling, faults.md section 8).
"""

import contextlib
import ctypes
import gc
import os
import platform
import struct
from dataclasses import dataclass
from pathlib import Path

_MCL_CURRENT, _MCL_FUTURE = 1, 2


@dataclass(frozen=True, slots=True)
class Granted:
    """What was permitted."""

    fifo: bool
    locked: bool

    @property
    def bits(self) -> int:
        """As a number, for shared memory; never 0."""
        return 1 | 2 * self.fifo | 4 * self.locked

    @classmethod
    def of(cls, bits: int) -> "Granted | None":
        """What ``bits`` say; ``None`` for 0, where nobody has asked yet."""
        return cls(bool(bits & 2), bool(bits & 4)) if bits else None

    def words(self) -> str:
        """For people: what it means where something was not permitted."""
        missing = [] if self.fifo else ["SCHED_FIFO was not permitted: other work may delay cycles by 10 ms and more"]
        missing += [] if self.locked else ["memory is not locked: a page fault may delay a cycle"]
        return "; ".join(missing) or "real-time scheduling and locked memory"


CORE_PRIORITY, WORLD_PRIORITY, LINKS_PRIORITY = 50, 40, 30
"""The emulated other side comes next to the core: real hardware would not wait for the scheduler either. Then the
links, whose writes a stop needs."""

_FAVOUR = -10  # niceness of recorder and service: no stop needs them, but their silence is one
_SLICE_NS = 100_000  # the shortest there is
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # its number among the system calls; the C library has no name for it


def make_realtime() -> Granted:
    """For the core: ask for SCHED_FIFO and locked memory; stop the garbage collector. Call it when all is set up."""
    settle_memory()
    gc.disable()
    _sharpen_timers()
    return Granted(_fifo(CORE_PRIORITY), _lock_memory())


def come_soon(priority: int, *, lock: bool = False) -> Granted:
    """For those the core waits for: ask for SCHED_FIFO, for this thread and all that it starts from now on.

    ``lock``: for locked memory too, which takes a fifth of a second at the start.
    """
    settle_memory()
    return Granted(_fifo(priority), lock and _lock_memory())


def settle_memory() -> None:
    """Spare later garbage collections everything that exists by now: walking through all modules takes 0.2 s."""
    gc.collect()
    gc.freeze()


def prefer(*, session: bool) -> None:
    """Come before ordinary work where permitted. ``session``: this process leads a session of its own."""
    settle_memory()
    _take_short_turns()
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, _FAVOUR)
    if session:  # Linux shares the time among sessions first; niceness counts inside one only
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_FAVOUR), encoding="ascii")


def _fifo(priority: int) -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except (OSError, AttributeError):
        _take_short_turns()
        return False
    return True


def _take_short_turns() -> None:
    """Where others may not be put off: who asks for shorter turns gets them sooner (Linux 6.12; older ones ignore it).

    Wake-ups of 1 ms beside four busy processes on two cores, without SCHED_FIFO: 99th percentile 1 to 3 ms, not 8 ms.
    """
    with contextlib.suppress(OSError, AttributeError, KeyError):  # not this system, not this machine
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            attributes = struct.pack("=IIQiIQQQ", 48, os.SCHED_OTHER, 0, nice, 0, _SLICE_NS, 0, 0)  # struct sched_attr
            ctypes.CDLL(None).syscall(_SCHED_SETATTR[platform.machine()], 0, attributes, 0)


def _sharpen_timers() -> None:
    """Linux wakes ordinary processes up to 50 us late, to save power (prctl 29, PR_SET_TIMERSLACK)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)


def _lock_memory() -> bool:
    try:
        return bool(ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0)
    except (OSError, AttributeError):
        return False
