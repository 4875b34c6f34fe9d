"""Step 5: who waits for a value, a band, a quiet window or the end of a trajectory is woken here.

A value that is not good satisfies nothing and empties its window. Any active stop wakes everybody with -1.
"""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.meter import metered_rows
from bench.core.tables import (
    KIND_ABOVE,
    KIND_BELOW,
    KIND_DEVIATION,
    KIND_DONE,
    KIND_ELAPSED,
    KIND_RANGE,
    KIND_STD,
    KIND_UPDATES,
    KIND_VARIATION,
    KIND_WITHIN,
    NO_STOP,
    NONE,
    WOKE,
)
from bench.core.tell import WAKE_TOLD, tell

_PARTS = 200  # samples of a window; the buffer holds 256
_STEP_MIN_NS = 1_000_000
_WAIT = 2


@compiled
def add_condition(channels: Any, watch: Any, conditions: Any, record: Any) -> bool:
    """One more condition of a watch that has not started (CMD_WATCH_ADD)."""
    kind = record.quality
    if record.id >= channels.shape[0] or not (KIND_ABOVE <= kind <= KIND_ELAPSED):
        return False
    if watch.started or watch.conditions >= conditions.shape[0]:
        return False
    if kind == KIND_DONE and channels[record.id].setpoint == NONE:
        return False
    condition = conditions[watch.conditions]
    condition.kind, condition.channel = kind, record.id
    condition.reference, condition.tolerance, condition.window_ns = record.value, record.extra, max(0, record.t_ns)
    condition.step_ns = max(_STEP_MIN_NS, condition.window_ns // _PARTS)
    condition.need = (condition.window_ns + condition.step_ns - 1) // condition.step_ns + 1
    watch.conditions += 1
    return True


@compiled
def start_watch(watch: Any, conditions: Any, core: Any, deadline_ns: int) -> bool:
    """Begin to judge; windows are empty (CMD_WATCH_START)."""
    if watch.started or watch.conditions == 0:
        return False
    watch.started, watch.deadline_ns = 1, deadline_ns
    for i in range(watch.conditions):
        condition = conditions[i]
        condition.since_ns, condition.next_ns = -1, -1
        condition.count, condition.head, condition.holds = 0, 0, 0
    core.watches += 1
    return True


@compiled
def cancel_watch(watch: Any, core: Any) -> bool:
    """Free a watch without a word (CMD_WATCH_CANCEL)."""
    core.watches -= watch.started
    watch.started, watch.conditions = 0, 0
    return True


@compiled
def wake(
    channels: Any,
    setpoints: Any,
    watches: Any,
    conditions: Any,
    windows: Any,
    entries: Any,
    image: Any,
    core: Any,
    events: Ring,
    t_ns: int,
) -> None:
    """Judge all started watches, in order of their numbers."""
    for index in range(watches.shape[0]):
        watch = watches[index]
        if not watch.started:
            continue
        hold = True
        for i in range(watch.conditions):  # each is judged, even after one that fails: windows must go on filling
            condition = conditions[index, i]
            if condition.kind == KIND_DONE:
                holds = setpoints[channels[condition.channel].setpoint].moving == 0
            elif condition.kind == KIND_UPDATES:
                rows = metered_rows(entries, int(core.meter_channels), int(condition.channel))
                holds = rows >= condition.reference
            elif condition.kind == KIND_ELAPSED:
                holds = _elapsed(condition, t_ns)
            else:
                holds = _holds(condition, windows[index, i], image[condition.channel], t_ns)
            hold = hold and holds
        verdict = -1 if core.stop_class != NO_STOP else 1 if hold else 0 if t_ns >= watch.deadline_ns else _WAIT
        if verdict != _WAIT:
            tell(events, t_ns, WAKE_TOLD, index, float(verdict), 0.0)
            core.bits |= WOKE
            cancel_watch(watch, core)


@compiled
def _elapsed(condition: Any, t_ns: int) -> bool:
    """Time passes whatever the readings are."""
    if condition.since_ns < 0:
        condition.since_ns = t_ns
    return bool(t_ns - condition.since_ns >= condition.window_ns)


@compiled
def _holds(condition: Any, window: Any, known: Any, t_ns: int) -> bool:
    if known.quality != GOOD:
        condition.since_ns, condition.next_ns, condition.count, condition.holds = -1, -1, 0, 0
        return False
    if condition.kind > KIND_WITHIN:
        return _window_holds(condition, window, known.value, t_ns)
    reference, value = condition.reference, known.value
    if condition.kind == KIND_ABOVE:
        inside = value > reference
    elif condition.kind == KIND_BELOW:
        inside = value < reference
    else:
        inside = abs(value - reference) <= condition.tolerance
    if not inside:
        condition.since_ns = -1
        return False
    if condition.since_ns < 0:
        condition.since_ns = t_ns
    return bool(t_ns - condition.since_ns >= condition.window_ns)


@compiled
def _window_holds(condition: Any, window: Any, value: float, t_ns: int) -> bool:
    """Range, deviation, standard deviation or coefficient of variation over a full window of equally spaced samples."""
    if t_ns < condition.next_ns:
        return bool(condition.holds)
    condition.next_ns = (t_ns if condition.next_ns < 0 else condition.next_ns) + condition.step_ns
    window[condition.head] = value
    condition.head = (condition.head + 1) % condition.need
    condition.count = min(condition.count + 1, condition.need)
    condition.holds = condition.count == condition.need and _quiet(condition, window)
    return bool(condition.holds)


@compiled
def _quiet(condition: Any, window: Any) -> bool:
    lowest, highest, total = window[0], window[0], 0.0
    for i in range(condition.need):
        lowest, highest = min(lowest, window[i]), max(highest, window[i])
        total += window[i]
    if condition.kind == KIND_RANGE:
        return bool(highest - lowest < condition.tolerance)
    if condition.kind == KIND_DEVIATION:
        reference = condition.reference
        return bool(reference - condition.tolerance <= lowest and highest <= reference + condition.tolerance)
    mean, squares = total / condition.need, 0.0
    for i in range(condition.need):
        squares += (window[i] - mean) ** 2
    std = math.sqrt(squares / max(1, condition.need - 1))
    if condition.kind == KIND_VARIATION:  # near zero it says nothing: below the reference it is satisfied
        return bool(abs(mean) < condition.reference or std < condition.tolerance * abs(mean))
    return bool(condition.kind == KIND_STD and std < condition.tolerance)
