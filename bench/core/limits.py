"""Step 2a: limits. ``not (low <= x <= high)`` and never ``x > high``: NaN must not slip through."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.tables import DERATE, NONE, STOP
from bench.core.tell import LIMIT_TOLD, stop, tell

_NAN = float("nan")
_USABLE, _BAD, _OLD = 0, 1, 2


@compiled
def judge_limits(limits: Any, states: Any, image: Any, core: Any, counters: Any, events: Ring, t_ns: int) -> None:
    """Judge every limit that is active in the present modes; the others forget what they saw."""
    derating = False
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
        _judge(limit, seen, image, core, counters, events, i, t_ns)
        derating = derating or (limit.level == DERATE and seen.violated != 0)
    core.derating = derating


@compiled
def _usable(known: Any, stale_ns: int, t_ns: int) -> int:
    if stale_ns > 0 and (known.arrived_ns < 0 or t_ns - known.arrived_ns > stale_ns):
        return _OLD
    return _USABLE if known.quality == GOOD else _BAD


@compiled
def _judge(limit: Any, seen: Any, image: Any, core: Any, counters: Any, events: Ring, index: int, t_ns: int) -> None:
    """One limit in full: validity, value, debounce, hysteresis."""
    known = image[limit.channel]
    usable, value = _usable(known, limit.stale_ns, t_ns), known.value
    if limit.other_1 != NONE:
        usable = max(usable, _usable(image[limit.other_1], limit.stale_ns, t_ns))
        value -= limit.factor_1 * image[limit.other_1].value
    if limit.other_2 != NONE:
        usable = max(usable, _usable(image[limit.other_2], limit.stale_ns, t_ns))
        value -= limit.factor_2 * image[limit.other_2].value
    if usable != _USABLE and limit.level != STOP:
        return  # an invalid value neither raises nor clears a warning
    if usable == _USABLE and seen.low <= value <= seen.high:
        if not seen.violated:
            seen.since_ns = -1
        elif seen.low + limit.hysteresis <= value <= seen.high - limit.hysteresis:
            seen.violated, seen.since_ns = 0, -1
            tell(events, t_ns, LIMIT_TOLD, index, 0.0, value)
        return
    if seen.violated:
        return
    if seen.since_ns < 0:
        seen.since_ns = t_ns
    if usable != _OLD and t_ns - seen.since_ns < limit.debounce_ns:  # silence has had its own time already
        return
    seen.violated = 1
    tell(events, t_ns, LIMIT_TOLD, index, float(limit.level), value if usable == _USABLE else _NAN)
    if limit.level == STOP:
        stop(core, counters, events, t_ns, np.int64(limit.cause), np.int64(limit.stop_class), index)
