"""The emulated insulation monitor, as an ISOMETER iso165C: a mean over its last measurements, thresholds, a self test.

Thresholds, averaging and range are the defaults of its manual (iso165C_D00154_03_M_XXEN, p.20 to 22). How long one
measurement and the self test take is assumed. It has been on for long when the bench starts.
"""

from typing import Any

import numpy as np

from bench.base.compiled import compiled

MEASURED_NS = 1_000_000_000
SELF_TEST_NS = 5_000_000_000
MEAN = 3
WARNING_OHM, FAULT_OHM, MOST_OHM = 300e3, 55e3, 50e6

MONITOR = np.dtype(
    [
        ("present", "i8"),
        ("measured_ns", "i8"),
        ("tested_ns", "i8"),
        ("count", "i8"),
        ("history", "f8", (MEAN,)),
        ("shown_ohm", "f8"),
        ("outdated", "i8"),
    ],
    align=True,
)
"""``present``: it is there (else the bench I/O tells the resistance); ``tested_ns``: when the self test ends."""


def make_monitor(sound_ohm: float, *, present: bool) -> np.ndarray:
    """One that has measured ``sound_ohm`` before."""
    made = np.zeros(1, MONITOR)
    made["present"], made["count"], made["history"], made["shown_ohm"] = present, MEAN, sound_ohm, sound_ohm
    return made


@compiled
def restart(own: Any, t_ns: int) -> None:
    """It begins anew: first it tests itself, then it measures."""
    own.tested_ns, own.measured_ns, own.count, own.outdated = t_ns + SELF_TEST_NS, t_ns + SELF_TEST_NS, 0, 1


@compiled
def measure(own: Any, true_ohm: float, failing: bool, t_ns: int) -> None:
    """What it shows at ``t_ns``, while ``true_ohm`` lies between the rails and earth."""
    if failing:
        own.outdated = 1
        return
    if t_ns < own.tested_ns or t_ns - own.measured_ns < MEASURED_NS:
        return
    own.measured_ns = t_ns
    own.history[own.count % MEAN] = min(true_ohm, MOST_OHM)
    own.count += 1
    total, number = 0.0, min(own.count, MEAN)
    for i in range(number):
        total += own.history[i]
    own.shown_ohm, own.outdated = total / number, 0
