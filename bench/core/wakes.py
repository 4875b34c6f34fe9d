"""Step 5: who waits for a value, a band, a quiet window or the end of a trajectory is woken here.

A value that is not good satisfies nothing and empties its window. Any active stop wakes everybody with -1.
"""

import math
from typing import Any

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.records import EV_WAKE
from bench.base.ring import Ring
from bench.core.meter import metered_rows
from bench.core.tables import (
    KIND_ABOVE,
    KIND_BELOW,
    KIND_DEVIATION,
    KIND_DONE,
    KIND_RANGE,
    KIND_STD,
    KIND_UPDATES,
    KIND_WITHIN,
    NO_STOP,
    NONE,
    WOKE,
)
from bench.core.tell import tell

_PARTS = 200  # samples of a window; the buffer holds 256
_STEP_MIN_NS = 1_000_000


@compiled
def add_condition(program: Any, state: Any, record: Any) -> bool:
    """One more condition of a watch that has not started (CMD_WATCH_ADD)."""
    if record.bus >= state.watches.shape[0] or record.id >= state.image.shape[0]:
        return False
    watch, kind = state.watches[record.bus], record.quality
    if watch.started or watch.conditions >= state.conditions.shape[1] or not (KIND_ABOVE <= kind <= KIND_UPDATES):
        return False
    if kind == KIND_DONE and program.channels[record.id].setpoint == NONE:
        return False
    condition = state.conditions[record.bus, watch.conditions]
    condition.kind, condition.channel = kind, record.id
    condition.reference, condition.tolerance, condition.window_ns = record.value, record.extra, max(0, record.t_ns)
    condition.step_ns = max(_STEP_MIN_NS, condition.window_ns // _PARTS)
    condition.need = (condition.window_ns + condition.step_ns - 1) // condition.step_ns + 1
    watch.conditions += 1
    return True


@compiled
def start_watch(state: Any, index: int, deadline_ns: int) -> bool:
    """Begin to judge; windows are empty (CMD_WATCH_START)."""
    if index >= state.watches.shape[0] or state.watches[index].started or state.watches[index].conditions == 0:
        return False
    watch = state.watches[index]
    watch.started, watch.deadline_ns = 1, deadline_ns
    for i in range(watch.conditions):
        condition = state.conditions[index, i]
        condition.since_ns, condition.next_ns = -1, -1
        condition.count, condition.head, condition.holds = 0, 0, 0
    state.core[0].watches += 1
    return True


@compiled
def cancel_watch(state: Any, index: int) -> bool:
    """Free a watch without a word (CMD_WATCH_CANCEL)."""
    if index >= state.watches.shape[0]:
        return False
    watch = state.watches[index]
    state.core[0].watches -= watch.started
    watch.started, watch.conditions = 0, 0
    return True


@compiled
def wake(program: Any, state: Any, events: Ring, t_ns: int) -> None:
    """Judge all started watches, in order of their numbers."""
    core = state.core[0]
    if core.watches == 0:
        return
    for index in range(state.watches.shape[0]):
        watch = state.watches[index]
        if not watch.started:
            continue
        verdict = 2
        if core.stop_class != NO_STOP:
            verdict = -1
        elif _all_hold(program, state, index, t_ns):
            verdict = 1
        elif t_ns >= watch.deadline_ns:
            verdict = 0
        if verdict != 2:
            tell(events, t_ns, EV_WAKE, index, float(verdict), 0.0)
            core.bits |= WOKE
            cancel_watch(state, index)


@compiled
def _all_hold(program: Any, state: Any, index: int, t_ns: int) -> bool:
    """Every condition is judged, even after the first that fails: windows must go on filling."""
    all_hold = True
    for i in range(state.watches[index].conditions):
        condition = state.conditions[index, i]
        if condition.kind == KIND_DONE:
            holds = state.setpoints[program.channels[condition.channel].setpoint].moving == 0
        elif condition.kind == KIND_UPDATES:
            holds = metered_rows(state, condition.channel) >= condition.reference
        else:
            holds = _holds(condition, state.windows[index, i], state.image[condition.channel], t_ns)
        all_hold = all_hold and holds
    return all_hold


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
    """Range, deviation or standard deviation over a full window of equally spaced samples."""
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
    return bool(condition.kind == KIND_STD and math.sqrt(squares / max(1, condition.need - 1)) < condition.tolerance)
