"""Step 3: the stop ladder, a table: command, independent confirmation, deadline, escalation for each rung."""

import math
from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.ring import Ring
from bench.core.tables import ABOVE, ARRIVED, BELOW, NO_STOP, NONE, SAFE, STOP_FREEZE, STOPPED
from bench.core.tell import PENDING, RUNG_TOLD, SAFE_TOLD, stop, tell
from bench.core.trajectories import aim, hold

_INF = float("inf")


@compiled
def climb_down(
    settings: Any,
    rungs: Any,
    actions: Any,
    confirms: Any,
    setpoints: Any,
    states: Any,
    image: Any,
    core: Any,
    counters: Any,
    events: Ring,
    t_ns: int,
) -> None:
    """One cycle of the active stop: begin its ladder, or judge the present rung and go on."""
    number = core.rung
    if number != PENDING:
        rung, confirmed = rungs[number], _confirmed(rungs[number], confirms, states, image, core, t_ns)
        if not confirmed and t_ns - core.rung_since_ns < rung.deadline_ns:
            return
        tell(events, t_ns, RUNG_TOLD, np.int64(number), 1.0 if confirmed else -1.0, 0.0)
        core.rung = rung.next
        if not confirmed:
            core.missed += 1
            if rung.escalate_class != NO_STOP and rung.escalate_class < core.stop_class:
                missed = core.missed
                stop(
                    core,
                    counters,
                    events,
                    t_ns,
                    np.int64(rung.escalate_cause),
                    np.int64(rung.escalate_class),
                    np.int64(number),
                )
                core.missed = missed
    if core.rung == PENDING:
        _freeze(setpoints, states, core.stop_class == STOP_FREEZE)
        core.rung = settings.first_rung[core.stop_class]
    if number != PENDING and not confirmed:
        _act(actions, setpoints, states, int(rung.first_miss), int(rung.misses))
    core.rung_since_ns, core.confirmed_since_ns = t_ns, -1
    if core.rung == NONE:
        _finish(core, events, t_ns)
        return
    entered = rungs[core.rung]
    tell(events, t_ns, RUNG_TOLD, np.int64(core.rung), 0.0, 0.0)
    _act(actions, setpoints, states, int(entered.first_action), int(entered.actions))


@compiled
def _freeze(setpoints: Any, states: Any, resumable: bool) -> None:
    """Everything holds where it is; a freeze ramps to its freeze values and remembers where each was going."""
    for i in range(setpoints.shape[0]):
        moving, value = states[i], setpoints[i].freeze_value
        moving.held = resumable
        moving.held_target, moving.held_rate = moving.target, moving.rate
        hold(moving)
        if resumable and not math.isnan(value):
            aim(moving, value, setpoints[i].safe_rate)


@compiled
def _finish(core: Any, events: Ring, t_ns: int) -> None:
    core.phase = STOPPED
    if core.stop_class < STOP_FREEZE:
        core.bits |= SAFE
        tell(events, t_ns, SAFE_TOLD, np.int64(core.cause), 1.0 if core.missed == 0 else 0.0, float(core.missed))


@compiled
def _act(actions: Any, setpoints: Any, states: Any, first: int, count: int) -> None:
    """The ladder's commands pass no gate: the builder has checked their ranges, and a stop is never refused."""
    for i in range(first, first + count):
        action = actions[i]
        rate = action.rate if action.rate != 0.0 else _INF
        if rate < 0.0:
            rate = setpoints[action.setpoint].safe_rate
        aim(states[action.setpoint], action.target, rate)


@compiled
def _confirmed(rung: Any, confirms: Any, states: Any, image: Any, core: Any, t_ns: int) -> bool:
    for i in range(rung.first_confirm, rung.first_confirm + rung.confirms):
        if not _holds(confirms[i], states, image, t_ns):
            core.confirmed_since_ns = -1
            return False
    if core.confirmed_since_ns < 0:
        core.confirmed_since_ns = t_ns
    return bool(t_ns - core.confirmed_since_ns >= rung.hold_ns and t_ns - core.rung_since_ns >= rung.min_ns)


@compiled
def _holds(confirm: Any, states: Any, image: Any, t_ns: int) -> bool:
    """Whether one confirmation is there now, by a good and fresh value."""
    if confirm.operator == ARRIVED:
        return bool(states[confirm.other].moving == 0)
    known, threshold = image[confirm.channel], confirm.threshold
    if known.quality != GOOD or (confirm.stale_ns > 0 and t_ns - known.arrived_ns > confirm.stale_ns):
        return False
    if confirm.other != NONE:
        other = image[confirm.other]
        if other.quality != GOOD:
            return False
        threshold += confirm.slope * abs(other.value)
    if confirm.operator == ABOVE:
        return bool(known.value > threshold)
    if confirm.operator == BELOW:
        return bool(known.value < threshold)
    return bool(abs(known.value) < threshold)
