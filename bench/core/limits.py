"""Step 2a: limits. ``not (low <= x <= high)`` and never ``x > high``: NaN must not slip through."""

from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.records import EV_LIMIT
from bench.base.ring import Ring
from bench.core.tables import DERATE, NONE, STOP
from bench.core.tell import stop, tell

_NAN = float("nan")


@compiled
def judge_limits(program: Any, state: Any, events: Ring, t_ns: int) -> None:
    """Judge every limit that is active in the present modes; the others forget what they saw."""
    core, derating = state.core[0], False
    limits, states, image = program.limits, state.limits, state.image
    for i in range(limits.shape[0]):
        limit, seen = limits[i], states[i]
        if limit.modes & core.modes == 0:
            if seen.violated or seen.since_ns >= 0:
                seen.violated, seen.since_ns = 0, -1
            continue
        known = image[limit.channel]
        if limit.other_1 == NONE and seen.since_ns < 0 and not seen.violated:  # the way of nearly all cycles
            fresh = limit.stale_ns == 0 or (known.arrived_ns >= 0 and t_ns - known.arrived_ns <= limit.stale_ns)
            if fresh and known.quality == GOOD and seen.low <= known.value <= seen.high:
                continue
        _judge(program, state, events, i, t_ns)
        derating = derating or (limit.level == DERATE and seen.violated != 0)
    core.derating = derating


@compiled
def _usable(known: Any, stale_ns: int, t_ns: int) -> int:
    """0 good and fresh, 1 not good, 2 too old."""
    if stale_ns > 0 and (known.arrived_ns < 0 or t_ns - known.arrived_ns > stale_ns):
        return 2
    return 0 if known.quality == GOOD else 1


@compiled
def _judge(program: Any, state: Any, events: Ring, index: int, t_ns: int) -> None:
    """One limit in full: validity, value, debounce, hysteresis."""
    limit, seen = program.limits[index], state.limits[index]
    known = state.image[limit.channel]
    usable, value = _usable(known, limit.stale_ns, t_ns), known.value
    if limit.other_1 != NONE:
        usable = max(usable, _usable(state.image[limit.other_1], limit.stale_ns, t_ns))
        value -= limit.factor_1 * state.image[limit.other_1].value
    if limit.other_2 != NONE:
        usable = max(usable, _usable(state.image[limit.other_2], limit.stale_ns, t_ns))
        value -= limit.factor_2 * state.image[limit.other_2].value
    if usable != 0:
        if limit.level == STOP:
            _outside(limit, state, events, index, _NAN, usable == 2, t_ns)
        return  # an invalid value neither raises nor clears a warning
    if not (seen.low <= value <= seen.high):
        _outside(limit, state, events, index, value, False, t_ns)
    elif not seen.violated:
        seen.since_ns = -1
    elif seen.low + limit.hysteresis <= value <= seen.high - limit.hysteresis:
        seen.violated, seen.since_ns = 0, -1
        tell(events, t_ns, EV_LIMIT, index, 0.0, value)


@compiled
def _outside(limit: Any, state: Any, events: Ring, index: int, value: float, at_once: bool, t_ns: int) -> None:
    """A violation counts after its debounce time; silence has had its own time already."""
    seen = state.limits[index]
    if seen.violated:
        return
    if seen.since_ns < 0:
        seen.since_ns = t_ns
    if not at_once and t_ns - seen.since_ns < limit.debounce_ns:
        return
    seen.violated = 1
    tell(events, t_ns, EV_LIMIT, index, float(limit.level), value)
    if limit.level == STOP:
        stop(state.core[0], state.counters[0], events, t_ns, limit.cause, limit.stop_class, index)
