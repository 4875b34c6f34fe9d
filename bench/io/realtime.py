"""What the operating system can do for a loop that must be on time; each is done where permitted.

Measured on a loaded two-core machine at 1 kHz: SCHED_FIFO with locked memory and no garbage collection brought the
99th percentile of the wake-up latency from 1977 to 58 us (facts on scheduling, faults.md section 8).
"""

import ctypes
import gc
import os
from dataclasses import dataclass

_MCL_CURRENT, _MCL_FUTURE = 1, 2


@dataclass(frozen=True, slots=True)
class Granted:
    """What was permitted."""

    fifo: bool
    locked: bool


def make_realtime(priority: int = 50) -> Granted:
    """Ask for SCHED_FIFO and locked memory; stop the garbage collector (call it when everything is set up)."""
    gc.collect()
    gc.freeze()
    gc.disable()
    return Granted(_fifo(priority), _lock_memory())


def _fifo(priority: int) -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except (OSError, AttributeError):
        return False
    return True


def _lock_memory() -> bool:
    try:
        return bool(ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0)
    except (OSError, AttributeError):
        return False
