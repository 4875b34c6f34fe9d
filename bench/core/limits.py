"""Step 2a: limits. ``not (low <= x <= high)`` and never ``x > high``: NaN must not slip through."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.tables import DERATE, FAR_NS, NONE, STOP, STOP_CONTROLLED
from bench.core.tell import LIMIT_TOLD, stop, tell

_NAN = float("nan")
_OUTSIDE, _LOST = 1, 2


@compiled
def judge_limits(limits: Any, states: Any, image: Any, core: Any, counters: Any, events: Ring, t_ns: int) -> int:
    """Judge every limit that is active in the present modes; the others forget what they saw.

    Answer: the time at which, with nothing else changed, they must be judged again.
    """
    derating, again_ns = False, t_ns + FAR_NS
    for i in range(limits.shape[0]):
        limit, seen = limits[i], states[i]
        if limit.modes & core.modes == 0:
            seen.violated, seen.since_ns, seen.lost_since_ns = 0, -1, -1
            continue
        known = image[limit.channel]
        calm = seen.since_ns < 0 and seen.lost_since_ns < 0 and limit.other_1 == NONE and known.quality == GOOD
        if calm and seen.low <= known.value <= seen.high and t_ns - known.arrived_ns <= limit.stale_ns:
            again_ns = min(again_ns, known.arrived_ns + limit.stale_ns)  # the way of nearly all
            continue
        again_ns = min(again_ns, _judge(limit, seen, image, core, counters, events, i, t_ns))
        derating = derating or (limit.level == DERATE and seen.violated != 0)
    core.derating = derating
    return again_ns + 1


@compiled
def _judge(limit: Any, seen: Any, image: Any, core: Any, counters: Any, events: Ring, index: int, t_ns: int) -> int:
    """One limit in full: validity, value, debounce, hysteresis. Answer: until when this judgement stands."""
    known = image[limit.channel]
    value, usable, oldest_ns = known.value, known.quality == GOOD, known.arrived_ns
    if limit.other_1 != NONE:
        other = image[limit.other_1]
        value -= limit.factor_1 * other.value
        usable, oldest_ns = usable and other.quality == GOOD, min(oldest_ns, other.arrived_ns)
    if limit.other_2 != NONE:
        other = image[limit.other_2]
        value -= limit.factor_2 * other.value
        usable, oldest_ns = usable and other.quality == GOOD, min(oldest_ns, other.arrived_ns)
    too_old = limit.stale_ns < FAR_NS and (oldest_ns < 0 or t_ns - oldest_ns > limit.stale_ns)
    usable = usable and not too_old
    if not usable and limit.level != STOP:
        return t_ns + FAR_NS  # an invalid value neither raises nor clears a warning
    if usable and seen.low <= value <= seen.high:
        seen.lost_since_ns = -1
        _inside(limit, seen, events, index, value, t_ns)
        return int(oldest_ns + limit.stale_ns)
    if seen.violated == _OUTSIDE:
        return t_ns + FAR_NS
    outside, lost = _lasting(limit, seen, usable, t_ns)
    if not outside and seen.violated == _LOST:
        return t_ns if seen.since_ns >= 0 else t_ns + FAR_NS
    if not (outside or lost or too_old):  # silence has had its own time already
        return t_ns
    seen.violated = _OUTSIDE if outside else _LOST
    tell(events, t_ns, LIMIT_TOLD, index, float(limit.level), value if usable else _NAN)
    if limit.level == STOP:
        if outside:
            stop(core, counters, events, t_ns, np.int64(limit.cause), np.int64(limit.stop_class), index)
        else:
            weaker = max(np.int64(limit.stop_class), np.int64(STOP_CONTROLLED))
            stop(core, counters, events, t_ns, np.int64(limit.cause_lost), weaker, index)
    return t_ns + FAR_NS


@compiled
def _lasting(limit: Any, seen: Any, usable: bool, t_ns: int) -> tuple[bool, bool]:
    """Whether it is outside for long enough, and whether it is lost for long enough.

    A value that was outside when it was lost counts as outside all the time.
    """
    if usable:
        seen.lost_since_ns = -1
    elif seen.lost_since_ns < 0:
        seen.lost_since_ns = t_ns
    if usable and seen.since_ns < 0:
        seen.since_ns = t_ns
    outside = seen.since_ns >= 0 and t_ns - seen.since_ns >= limit.debounce_ns
    lost = seen.lost_since_ns >= 0 and t_ns - seen.lost_since_ns >= limit.lost_ns
    return outside, lost


@compiled
def _inside(limit: Any, seen: Any, events: Ring, index: int, value: float, t_ns: int) -> None:
    if not seen.violated:
        seen.since_ns = -1
    elif seen.low + limit.hysteresis <= value <= seen.high - limit.hysteresis:
        seen.violated, seen.since_ns = 0, -1
        tell(events, t_ns, LIMIT_TOLD, index, 0.0, value)
