"""How the core tells what it did, and how a stop begins."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.records import EV_ARMED, EV_STOP
from bench.base.ring import Ring, commit, slot
from bench.core.tables import CAUSE, NO_STOP, RUNNING, STOP_FREEZE, STOPPING

PENDING = -2
"""Value of ``core.rung``: the ladder of the stop's class is to be entered in this cycle."""


@compiled
def tell(events: Ring, t_ns: int, kind: int, number: int, value: float, extra: float) -> None:
    """One event. A full ring drops it, counted in the ring's header."""
    place = slot(events)
    if place < 0:
        return
    event = events.records[place]
    event.t_ns, event.kind, event.id, event.value, event.extra = t_ns, kind, number, value, extra
    commit(events)


@compiled
def stop(core: Any, counters: Any, events: Ring, t_ns: int, cause: int, stop_class: int, source: int) -> None:
    """A stop cause: the stronger class wins, an equal or weaker one never restarts the ladder (F-53)."""
    if stop_class >= core.stop_class:
        counters.further_causes += 1
        return
    if core.stop_class == NO_STOP:
        core.stop_ns = t_ns
    core.stop_class, core.cause, core.source = stop_class, cause, source
    core.phase, core.rung, core.missed = STOPPING, PENDING, 0
    core.bits |= CAUSE
    tell(events, t_ns, EV_STOP, cause, float(stop_class), float(source))
    if stop_class < STOP_FREEZE and core.armed:
        core.armed = 0
        tell(events, t_ns, EV_ARMED, 0, 0.0, 0.0)


@compiled
def running(core: Any) -> bool:
    """Whether no stop is active."""
    return bool(core.phase == RUNNING)
