"""How the core tells what it did, and how a stop begins."""

from typing import Any

import numpy as np

from bench.base import records
from bench.base.compiled import compiled
from bench.base.ring import Ring, commit, slot
from bench.core.tables import CAUSE, NO_STOP, NONE, RUNNING, STOP_CONTROLLED, STOP_FREEZE, STOPPING

Int = int | np.int64

# As np.int64, since Numba would compile ``tell`` and ``stop`` again for each literal they are called with.
WAKE_TOLD = np.int64(records.EV_WAKE)
LIMIT_TOLD = np.int64(records.EV_LIMIT)
STOP_TOLD = np.int64(records.EV_STOP)
RUNG_TOLD = np.int64(records.EV_RUNG)
SAFE_TOLD = np.int64(records.EV_SAFE)
REFUSED_TOLD = np.int64(records.EV_REFUSED)
FRAME_BAD_TOLD = np.int64(records.EV_FRAME_BAD)
LATE_TOLD = np.int64(records.EV_LATE)
LIMITED_TOLD = np.int64(records.EV_LIMITED)
ARMED_TOLD = np.int64(records.EV_ARMED)
RELEASED_TOLD = np.int64(records.EV_RELEASED)
WORD_TOLD = np.int64(records.EV_WORD)
NOTHING, NOWHERE, CONTROLLED = np.int64(0), np.int64(NONE), np.int64(STOP_CONTROLLED)

PENDING = -2
"""Value of ``core.rung``: the ladder of the stop's class is to be entered in this cycle."""


@compiled
def tell(events: Ring, t_ns: int, kind: Int, number: Int, value: float, extra: float) -> None:
    """One event. A full ring drops it, counted in the ring's header."""
    place = slot(events)
    if place < 0:
        return
    event = events.records[place]
    event.t_ns, event.kind, event.id, event.value, event.extra = t_ns, kind, number, value, extra
    commit(events)


@compiled
def stop(core: Any, counters: Any, events: Ring, t_ns: int, cause: Int, stop_class: Int, source: Int) -> None:
    """A stop cause: the stronger class wins, an equal or weaker one never restarts the ladder (F-53)."""
    if stop_class >= core.stop_class:
        counters.further_causes += 1
        return
    if core.stop_class == NO_STOP:
        core.stop_ns = t_ns
    core.stop_class, core.cause, core.source = stop_class, cause, source
    core.phase, core.rung, core.missed = STOPPING, PENDING, 0
    core.bits |= CAUSE
    core.changed = 1
    tell(events, t_ns, STOP_TOLD, cause, float(stop_class), float(source))
    if stop_class < STOP_FREEZE and core.armed:
        core.armed = 0
        tell(events, t_ns, ARMED_TOLD, NOTHING, 0.0, 0.0)


@compiled
def running(core: Any) -> bool:
    """Whether no stop is active."""
    return bool(core.phase == RUNNING)
